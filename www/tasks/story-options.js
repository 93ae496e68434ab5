// The options of an illustrated story: its own, those of its pictures, and those of its text, which the engine checks.

import { HearthError } from '../engine/errors.js';

/** The options that go to the pictures. Each picture has its own seed. */
export const OF_PICTURES = [
  'num_inference_steps',
  'scheduler',
  'eta',
  'preview',
  'negative_prompt',
  'guidance_scale',
  'guidance_rescale',
  'height',
  'width',
  'clip_skip',
];

/** A story has one text, and its scenes are looked for in all of it. */
const NOT_HERE = {
  num_return_sequences: 'a story has one text',
  return_full_text: 'a story begins with its prompt',
};

const MAX_SCENES = 16;
const MAX_SEED = Number.MAX_SAFE_INTEGER;
const DEFAULT_SCENES = 3;

/** @param {string} message */
const invalid = (message) => new HearthError('invalid-option', message);

/** @param {unknown} value */
const kindOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value);

/**
 * The options of a call, by whom they are for.
 * @param {import('../types.d.ts').StoryOptions} [given]
 */
export function split({ signal, num_scenes, ...options } = {}) {
  for (const [name, why] of Object.entries(NOT_HERE)) {
    if (name in options) throw invalid(`${name} is no option of illustrated-story: ${why}`);
  }
  const isPicture = (/** @type {[string, unknown]} */ [name]) => OF_PICTURES.includes(name);
  const entries = Object.entries(options);
  return {
    signal,
    num_scenes: scenesOf(num_scenes),
    pictures: Object.fromEntries(entries.filter(isPicture)),
    texts: Object.fromEntries(entries.filter((entry) => !isPicture(entry))),
  };
}

/** How many scenes are asked for. @param {unknown} count */
export function scenesOf(count) {
  if (count === undefined || count === null) return DEFAULT_SCENES;
  if (Number.isInteger(count) && Number(count) >= 0 && Number(count) <= MAX_SCENES) return Number(count);
  throw invalid(`num_scenes is ${count}; it must be a whole number from 0 to ${MAX_SCENES}`);
}

/** Refuses what is no text. @param {string} name @param {unknown} text @returns {asserts text is string} */
export function checkText(name, text) {
  if (typeof text !== 'string') throw invalid(`${name} is ${kindOf(text)}; it must be a text`);
}

/** The seed of a scene's picture. @param {number} seed the story's @param {number} scene_index */
export function seedOfScene(seed, scene_index) {
  return seed <= MAX_SEED - scene_index ? seed + scene_index : seed - MAX_SEED + scene_index - 1;
}

/** English has about so many characters a token. */
const CHARACTERS = 4.4;

/**
 * About how long a text will be, in UTF-16 units.
 * @param {string} prompt
 * @param {number} read tokens of the prompt
 * @param {{ max_length?: unknown, max_new_tokens?: unknown }} options
 * @param {number} most tokens that the model has room for
 */
export function expectedLength(prompt, read, { max_length, max_new_tokens }, most) {
  const number = (/** @type {unknown} */ value) => (Number.isInteger(value) ? Number(value) : undefined);
  const asked = number(max_new_tokens) ?? (number(max_length) ?? read + 100) - read;
  const tokens = Math.max(0, Math.min(asked, most - read));
  return Math.round(prompt.length + tokens * CHARACTERS);
}
