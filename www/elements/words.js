// The words that elements show. A language is a dictionary in `words/`; a missing word is English.

import { en } from './words/en.js';
import { zh } from './words/zh.js';

/** @typedef {import('./words/en.js').Words} Words */

/** @type {Map<string, Words>} */
const languages = new Map([
  ['en', en],
  ['zh', { ...en, ...zh }],
]);

/**
 * The words of the first of these languages that there are words in; English if there is none. Of a tag such as `zh-TW` the
 * language counts: Chinese is written with simplified characters everywhere.
 * @param {readonly string[]} tags
 * @returns {Words}
 */
export function wordsFor(tags) {
  for (const tag of tags) {
    const words = languages.get(tag.toLowerCase().split(/[-_]/)[0]);
    if (words) return words;
  }
  return en;
}
