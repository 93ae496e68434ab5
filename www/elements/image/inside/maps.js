// What the words of a prompt are attended to by, as numbers: a word's map, the words at a place, the mean over steps.

/** @typedef {import('../../../types.d.ts').WordAttentions} WordAttentions */

/**
 * How much each place of a picture attends to a word: `[height, width]`. It is a view, not a copy.
 * @param {WordAttentions} attentions
 * @param {number} picture
 * @param {number} word
 */
export function mapOf({ words, height, width, values }, picture, word) {
  const before = words.slice(0, picture).reduce((sum, { length }) => sum + length, 0);
  const area = height * width;
  return values.subarray((before + word) * area, (before + word + 1) * area);
}

/**
 * How much a place attends to each word of its picture's prompt.
 * @param {WordAttentions} attentions
 * @param {{ picture: number, x: number, y: number }} place `x` and `y` from 0 to below 1
 */
export function weightsAt(attentions, { picture, x, y }) {
  const { words, height, width } = attentions;
  const at = Math.floor(y * height) * width + Math.floor(x * width);
  return words[picture].map((_, word) => mapOf(attentions, picture, word)[at]);
}

/** The mean over steps. */
export class Mean {
  #count = 0;
  /** @type {WordAttentions | null} */
  #value = null;

  /** The maps of each step until now, on average. Null before there is one. */
  get value() {
    return this.#value;
  }

  /** @param {WordAttentions} attentions of one more step of the same call */
  add(attentions) {
    const { values } = attentions;
    this.#count += 1;
    this.#value ??= { ...attentions, values: new Float32Array(values.length) };
    const mean = this.#value.values;
    for (let at = 0; at < mean.length; at++) mean[at] += (values[at] - mean[at]) / this.#count;
  }
}
