// What a model can do with a picture: take noise away again, vary it, paint a part of it anew, make a small one large.

import { h, label, numberField, setLabel } from '../../base.js';
import { Choices } from '../choices.js';
import { WITH_ETA } from '../form.js';
import { shrink } from '../../pixels.js';

/**
 * @typedef {import('../../../types.d.ts').ImageToImagePipeline} ImageToImagePipeline
 * @typedef {import('../../../types.d.ts').ImageToImageOptions} ImageToImageOptions
 * @typedef {import('../../../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('../../words.js').Words} Words
 * @typedef {typeof EDITS[number]} Edit
 * @typedef {{ picture: ImageData, mask: ImageData | null, seed: any, signal: AbortSignal }} Source
 */

const EDITS = /** @type {const} */ (['noise', 'vary', 'repaint', 'enlarge']);
/** Both forms of the forward process. */
const FORMULAS = { schedule: '√ᾱₜ · x₀ + √(1 − ᾱₜ) · ε', continuous: '√(1 − t) · x₀ + √t · ε' };
/** Steps of the slider for the continuous form. */
const FINE = 1000;
const FACTORS = [2, 4, 8, 16];

export const editsSheet = new CSSStyleSheet();
editsSheet.replaceSync(`
  .edits { display: grid; gap: 0.6rem; align-content: start; min-width: 0; }
  .edits .choices label { min-height: 2.25rem; padding: 0.25rem 0.65rem; font-size: 0.9rem; }
  .panel { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: end; min-height: 9.5rem; align-content: start; }
  .panel > label { flex: 1 1 8rem; }
  .panel > .long { flex-basis: 100%; }
  .panel input[type='range'] { width: 100%; margin: 0; min-height: 2rem; }
  .panel :is(input[type='text'], select) { width: 100%; max-width: 9rem; }
  .panel p { flex: 1 1 100%; margin: 0; font-size: 0.9rem; color: var(--soft); }
  .formula { font-variant-numeric: tabular-nums; color: var(--ink); }
  .formula .told { margin-inline-start: 0.4em; }
`);

/** @param {number} min @param {number} max @param {number} step @param {number} value */
const range = (min, max, step, value) => h('input', { type: 'range', min, max, step, value });

/** A share with two digits. @param {number} number */
const short = (number) => number.toFixed(2);

/** The four of them, each with its own fields. */
export class Edits {
  #onChange = () => {};
  #edit = new Choices('edit', EDITS, () => this.#show());
  #form = new Choices('form', /** @type {const} */ (['schedule', 'continuous']), () => this.#switchForm());
  #noise = range(0, 999, 1, 350);
  #formula = h('span');
  #told = h('span', { className: 'told' });
  #strength = range(0.05, 1, 0.05, 0.6);
  #length = numberField('jump_length', 4);
  #times = numberField('jump_n_sample', 3);
  #factor = h('select', { name: 'downsampling_factor' });
  #end = range(0.1, 1, 0.05, 0.8);
  #hints = { vary: h('p'), repaint: h('p'), enlarge: h('p') };
  #go = h('button', { type: 'button', className: 'main' });
  #another = h('button', { type: 'button' });
  /** @type {Record<Edit, HTMLElement>} */
  #panels;
  #timesteps = 1000;
  /** `alphas_cumprod` of the model's schedule, as far as it is known. @type {Map<number, number>} */
  #alphas = new Map();
  /** @type {Words | null} */
  #words = null;

  element;

