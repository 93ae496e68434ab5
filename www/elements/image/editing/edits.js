// What a model can do with a picture: remove noise from it, vary it, repaint a part of it, enlarge a small one.

import { h, styleSheet } from '../../dom.js';
import { Choices } from '../choices.js';
import { WITH_ETA } from '../options.js';
import { Enlarge } from './enlarge.js';
import { fieldsSheet } from './fields.js';
import { Noise, noiseSheet } from './noise.js';
import { Repaint } from './repaint.js';
import { Vary } from './vary.js';

/**
 * @typedef {import('../../../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('../../../types.d.ts').ImageToImagePipeline} ImageToImagePipeline
 * @typedef {import('../../../types.d.ts').ImageToImageOptions} ImageToImageOptions
 * @typedef {import('../../../types.d.ts').TextGuidedImageToImageOptions} TextGuidedImageToImageOptions
 * @typedef {import('../../words.js').Words} Words
 * @typedef {typeof EDITS[number]} EditName
 *
 * The picture to edit, with its mask.
 * @typedef {{ picture: ImageData, mask: ImageData | null, seed: any, signal: AbortSignal }} Source
 *
 * One of the edits.
 * @typedef {object} Edit
 * @property {HTMLElement} element its fields
 * @property {(words: Words) => void} localize
 * @property {(info: DiffusionInfo) => void} [describe] makes it fit a model
 * @property {(model: ImageToImagePipeline, source: Source) => ImageData | Promise<ImageData>} start what the model would
 *   start from
 * @property {(model: ImageToImagePipeline, source: Source, steps: number) =>
 *   Partial<ImageToImageOptions> | Promise<Partial<ImageToImageOptions>>} options of the call
 * @property {boolean} [prompted] whether the model draws from prompts
 * @property {(model: ImageToImagePipeline, source: Source) => Promise<number>} [timestep] how noisy the start is, if
 *   it is the picture with noise
 */

const EDITS = /** @type {const} */ (['noise', 'vary', 'repaint', 'enlarge']);
/** Those of a model with prompts. It draws in a space of its own, where noise is not to be seen. @type {readonly EditName[]} */
const PROMPTED = ['vary', 'repaint'];

const sheet = styleSheet(`
  .edits { display: grid; gap: 0.6rem; align-content: start; min-width: 0; }
  .edits .choices label { min-height: 2.25rem; padding: 0.25rem 0.65rem; font-size: 0.9rem; }
`);

export const editsSheets = [sheet, fieldsSheet, noiseSheet];

/** The four of them, each with its own fields. */
export class Edits {
  #onChange;
  #choices = new Choices('edit', EDITS, () => {
    this.#show();
    this.#onChange();
  });
  #go = h('button', { type: 'button', className: 'main' });
  #another = h('button', { type: 'button' });
  /** @type {Record<EditName, Edit>} */
  #edits;
  #timesteps = 1000;
  #isPrompted = false;
  /** @type {Words | null} */
  #words = null;

  element;

  /** @param {{ onChange: () => void, onGo: () => void, onAnother: () => void }} calls `onChange` when the edit would start from another picture */
  constructor({ onChange, onGo, onAnother }) {
    this.#onChange = onChange;
    this.#go.addEventListener('click', onGo);
    this.#another.addEventListener('click', onAnother);
    this.#edits = {
      noise: new Noise(onChange),
      vary: new Vary(onChange),
      repaint: new Repaint(),
      enlarge: new Enlarge(onChange),
    };
    this.element = h(
      'div',
      { className: 'edits' },
      this.#choices.element,
      ...Object.values(this.#edits).map(({ element }) => element),
      h('div', { className: 'buttons' }, this.#go, this.#another),
    );
    this.#show();
  }

  /** The chosen edit. */
  get edit() {
    return this.#choices.value;
  }

  /** Whether the model draws from prompts, as far as is known. @param {boolean} prompted */
  set prompted(prompted) {
    this.#isPrompted = prompted;
    this.#choices.offer(prompted ? PROMPTED : EDITS);
    for (const edit of Object.values(this.#edits)) if ('prompted' in edit) edit.prompted = prompted;
    this.#show();
  }

  /** @param {Words} words */
  localize(words) {
    this.#words = words;
    this.#choices.localize(words.edit, words.edits);
    for (const edit of Object.values(this.#edits)) edit.localize(words);
    this.#go.textContent = words.goes[this.edit];
    this.#another.textContent = words.regenerate;
  }

  /** @param {DiffusionInfo} info */
  describe(info) {
    this.#timesteps = info.num_train_timesteps;
    for (const edit of Object.values(this.#edits)) edit.describe?.(info);
  }

  /** What the model would start from. @param {ImageToImagePipeline} model @param {Source} source */
  async start(model, source) {
    return this.#current.start(model, source);
  }

  /** The options of the call. @param {ImageToImagePipeline} model @param {Source} source @param {number} steps */
  async options(model, source, steps) {
    return this.#current.options(model, source, steps);
  }

  /** Whether what the model would start from is the picture with noise. */
  get hasNoise() {
    return !this.#isPrompted && this.#current.timestep !== undefined;
  }

  /**
   * The model's first guess at the picture, if it would start from a picture with noise.
   * @param {ImageToImagePipeline} model
   * @param {Source} source
   * @param {Partial<ImageToImageOptions>} options of what to draw
   * @returns {Promise<ImageData[]>}
   */
  async guess(model, source, options) {
    const timestep = this.hasNoise ? await this.#current.timestep?.(model, source) : undefined;
    if (timestep === undefined) return [];
    // One step of the finest schedule, which has every timestep.
    const step = { timestep, num_inference_steps: this.#timesteps };
    const { picture, seed, signal } = source;
    const asked = { ...options, ...step, scheduler: WITH_ETA, seed, signal };
    for await (const event of model.stream(picture, asked)) return event.images;
    return [];
  }

  get #current() {
    return this.#edits[this.edit];
  }

  #show() {
    for (const [name, { element }] of Object.entries(this.#edits)) element.hidden = name !== this.edit;
    if (this.#words) this.#go.textContent = this.#words.goes[this.edit];
  }
}
