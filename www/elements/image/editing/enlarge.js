// Enlarging a small copy of a picture: the model draws a picture that looks like the copy when it is scaled down.

import { h, label, setLabel } from '../../dom.js';
import { shrink } from '../../pixels.js';
import { panel, range } from './fields.js';

/**
 * @typedef {import('../../words.js').Words} Words
 * @typedef {import('./edits.js').Edit} Edit
 * @typedef {import('./edits.js').Source} Source
 */

const FACTORS = [2, 4, 8, 16];

/** @implements {Edit} */
export class Enlarge {
  #factor = h('select', { name: 'downsampling_factor' });
  #end = range(0.1, 1, 0.05, 0.8);
  #hint = h('p');
  /** @type {Words | null} */
  #words = null;

  element = panel(label(this.#factor), label(this.#end), this.#hint);

  /** @param {() => void} onChange called when the size of the small picture changes */
  constructor(onChange) {
    this.#factor.addEventListener('change', onChange);
    this.#end.addEventListener('input', () => this.#labelSlider());
  }

  /** @param {Words} words */
  localize(words) {
    this.#words = words;
    setLabel(this.#factor, words.factor);
    this.#hint.textContent = words.editHints.enlarge;
    this.#labelSlider();
  }

  /** Offers the factors that a model's size can be divided by. @param {import('../../../types.d.ts').DiffusionInfo} info */
  describe({ sample_size }) {
    const factors = FACTORS.filter((factor) => sample_size.every((size) => size % factor === 0));
    if (this.#factor.length === factors.length) return;
    this.#factor.replaceChildren(
      ...factors.map((factor) => h('option', { value: factor, textContent: `${factor} ×` })),
    );
    this.#factor.value = String(factors[Math.min(1, factors.length - 1)]);
  }

  /** The small picture. @param {unknown} _ @param {Source} source */
  start(_, { picture }) {
    const factor = Number(this.#factor.value);
    return factor ? shrink(picture, factor) : picture;
  }

  options() {
    return {
      downsampling_factor: Number(this.#factor.value),
      control_guidance_end: Number(this.#end.value),
    };
  }

  #labelSlider() {
    if (this.#words) setLabel(this.#end, this.#words.follows(Math.round(Number(this.#end.value) * 100)));
  }
}
