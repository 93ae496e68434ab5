// The options of a story that a page or a visitor can ask for.

/** @satisfies {import('../attributes.js').ValueKinds} */
export const OPTIONS = /** @type {const} */ ({ num_scenes: 'number', max_length: 'number' });

/** What a story has unless its attributes say otherwise. */
export const DEFAULTS = { num_scenes: 3, max_length: 160 };

/** No story has more pictures. */
const MAX_SCENES = 16;

/** How many squares to keep free: as many as are asked for, if that will not be refused. @param {Record<string, any>} options */
export function squaresOf({ num_scenes = DEFAULTS.num_scenes }) {
  return Number.isInteger(num_scenes) && num_scenes >= 0 && num_scenes <= MAX_SCENES ? num_scenes : 0;
}

/** Beginnings to try. Their titles are names among the words of every language. */
export const PRESETS = [
  {
    title: 'galaxy',
    prompt: 'Once upon a time, in a distant galaxy, a brave explorer named Alex decided to',
  },
  { title: 'fox', prompt: 'Once upon a time there was a little fox who lived in the forest. One morning' },
  { title: 'robot', prompt: 'There once was a small robot who was afraid of the dark. One night' },
  { title: 'dragon', prompt: 'Far away, in an old castle, a friendly dragon named Ember found' },
];
