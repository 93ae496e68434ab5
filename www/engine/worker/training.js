// A GAN in training: the wasm's trainer, one thing at a time, in groups of steps short enough to be stopped between them.

import { GanTraining } from '../../pkg/hearth.js';
import { HearthError } from '../errors.js';

/** A stop or a change waits for a group of steps. It takes about this long. */
const GROUP_MS = 80;
/** The most steps of a group, however quick they are: a page follows each. */
const MOST_STEPS = 32;
/** How many numbers a step reports: d_loss, g_loss, d_real, d_fake. */
export const ROW = 4;

/**
 * @typedef {{ pixels: Uint8Array, labels: Uint8Array | null, height: number, width: number }} Digits
 * @typedef {{ steps?: number, sample_every?: number, resume?: boolean, options: Record<string, unknown> }} Call
 */

/** What stands for a pipeline of the wasm's. */
export class Training {
  #gan;
  #data;
  /** What was asked of the trainer last. It has one borrower at a time, and a call that awaits holds it until it is done. @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** Stops the call under way. @type {AbortSignal | null} */
  #running = null;
  #isStarted = false;
  /** A guess of how long a step takes. */
  #stepMs = GROUP_MS;

  /** @param {string} config @param {import('../../pkg/hearth.js').DeviceHandle} device @param {Digits} data */
  constructor(config, device, { pixels, labels, height, width }) {
    this.#gan = new GanTraining(config, device);
    try {
      this.#gan.set_data(pixels, labels ?? undefined, height, width);
    } catch (error) {
      this.#gan.free();
      throw error;
    }
    this.#data = { count: pixels.length / (height * width), height, width, has_labels: labels !== null };
  }

  info() {
    return { warnings: [], ...this.#gan.info(), data: this.#data };
  }

  free() {
    // A group of steps may be on its way.
    this.#alone(() => this.#gan.free());
  }

  /** Draws the weights anew. @param {Record<string, unknown>} options */
  reset(options) {
    return this.#alone(() => this.#start(options));
  }

  /** Changes options while it runs. @param {Record<string, unknown>} options */
  change(options) {
    return this.#alone(() => {
      if (this.#isStarted) this.#gan.change(options);
      else this.#start(options);
    });
  }

  /** How many steps it has been trained for. */
  steps() {
    return this.#alone(() => this.#gan.step_index);
  }

  /** The options in force. */
  options() {
    return this.#alone(() => {
      this.#begin();
      return this.#gan.options();
    });
  }

  /** The pictures of the fixed latents. */
  pictures() {
    return this.#alone(() => {
      this.#begin();
      return this.#gan.pictures();
    });
  }

  save() {
    return this.#alone(() => {
      this.#begin();
      return this.#gan.save();
    });
  }

  /** Goes on from a checkpoint. @param {Uint8Array} bytes */
  open(bytes) {
    return this.#alone(() => {
      this.#gan.open(bytes);
      this.#isStarted = true;
      return { step_index: this.#gan.step_index };
    });
  }

  /** Begins a call of steps. @param {Call} call @param {AbortSignal} signal */
  async run({ steps = Infinity, sample_every = 20, resume = false, options }, signal) {
    if (this.#running && !this.#running.aborted) {
      const how = 'stop it before another call, or train two models side by side with two pipelines';
      throw new HearthError('invalid-option', `this model is being trained already; ${how}`);
    }
    this.#running = signal;
    let left = steps;
    try {
      await (resume ? this.change(options) : this.reset(options));
    } catch (error) {
      this.#running = null;
      throw error;
    }
    return {
      step: () => {
        if (left <= 0) return undefined;
        return this.#alone(async () => {
          if (signal.aborted) return undefined;
          const group = await this.#advance(left, sample_every);
          left -= group.losses.length / ROW;
          return group;
        });
      },
      free: () => {
        if (this.#running === signal) this.#running = null;
      },
    };
  }

  /**
   * Takes a group of steps, and reads pictures and verdicts where they are due: also after the last step of the call.
   * @param {number} left how many steps the call has yet
   * @param {number} sample_every
   */
  async #advance(left, sample_every) {
    const untilDue = sample_every > 0 ? sample_every - (this.#gan.step_index % sample_every) : Infinity;
    const quick = Math.max(1, Math.floor(GROUP_MS / this.#stepMs));
    const count = Math.min(left, untilDue, MOST_STEPS, quick);
    const began = performance.now();
    const losses = await this.#gan.advance(count);
    // The first step compiles shaders and says little, so the guess follows the latest.
    this.#stepMs = (this.#stepMs + (performance.now() - began) / count) / 2;
    const { step_index } = this.#gan;
    const isDue = sample_every > 0 && (count === untilDue || count === left);
    if (!isDue) return { step_index, losses };
    const { rgba } = await this.#gan.pictures();
    return { step_index, losses, rgba, verdicts: await this.#gan.verdicts() };
  }

  /** A training that nobody has begun begins with the defaults. */
  #begin() {
    if (!this.#isStarted) this.#start({});
  }

  /** @param {Record<string, unknown>} options */
  #start(options) {
    this.#gan.start(options);
    this.#isStarted = true;
  }

  /**
   * Does something with the trainer as soon as all is done that was asked before.
   * @template T
   * @param {() => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  #alone(work) {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }
}
