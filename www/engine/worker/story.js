// The scenes of illustrated stories: what an illustrator's lexicon finds to draw in a text. No weights are needed for that.

import { Scenes } from '../../pkg/hearth.js';
import { withoutQuery } from '../address.js';
import { HearthError } from '../errors.js';
import { diffusion } from './diffusion.js';
import { Sentences } from './sentences.js';

/**
 * @typedef {Pick<import('../../pkg/hearth.js').Scenes, 'understand' | 'start' | 'push' | 'finish' | 'free'>} Finder
 */

const LEXICON = 'lexicon.json';
const TASK = 'illustrated-story';

/** The texts in which scenes are being found: each call of a page has one of its own. */
export class Storyteller {
  #create;
  /** @type {Map<number, Finder>} */
  #texts = new Map();
  /** What answers where no text is needed. @type {Finder} */
  #finder;

  /** @param {() => Finder} create @param {boolean} hasLexicon */
  constructor(create, hasLexicon) {
    this.#create = create;
    this.#finder = create();
    this.hasLexicon = hasLexicon;
  }

  info() {
    return { has_lexicon: this.hasLexicon, warnings: [] };
  }

  /** @param {string} prompt */
  understand(prompt) {
    return this.#finder.understand(prompt);
  }

  /** Begins a text. @param {number} id what it is called @param {{ num_scenes: number, expected_length: number }} options */
  begin(id, options) {
    const finder = this.#create();
    this.#texts.set(id, finder);
    finder.start(options);
  }

  /** The scenes that more of a text announces. @param {number} id @param {string} text */
  push(id, text) {
    return this.#textOf(id).push(text);
  }

  /** The scenes that are still missing when a text has ended. @param {number} id */
  finish(id) {
    return this.#textOf(id).finish();
  }

  /** @param {number} id */
  end(id) {
    this.#texts.get(id)?.free();
    this.#texts.delete(id);
  }

  free() {
    for (const id of [...this.#texts.keys()]) this.end(id);
    this.#finder.free();
  }

  /** @param {number} id */
  #textOf(id) {
    const finder = this.#texts.get(id);
    if (!finder) throw new HearthError('internal', `no text is called ${id}`);
    return finder;
  }
}

/** @type {import('./kinds.js').Kind} */
export const story = {
  ...diffusion,
  tasks: [TASK],
  isShared: false,

  describe(index) {
    const what = /** @type {import('./kinds.js').What} */ (diffusion.describe?.(index));
    return { ...what, tasks: what.tasks.includes('text-to-image') ? [...what.tasks, TASK] : what.tasks };
  },

  async prepare(folder) {
    const lexicon = await folder.optionalText(LEXICON);
    const create = () => (lexicon === undefined ? new Sentences() : new Scenes(lexicon));
    const finish = () => {
      try {
        return new Storyteller(create, lexicon !== undefined);
      } catch (error) {
        const { message } = /** @type {Error} */ (error);
        throw new HearthError('unsupported-model', `${withoutQuery(folder.address(LEXICON))}: ${message}`);
      }
    };
    return { newLoader: /** @type {any} */ (() => ({ finish, free() {} })), parts: [] };
  },

  start() {
    throw new HearthError('unsupported-model', `${TASK} has no steps of its own`);
  },

  methods: {
    understand: (teller, { prompt }) => teller.understand(prompt),
    begin: (teller, { id, options }) => teller.begin(id, options),
    push: (teller, { id, text }) => teller.push(id, text),
    finish: (teller, { id }) => teller.finish(id),
    end: (teller, { id }) => teller.end(id),
  },
};
