// A pipeline whose text encoder is on the device only while prompts are encoded, so that there is room for the rest.

import { aborted } from '../errors.js';

/**
 * @typedef {object} Prompted a pipeline of the wasm's
 * @property {(options: object) => boolean} needs_text_encoder whether a call with these options encodes prompts, and the text
 *   encoder is away
 * @property {() => import('../../pkg/hearth.js').Loader} text_encoder_loader makes a loader for the one part
 * @property {(encoder: any) => void} attach takes what that loader has made
 * @property {() => void} offload drops the text encoder; calls that have begun keep what they need of it
 * @property {(options: object, image?: Uint8Array, mask?: Uint8Array) => any} start
 * @property {(image: Uint8Array, options: object) => any} add_noise
 * @property {() => any} info
 * @property {() => void} free
 */

/** Stands for the pipeline. Calls begin one after the other: none loses the text encoder to another while it encodes. */
export class OffloadingPipeline {
  #pipeline;
  #reload;
  /** The last call to begin. @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** How many calls are to begin. */
  #waiting = 0;

  /** @param {Prompted} pipeline with its text encoder @param {import('./load.js').Reload} reload */
  constructor(pipeline, reload) {
    this.#pipeline = pipeline;
    this.#reload = reload;
  }

  /**
   * @param {object} options
   * @param {Uint8Array | undefined} image
   * @param {Uint8Array | undefined} mask
   * @param {AbortSignal} signal
   * @returns {Promise<any>}
   */
  start(options, image, mask, signal) {
    this.#waiting += 1;
    const begun = this.#last.then(() => this.#begin(options, image, mask, signal));
    this.#last = begun.catch(() => {}); // the next call begins all the same
    return begun;
  }

  /** @param {object} options @param {Uint8Array | undefined} image @param {Uint8Array | undefined} mask @param {AbortSignal} signal */
  async #begin(options, image, mask, signal) {
    const pipeline = this.#pipeline;
    try {
      if (signal.aborted) throw aborted();
      if (pipeline.needs_text_encoder(options)) {
        pipeline.attach(await this.#reload(() => pipeline.text_encoder_loader(), 'text_encoder', signal));
      }
      return pipeline.start(options, image, mask);
    } finally {
      this.#waiting -= 1;
      // A call that waits may need it too.
      if (this.#waiting === 0) pipeline.offload();
    }
  }

  /** @param {Uint8Array} image @param {object} options */
  add_noise(image, options) {
    return this.#pipeline.add_noise(image, options);
  }

  info() {
    return this.#pipeline.info();
  }

  free() {
    this.#pipeline.free();
  }
}
