// Moments of a training to go back to, in bounded memory: the more have come, the further apart are those that are kept.

/** How many moments are kept at most. */
export const MOST_MOMENTS = 60;

/** @template {{ step_index: number }} Moment */
export class Moments {
  #most;
  /** Of how many that come one is kept. */
  #interval = 1;
  #seen = 0;
  /** @type {Moment[]} */
  #kept = [];

  /** @param {number} [most] */
  constructor(most = MOST_MOMENTS) {
    this.#most = most;
  }

  /** @param {Moment} moment */
  push(moment) {
    const isDue = this.#seen++ % this.#interval === 0;
    if (!isDue) return;
    this.#kept.push(moment);
    if (this.#kept.length <= this.#most) return;
    // The first is always kept: it is where the training began.
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#interval *= 2;
  }

  /** Forgets what came after a step. @param {number} step_index */
  cut(step_index) {
    this.#kept = this.#kept.filter((moment) => moment.step_index <= step_index);
  }

  get length() {
    return this.#kept.length;
  }

  /** @param {number} index */
  at(index) {
    return this.#kept[index];
  }

  /** The last moment that is not after a step. @param {number} step_index */
  upTo(step_index) {
    return this.#kept.findLast((moment) => moment.step_index <= step_index);
  }
}
