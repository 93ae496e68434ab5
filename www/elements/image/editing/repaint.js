// Repainting the marked part of a picture.

import { numberOf } from '../../attributes.js';
import { h, label, numberField, setLabel } from '../../dom.js';
import { panel } from './fields.js';

/**
 * @typedef {import('./edits.js').Edit} Edit
 * @typedef {import('./edits.js').Source} Source
 */

/** @implements {Edit} */
export class Repaint {
  #length = numberField('jump_length', 4);
  #times = numberField('jump_n_sample', 3);
  #hint = h('p');

  element = panel(label(this.#times), label(this.#length), this.#hint);

  constructor() {
    this.#times.value = '3';
    this.#length.placeholder = '10';
  }

  /** @param {import('../../words.js').Words} words */
  localize(words) {
    setLabel(this.#length, words.jumpLength);
    setLabel(this.#times, words.jumpTimes);
    this.#hint.textContent = words.editHints.repaint;
  }

  /** The picture with grey where it is to be painted. @param {unknown} _ @param {Source} source */
  start(_, { picture, mask }) {
    const image = new ImageData(Uint8ClampedArray.from(picture.data), picture.width, picture.height);
    mask?.data.forEach((light, at) => light > 127 && at % 4 < 3 && (image.data[at] = 127));
    return image;
  }

  /** @param {unknown} _ @param {Source} source */
  options(_, { mask }) {
    return {
      mask_image: mask ?? undefined,
      jump_n_sample: numberOf(this.#times.value),
      jump_length: numberOf(this.#length.value),
    };
  }
}
