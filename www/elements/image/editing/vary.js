// Varying a picture: the more noise is added, the more the model's picture differs from it.

import { h, setLabel } from '../../dom.js';
import { fullWidth, panel, range } from './fields.js';

/**
 * @typedef {import('../../../types.d.ts').ImageToImagePipeline} ImageToImagePipeline
 * @typedef {import('../../words.js').Words} Words
 * @typedef {import('./edits.js').Edit} Edit
 * @typedef {import('./edits.js').Source} Source
 */

/** @implements {Edit} */
export class Vary {
  #strength = range(0.05, 1, 0.05, 0.6);
  #hint = h('p');
  #timesteps = 1000;
  /** Whether the model draws from prompts. */
  prompted = false;
  /** @type {Words | null} */
  #words = null;

  element = panel(fullWidth(this.#strength), this.#hint);

  /** @param {() => void} onChange called when the amount of noise changes */
  constructor(onChange) {
    this.#strength.addEventListener('input', () => {
      this.#labelSlider();
      onChange();
    });
  }

  /** @param {Words} words */
  localize(words) {
    this.#words = words;
    this.#hint.textContent = words.editHints.vary;
    this.#labelSlider();
  }

  /** @param {import('../../../types.d.ts').DiffusionInfo} info */
  describe({ num_train_timesteps }) {
    this.#timesteps = num_train_timesteps;
  }

  /** @param {ImageToImagePipeline} model @param {Source} source */
  async start(model, { picture, seed, signal }) {
    if (this.prompted) return picture;
    return model.add_noise(picture, { timestep: await this.timestep(), seed, signal });
  }

  options() {
    return { strength: Number(this.#strength.value) };
  }

  async timestep() {
    return Math.round(Number(this.#strength.value) * (this.#timesteps - 1));
  }

  #labelSlider() {
    if (this.#words) setLabel(this.#strength, this.#words.strength(this.#strength.value));
  }
}
