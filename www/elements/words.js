// The words that elements show. A language is a dictionary in `words/`; a missing word is English.

import { en } from './words/en.js';
import { zh } from './words/zh.js';

/** @typedef {import('./words/en.js').Words} Words */

/** @type {Record<string, Partial<Words>>} */
const languages = { en, zh };

/**
 * The words for a language tag such as `zh-CN`.
 * @param {string} tag
 * @returns {Words}
 */
export function wordsFor(tag) {
  return { ...en, ...languages[tag.toLowerCase().split('-')[0]] };
}
