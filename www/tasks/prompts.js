// Prompts, checked before anything runs.

import { HearthError } from '../engine/errors.js';

/**
 * @typedef {object} Prompts the texts of a call
 * @property {string | readonly string[]} [prompt]
 * @property {string | readonly string[] | null} [negative_prompt]
 * @property {number | null} [num_images_per_prompt]
 */

/** The most pictures of a call. */
const MAX_PROMPTS = 256;

/** @param {string} message */
const invalid = (message) => new HearthError('invalid-option', message);

/**
 * Refuses what is no prompt, by its name and by what it is.
 * @param {string} name
 * @param {unknown} prompt
 * @returns {asserts prompt is string | readonly string[]}
 */
function refuseNoPrompt(name, prompt) {
  const needed = 'it must be a text or a list of texts';
  if (typeof prompt === 'string') return;
  if (!Array.isArray(prompt)) {
    throw invalid(`${name} is ${prompt === null ? 'null' : typeof prompt}; ${needed}`);
  }
  if (prompt.length === 0) throw invalid(`${name} is an empty list; ${needed}`);
  if (prompt.length > MAX_PROMPTS) {
    throw invalid(`${name} has ${prompt.length} texts; a call draws at most ${MAX_PROMPTS} pictures`);
  }
  // A list may have holes, which `findIndex` sees.
  const at = prompt.findIndex((text) => typeof text !== 'string');
  if (at >= 0) throw invalid(`${name} has ${typeof prompt[at]} at index ${at}; ${needed}`);
}

/**
 * Refuses prompts that are none, or that do not fit each other.
 * @param {{ prompt?: unknown, negative_prompt?: unknown }} options
 */
export function checkPrompts({ prompt, negative_prompt }) {
  refuseNoPrompt('prompt', prompt);
  if (negative_prompt === undefined || negative_prompt === null) return;
  refuseNoPrompt('negative_prompt', negative_prompt);
  if (typeof negative_prompt === 'string') return;
  const count = typeof prompt === 'string' ? 1 : prompt.length;
  if (negative_prompt.length !== count) {
    const texts = `${negative_prompt.length} texts, and prompt has ${count}`;
    throw invalid(`negative_prompt has ${texts}; it must be one text, or one for each prompt`);
  }
}

/**
 * What each picture of a call was drawn from: the prompts in their order, each for as many pictures as it has.
 * @param {Prompts} options
 * @param {{ truncated?: readonly (string | null)[], understood?: readonly (string | null)[] }} of of each prompt, what was cut off,
 *   and the words that were drawn where they are others
 * @param {number} count of pictures
 */
export function promptsOf({ prompt, negative_prompt }, { truncated, understood }, count) {
  if (prompt === undefined) return Array.from({ length: count }, () => ({}));
  const prompts = typeof prompt === 'string' ? [prompt] : prompt;
  return Array.from({ length: count }, (_, index) => {
    const at = Math.floor((index * prompts.length) / count);
    const negative = typeof negative_prompt === 'string' ? negative_prompt : negative_prompt?.[at];
    const [cut, words] = [truncated?.[at] ?? null, understood?.[at] ?? null];
    return {
      prompt: prompts[at],
      ...(negative !== undefined && { negative_prompt: negative }),
      ...(cut !== null && { truncated: cut }),
      ...(words !== null && { understood: words }),
    };
  });
}
