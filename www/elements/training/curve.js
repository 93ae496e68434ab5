// Numbers over many steps in bounded memory: means of more and more steps each, as there are more of them.

/** How many points a curve has at most. A plot is about as many pixels wide. */
export const MOST_POINTS = 400;

/**
 * @typedef {object} Point
 * @property {number} step_index the last of its steps
 * @property {number[]} values their means
 */

export class Curve {
  #most;
  /** How many steps a point is the mean of. */
  #stride = 1;
  /** @type {{ step_index: number, sums: number[], count: number }[]} */
  #buckets = [];

  /** @param {number} [most] points, an even number */
  constructor(most = MOST_POINTS) {
    this.#most = most;
  }

  /** @param {number} step_index @param {readonly number[]} values */
  push(step_index, values) {
    let last = this.#buckets.at(-1);
    if (!last || last.count === this.#stride) {
      if (this.#buckets.length === this.#most) this.#halve();
      last = { step_index, sums: values.map(() => 0), count: 0 };
      this.#buckets.push(last);
    }
    last.step_index = step_index;
    last.count += 1;
    values.forEach((value, index) => (last.sums[index] += value));
  }

  /** Forgets what came after a step. @param {number} step_index */
  cut(step_index) {
    this.#buckets = this.#buckets.filter((bucket) => bucket.step_index <= step_index);
  }

  get length() {
    return this.#buckets.length;
  }

  /** @returns {Point[]} */
  get points() {
    return this.#buckets.map(({ step_index, sums, count }) => ({
      step_index,
      values: sums.map((sum) => sum / count),
    }));
  }

  /** Joins each two neighbours. */
  #halve() {
    const joined = [];
    for (let index = 0; index < this.#buckets.length; index += 2) {
      const [first, second] = this.#buckets.slice(index, index + 2);
      joined.push({
        step_index: second.step_index,
        sums: first.sums.map((sum, at) => sum + second.sums[at]),
        count: first.count + second.count,
      });
    }
    this.#buckets = joined;
    this.#stride *= 2;
  }
}
