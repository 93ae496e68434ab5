// Scenes for an illustrator without a lexicon: sentences of the text itself, as far apart as they can be.

/**
 * @typedef {import('../../types.d.ts').Scene} Scene
 * @typedef {{ start: number, end: number }} Sentence
 */

/** What a text encoder reads of a caption is about as long. */
const MAX_CAPTION = 300;
/** A shorter sentence shows nothing. */
const MIN_LETTERS = 12;

/** The same calls as the wasm's `Scenes` has. */
export class Sentences {
  #text = '';
  /** The whole sentences so far. @type {Sentence[]} */
  #sentences = [];
  /** Where the sentence begins that is not whole yet. */
  #rest = 0;
  /** @type {Scene[]} */
  #scenes = [];
  #count = 3;
  #length = 0;

  /** A prompt stays as it is, because no words are known. @param {string} prompt */
  understand(prompt) {
    return { caption: prompt, language: 'other', terms: [], changed: false };
  }

  /** @param {{ num_scenes?: number, expected_length?: number }} options */
  start({ num_scenes = 3, expected_length = 0 }) {
    this.#text = '';
    this.#sentences = [];
    this.#rest = 0;
    this.#scenes = [];
    this.#count = num_scenes;
    this.#length = expected_length;
  }

  /** @param {string} text @returns {Scene[]} */
  push(text) {
    this.#text += text;
    const found = this.#split(false);
    // Each scene has its part of the text, and is the first sentence that is whole there.
    return found.flatMap((sentence) => {
      const index = this.#scenes.length;
      const isDue = sentence.end >= ((index + 0.5) * this.#length) / this.#count;
      return index < this.#count && isDue ? [this.#announce(sentence)] : [];
    });
  }

  /** @returns {Scene[]} */
  finish() {
    this.#split(true);
    const taken = new Set(this.#scenes.map(({ start }) => start));
    const left = this.#sentences.filter(({ start }) => !taken.has(start));
    const missing = Math.min(this.#count - this.#scenes.length, left.length);
    return Array.from({ length: missing }, (_, index) =>
      this.#announce(left[Math.floor(((index + 0.5) * left.length) / missing)]),
    );
  }

  free() {}

  /** Takes the sentences that have become whole. @param {boolean} ended whether the last one is whole too */
  #split(ended) {
    const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
    const segments = [...segmenter.segment(this.#text.slice(this.#rest))];
    if (!ended) segments.pop();
    const found = segments.map(({ segment }) => {
      const start = this.#rest + segment.length - segment.trimStart().length;
      this.#rest += segment.length;
      return { start, end: start + segment.trim().length };
    });
    const shown = found.filter(
      ({ start, end }) => this.#text.slice(start, end).replace(/\P{L}/gu, '').length >= MIN_LETTERS,
    );
    this.#sentences.push(...shown);
    return shown;
  }

  /** @param {Sentence} sentence @returns {Scene} */
  #announce({ start, end }) {
    const caption = shortened(this.#text.slice(start, end).replace(/\s+/g, ' '));
    const scene = {
      scene_index: this.#scenes.length,
      start,
      end,
      caption,
      subjects: [],
      place: null,
      time: null,
    };
    this.#scenes.push(scene);
    return scene;
  }
}

/** A text cut off between two words. @param {string} text */
function shortened(text) {
  if (text.length <= MAX_CAPTION) return text;
  return text.slice(0, MAX_CAPTION).replace(/\s+\S*$/, '');
}
