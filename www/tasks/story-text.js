// A text in which scenes are being found while it grows.

/**
 * @typedef {import('../types.d.ts').Scene} Scene
 *
 * @typedef {object} Finder finds scenes, in the engine
 * @property {(method: string, params: Record<string, unknown>, call?: { signal?: AbortSignal }) => Promise<any>} call
 * @property {() => Promise<void>} dispose
 */

let nextId = 1;

/** Asks for the scenes of one text. Nothing waits for an answer but what comes after it. */
export class GrowingText {
  #finder;
  #signal;
  #onScenes;
  #id = nextId++;
  #hasBegun = false;
  /** The last answer, and what is done with it. @type {Promise<void>} */
  #last = Promise.resolve();
  /** @type {unknown} */
  #error;

  /** @param {Finder} finder @param {AbortSignal | undefined} signal @param {(scenes: Scene[]) => void} onScenes */
  constructor(finder, signal, onScenes) {
    this.#finder = finder;
    this.#signal = signal;
    this.#onScenes = onScenes;
  }

  /** Without scenes to find, nobody is asked. @param {{ num_scenes: number, expected_length: number }} options */
  begin(options) {
    if (options.num_scenes === 0) return;
    this.#hasBegun = true;
    this.#then(this.#ask('begin', { options }));
  }

  /** @param {string} text @param {() => void} [then] is called when the scenes that it announces have been reported */
  add(text, then) {
    const answer = this.#hasBegun && text !== '' ? this.#ask('push', { text }) : undefined;
    this.#then(answer, (scenes) => {
      if (scenes) this.#onScenes(scenes);
      then?.();
    });
  }

  /** Reports the scenes that are still missing. Throws what has gone wrong since the beginning. */
  async finish() {
    if (this.#hasBegun) this.#then(this.#ask('finish', {}), (scenes = []) => this.#onScenes(scenes));
    await this.#last;
    if (this.#error) throw this.#error;
  }

  /** Gives the text back, when all that has come was reported. */
  async end() {
    await this.#last;
    if (this.#hasBegun) this.#finder.call('end', { id: this.#id }).catch(() => {}); // an engine that is gone has no texts
  }

  /** @param {string} method @param {Record<string, unknown>} params */
  #ask(method, params) {
    return this.#finder.call(method, { id: this.#id, ...params }, { signal: this.#signal });
  }

  /** @param {Promise<any> | undefined} answer @param {(result: any) => void} [use] of nothing, where there is no answer */
  #then(answer, use = () => {}) {
    answer?.catch(() => {}); // it is thrown by `finish`
    this.#last = this.#last.then(async () => {
      /** @type {any} */
      let result;
      try {
        result = await answer;
      } catch (error) {
        this.#error ??= error;
      }
      use(result);
    });
  }
}
