// What a training goes on from when its device was lost: a checkpoint every few seconds.

/** How long a training runs between two of them, in ms: reading the weights takes a device much less. */
const INTERVAL = 10_000;

/** @typedef {import('./stage.js').Pipeline} Pipeline */

export class Rescue {
  /** Whether the training has not gone on from this moment yet. From the same one the device would be lost again and again. */
  isFresh = true;
  /** @type {Blob | null} */
  #checkpoint = null;
  #savedAt = 0;
  /** @type {number | undefined} */
  #seed;

  /** Another training begins. @param {number} [seed] @param {Blob | null} [checkpoint] what it begins with, if not at random */
  begin(seed, checkpoint = null) {
    this.#seed = seed;
    this.#hold(checkpoint);
  }

  /** Saves the training if it is time to. @param {Pipeline} train */
  async keep(train) {
    // No CPU is ever lost.
    if (train.device === 'cpu' || performance.now() - this.#savedAt < INTERVAL) return;
    this.#hold(await train.save());
  }

  /**
   * Puts the training back where it was saved last, or begins it anew if it never was.
   * @param {Pipeline} train
   * @param {import('../../types.d.ts').TrainingOptions} options that it has by now
   */
  async restore(train, { seed: _, ...options }) {
    this.isFresh = false;
    if (this.#checkpoint) {
      await train.open(this.#checkpoint);
      await train.change(options);
    } else {
      await train.reset({ ...options, seed: this.#seed });
    }
    this.#savedAt = performance.now();
  }

  /** @param {Blob | null} checkpoint */
  #hold(checkpoint) {
    this.#checkpoint = checkpoint;
    this.#savedAt = performance.now();
    this.isFresh = true;
  }
}
