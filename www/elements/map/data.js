// Digits of a data set.

import * as hearth from '../../hearth.js';

/**
 * @typedef {object} Digits
 * @property {Uint8Array} pixels `[count, height · width]`, white strokes on black
 * @property {Uint8Array | null} labels `[count]`
 * @property {number} height
 * @property {number} width
 * @property {number} count
 */

/** @type {(url: string, options: { count?: number, signal?: AbortSignal }) => Promise<Digits>} */
export const loadDigits = (url, options) => /** @type {any} */ (hearth).loadDigits(url, options);

/** One of them. @param {Digits} digits @param {number} index @returns {import('./centre.js').Grey} */
export function digitOf({ pixels, height, width }, index) {
  const area = height * width;
  return { data: pixels.subarray(index * area, (index + 1) * area), width, height };
}
