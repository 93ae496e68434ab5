// Digits of a data set.

import { loadDigits } from '../../hearth.js';

/** @typedef {import('../../types.d.ts').Digits} Digits */

/** Some of them. @param {Digits} digits @param {number} from @param {number} to @returns {import('./centre.js').Grey[]} */
export function digitsOf({ pixels, height, width, count }, from, to) {
  const area = height * width;
  return Array.from({ length: Math.max(Math.min(to, count) - from, 0) }, (_, index) => ({
    data: pixels.subarray((from + index) * area, (from + index + 1) * area),
    width,
    height,
  }));
}

/** A data set, loaded once. The loading goes on when one job replaces another. */
export class DataSet {
  /** @type {{ key: string, digits: Promise<Digits>, loading: AbortController } | null} */
  #loaded = null;
  /** The digits, once they are there. @type {Digits | null} */
  digits = null;

  /**
   * @param {string} url
   * @param {number} count of digits
   * @param {(progress: import('../../types.d.ts').Progress) => void} onProgress
   */
  load(url, count, onProgress) {
    const key = `${count} ${url}`;
    if (this.#loaded?.key === key) return this.#loaded.digits;
    this.stop();
    const loading = new AbortController();
    const digits = loadDigits(url, { count, signal: loading.signal, onProgress });
    const loaded = (this.#loaded = { key, digits, loading });
    this.digits = null;
    digits.then(
      (all) => this.#loaded === loaded && (this.digits = all),
      () => this.#loaded === loaded && (this.#loaded = null),
    );
    return digits;
  }

  /** Stops the loading, if it is under way. */
  stop() {
    if (this.digits) return;
    this.#loaded?.loading.abort();
    this.#loaded = null;
  }
}
