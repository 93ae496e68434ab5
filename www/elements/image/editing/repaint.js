// Repainting the marked part of a picture.

import { numberOf } from '../../attributes.js';
import { h, label, numberField, setLabel } from '../../dom.js';
import { fullWidth, panel, range } from './fields.js';

/**
 * @typedef {import('./edits.js').Edit} Edit
 * @typedef {import('./edits.js').Source} Source
 */

/** @implements {Edit} */
export class Repaint {
  #length = numberField('jump_length', 4);
  #times = numberField('jump_n_sample', 3);
  #strength = range(0.05, 1, 0.05, 1);
  #hint = h('p');
  #jumps = [label(this.#times), label(this.#length)];
  #strengthLabel = fullWidth(this.#strength);
  #isPrompted = false;
  /** @type {import('../../words.js').Words | null} */
  #words = null;

  element = panel(...this.#jumps, this.#strengthLabel, this.#hint);

  constructor() {
    this.#times.value = '3';
    this.#length.placeholder = '10';
    this.#strength.addEventListener('input', () => this.#labelSlider());
    this.prompted = false;
  }

  /** A model with prompts goes over its steps once. */
  get prompted() {
    return this.#isPrompted;
  }

  set prompted(prompted) {
    this.#isPrompted = prompted;
    for (const field of this.#jumps) field.hidden = prompted;
    this.#strengthLabel.hidden = !prompted;
    this.#explain();
  }

  /** @param {import('../../words.js').Words} words */
  localize(words) {
    this.#words = words;
    setLabel(this.#length, words.jumpLength);
    setLabel(this.#times, words.jumpTimes);
    this.#labelSlider();
    this.#explain();
  }

  /** The picture with grey where it is to be painted. @param {unknown} _ @param {Source} source */
  start(_, { picture, mask }) {
    const image = new ImageData(Uint8ClampedArray.from(picture.data), picture.width, picture.height);
    mask?.data.forEach((light, at) => light > 127 && at % 4 < 3 && (image.data[at] = 127));
    return image;
  }

  /** @param {unknown} _ @param {Source} source */
  options(_, { mask }) {
    const mask_image = mask ?? undefined;
    if (this.#isPrompted) return { mask_image, strength: Number(this.#strength.value) };
    return {
      mask_image,
      jump_n_sample: numberOf(this.#times.value),
      jump_length: numberOf(this.#length.value),
    };
  }

  #explain() {
    if (!this.#words) return;
    const { repaint, repaintOnce } = this.#words.editHints;
    this.#hint.textContent = this.#isPrompted ? repaintOnce : repaint;
  }

  #labelSlider() {
    if (this.#words) setLabel(this.#strength, this.#words.strength(this.#strength.value));
  }
}