  /** @param {{ onChange: () => void, onGo: () => void, onAnother: () => void }} calls `onChange` when it would start from something else */
  constructor({ onChange, onGo, onAnother }) {
    this.#go.addEventListener('click', onGo);
    this.#another.addEventListener('click', onAnother);
    const onInput = () => {
      this.#tell();
      onChange();
    };
    this.#end.addEventListener('input', () => this.#tell());
    for (const field of [this.#noise, this.#strength]) field.addEventListener('input', onInput);
    this.#factor.addEventListener('change', onInput);
    this.#times.value = '3';
    this.#length.placeholder = '10';
    const panel = (/** @type {(Node)[]} */ ...parts) => h('div', { className: 'panel' }, ...parts);
    const long = (/** @type {HTMLElement} */ field) => Object.assign(label(field), { className: 'long' });
    const formula = h('p', { className: 'formula' }, this.#formula, this.#told);
    this.#panels = {
      noise: panel(this.#form.element, long(this.#noise), formula),
      vary: panel(long(this.#strength), this.#hints.vary),
      repaint: panel(label(this.#times), label(this.#length), this.#hints.repaint),
      enlarge: panel(label(this.#factor), label(this.#end), this.#hints.enlarge),
    };
    const { noise, vary, repaint, enlarge } = this.#panels;
    this.element = h(
      'div',
      { className: 'edits' },
      this.#edit.element,
      noise,
      vary,
      repaint,
      enlarge,
      h('div', { className: 'buttons' }, this.#go, this.#another),
    );
    this.#switchForm();
    this.#show();
    this.#onChange = onChange;
  }

  /** @returns {Edit} */
  get edit() {
    return this.#edit.value;
  }

  set edit(edit) {
    this.#edit.value = edit;
    this.#show();
  }

  /** @param {Words} words */
  localize(words) {
    this.#words = words;
    this.#edit.localize(words.edit, words.edits);
    this.#form.localize(words.noiseForm, words.noiseForms);
    setLabel(this.#length, words.jumpLength);
    setLabel(this.#times, words.jumpTimes);
    setLabel(this.#factor, words.factor);
    this.#tell();
    for (const [name, hint] of Object.entries(this.#hints)) hint.textContent = words.editHints[name];
    this.#go.textContent = words.goes[this.edit];
    this.#another.textContent = words.regenerate;
  }

  /** @param {DiffusionInfo} info */
  describe({ sample_size, num_train_timesteps }) {
    this.#alphas.clear();
    if (num_train_timesteps !== this.#timesteps) {
      this.#timesteps = num_train_timesteps;
      this.#switchForm();
    }
    const factors = FACTORS.filter((factor) => sample_size.every((size) => size % factor === 0));
    if (this.#factor.length === factors.length) return;
    this.#factor.replaceChildren(
      ...factors.map((factor) => h('option', { value: factor, textContent: `${factor} ×` })),
    );
    this.#factor.value = String(factors[Math.min(1, factors.length - 1)]);
  }

  /**
   * What the model would start from.
   * @param {ImageToImagePipeline} model
   * @param {Source} source
   * @returns {Promise<ImageData>}
   */
  async start(model, { picture, mask, seed, signal }) {
    if (this.edit === 'repaint') return withHole(picture, mask);
    if (this.edit === 'enlarge') {
      const factor = Number(this.#factor.value);
      return factor ? shrink(picture, factor) : picture;
    }
    const noisy = await model.add_noise(picture, { ...this.#level, seed, signal });
    this.#told.textContent = `= ${short(Math.sqrt(noisy.alpha))} · x₀ + ${short(Math.sqrt(1 - noisy.alpha))} · ε`;
    return noisy;
  }

  /**
   * The options of the call.
   * @param {ImageToImagePipeline} model
   * @param {Source} source
   * @param {number} steps
   * @returns {Promise<Partial<ImageToImageOptions>>}
   */
  async options(model, source, steps) {
    const number = (/** @type {HTMLInputElement} */ { value }) =>
      value.trim() === ''
        ? undefined
        : /** @type {any} */ (Number.isNaN(Number(value)) ? value : Number(value));
    switch (this.edit) {
      case 'vary':
        return { strength: Number(this.#strength.value) };
      case 'repaint':
        return {
          mask_image: source.mask ?? undefined,
          jump_n_sample: number(this.#times),
          jump_length: number(this.#length),
        };
      case 'enlarge':
        return {
          downsampling_factor: Number(this.#factor.value),
          control_guidance_end: Number(this.#end.value),
        };
      default:
        // The last step of a schedule is no later than this.
        return {
          timestep: Math.max(await this.#timestep(model, source), Math.ceil(this.#timesteps / steps)),
        };
    }
  }

  /**
   * What the model sees at once in what it would start from, if that has noise in it.
   * @param {ImageToImagePipeline} model
   * @param {Source} source
   * @param {Partial<ImageToImageOptions>} options of the class
   * @returns {Promise<ImageData[]>}
   */
  async guess(model, source, options) {
    if (!this.hasNoise) return [];
    // One step of the finest schedule, which has every timestep.
    const step = { timestep: await this.#timestep(model, source), num_inference_steps: this.#timesteps };
    const { picture, seed, signal } = source;
    const asked = { ...options, ...step, scheduler: WITH_ETA, seed, signal };
    for await (const event of model.stream(picture, asked)) return event.images;
    return [];
  }

  /** Whether what the model would start from is the picture with noise. */
  get hasNoise() {
    return this.edit === 'noise' || this.edit === 'vary';
  }

  /** How much noise there is, in the form that is chosen. @returns {{ timestep: number } | { t: number }} */
  get #level() {
    if (this.edit === 'vary') {
      return { timestep: Math.round(Number(this.#strength.value) * (this.#timesteps - 1)) };
    }
    const value = Number(this.#noise.value);
    return this.#form.value === 'schedule' ? { timestep: value } : { t: value / FINE };
  }

  /** The first timestep of the schedule that is as noisy. @param {ImageToImagePipeline} model @param {Source} source */
  async #timestep(model, { picture, signal }) {
    const level = this.#level;
    if ('timestep' in level) return level.timestep;
    let [low, high] = [0, this.#timesteps - 1];
    while (low < high) {
      const timestep = (low + high) >> 1;
      const alpha =
        this.#alphas.get(timestep) ?? (await model.add_noise(picture, { timestep, seed: 0, signal })).alpha;
      this.#alphas.set(timestep, alpha);
      if (alpha <= 1 - level.t) high = timestep;
      else low = timestep + 1;
    }
    return low;
  }

  #switchForm() {
    const share = Number(this.#noise.value) / Number(this.#noise.max);
    const isSchedule = this.#form.value === 'schedule';
    this.#noise.max = String(isSchedule ? this.#timesteps - 1 : FINE);
    this.#noise.value = String(Math.round(share * Number(this.#noise.max)));
    this.#formula.textContent = FORMULAS[this.#form.value];
    this.#told.textContent = '';
    this.#tell();
    this.#onChange();
  }

  /** Says with each slider what it stands for. */
  #tell() {
    const value = Number(this.#noise.value);
    const t = this.#form.value === 'schedule' ? String(value) : (value / FINE).toFixed(2);
    this.#noise.setAttribute('aria-valuetext', `t = ${t}`);
    if (!this.#words) return;
    setLabel(this.#noise, this.#words.noise(t));
    setLabel(this.#strength, this.#words.strength(this.#strength.value));
    setLabel(this.#end, this.#words.follows(Math.round(Number(this.#end.value) * 100)));
  }

  #show() {
    for (const [edit, panel] of Object.entries(this.#panels)) panel.hidden = edit !== this.edit;
    if (this.#words) this.#go.textContent = this.#words.goes[this.edit];
    this.#onChange();
  }
}

/** A picture without what is to be painted. @param {ImageData} picture @param {ImageData | null} mask */
function withHole(picture, mask) {
  const image = new ImageData(Uint8ClampedArray.from(picture.data), picture.width, picture.height);
  mask?.data.forEach((light, at) => light > 127 && at % 4 < 3 && (image.data[at] = 127));
  return image;
}
