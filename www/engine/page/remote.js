// A model in the engine, as the page has it.

import { engine } from './client.js';
import { HearthError, aborted } from '../errors.js';

/** Loads its model again, from the cache, when the engine had to be restarted. */
export class Remote {
  #spec;
  /** @type {ReturnType<typeof engine> | null} */
  #life = null;
  #disposed = false;
  /** @type {Promise<void> | null} */
  #loading = null;

  /** What the engine says of the model: its handle, device and sizes. @type {any} */
  loaded = null;

  /** @param {{ task: string, model: string, onHub?: string } & Record<string, unknown>} spec what to load, and how */
  constructor(spec) {
    this.#spec = spec;
  }

  /** @param {{ signal?: AbortSignal, onProgress?: (progress: import('../../types.d.ts').Progress) => void }} [options] */
  async load({ signal, onProgress } = {}) {
    const life = engine();
    const onEvent = ({ loaded = 0, total = null }) => onProgress?.({ loaded, total });
    this.loaded = await life.requests.request('load', this.#spec, { signal, onEvent });
    this.#life = life;
  }

  /**
   * Calls one of the methods that its kind of model has in the engine.
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {{ signal?: AbortSignal }} [call]
   */
  call(method, params, call) {
    return this.#request('call', { method, params }, call);
  }

  /**
   * Asks something of the model.
   * @param {string} type
   * @param {Record<string, unknown>} params
   * @param {{ signal?: AbortSignal, onEvent?: (event: any) => void }} [call]
   */
  async #request(type, params, { signal, onEvent } = {}) {
    if (this.#disposed) throw new HearthError('disposed', 'this pipeline was disposed of');
    if (this.#life !== engine()) {
      // Calls that come together load it together; one that is stopped leaves the loading to the others.
      this.#loading ??= this.load().finally(() => (this.#loading = null));
      await Promise.race([this.#loading, whenAborted(signal)]);
    }
    const life = /** @type {ReturnType<typeof engine>} */ (this.#life);
    return life.requests.request(type, { ...params, handle: this.loaded.handle }, { signal, onEvent });
  }

  /**
   * Runs a call and yields its events. Those that came before it failed or was stopped are yielded before that is
   * thrown. A loop over them that is left early leaves nothing running.
   * @param {Record<string, unknown>} params
   * @param {AbortSignal} [signal]
   * @returns {AsyncGenerator<any, void, void>}
   */
  async *run(params, signal) {
    const left = new AbortController();
    /** @type {any[]} */
    const events = [];
    let wake = () => {};
    let done = false;
    const running = this.#request('run', params, {
      signal: signal ? AbortSignal.any([signal, left.signal]) : left.signal,
      onEvent(event) {
        events.push(event);
        wake();
      },
    }).finally(() => {
      done = true;
      wake();
    });
    running.catch(() => {}); // thrown below
    try {
      for (;;) {
        while (events.length === 0 && !done)
          await new Promise((resolve) => (wake = () => resolve(undefined)));
        if (events.length === 0) break;
        yield events.shift();
      }
      await running;
    } finally {
      left.abort();
    }
  }

  async dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#life === engine()) await this.#life.requests.request('dispose', { handle: this.loaded.handle });
  }
}

/**
 * The function `call`, or an object, as a pipeline: with what is known of its model, and methods.
 * @template {object} Call
 * @template {object} Methods
 * @param {Remote} remote
 * @param {Call} call
 * @param {Methods} methods
 */
export function describe(remote, call, methods) {
  // Getters, because the engine may have another device after a restart.
  const read = (/** @type {string} */ name) => ({ enumerable: true, get: () => remote.loaded[name] });
  Object.defineProperties(call, {
    device: read('device'),
    adapter: read('adapter'),
    is_fallback_adapter: read('is_fallback_adapter'),
    fallback_reason: read('fallback_reason'),
    info: read('info'),
  });
  return Object.assign(call, methods, { dispose: () => remote.dispose() });
}

/** Never settles unless the signal is aborted. @param {AbortSignal} [signal] @returns {Promise<never>} */
export function whenAborted(signal) {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(aborted());
    signal?.addEventListener('abort', () => reject(aborted()), { once: true });
  });
}
