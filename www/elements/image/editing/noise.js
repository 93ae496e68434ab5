// Adding noise to a picture, in either form of the forward process, and having the model remove it.

import { h, setLabel, styleSheet } from '../../dom.js';
import { Choices } from '../choices.js';
import { fullWidth, panel, range } from './fields.js';

/**
 * @typedef {import('../../../types.d.ts').ImageToImagePipeline} ImageToImagePipeline
 * @typedef {import('../../words.js').Words} Words
 * @typedef {import('./edits.js').Edit} Edit
 * @typedef {import('./edits.js').Source} Source
 */

const FORMULAS = { schedule: '√ᾱₜ · x₀ + √(1 − ᾱₜ) · ε', continuous: '√(1 − t) · x₀ + √t · ε' };
const FORMS = /** @type {const} */ (['schedule', 'continuous']);
/** Steps of the slider for the continuous form. */
const FINE = 1000;

export const noiseSheet = styleSheet(`
  .formula { font-variant-numeric: tabular-nums; color: var(--ink); }
  .formula .factors { margin-inline-start: 0.4em; }
`);

/** A share with two digits. @param {number} share */
const short = (share) => share.toFixed(2);

/** @implements {Edit} */
export class Noise {
  #form = new Choices('form', FORMS, () => this.#switchForm());
  #noise = range(0, 999, 1, 350);
  #formula = h('span');
  #numbers = h('span', { className: 'factors' });
  #onChange;
  #timesteps = 1000;
  /** `alphas_cumprod` of the model's schedule, as far as it is known. @type {Map<number, number>} */
  #alphas = new Map();
  /** @type {Words | null} */
  #words = null;

  element = panel(
    this.#form.element,
    fullWidth(this.#noise),
    h('p', { className: 'formula' }, this.#formula, this.#numbers),
  );

  /** @param {() => void} onChange called when the amount of noise changes */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#noise.addEventListener('input', () => {
      this.#labelSlider();
      onChange();
    });
    this.#showForm();
  }

  /** @param {Words} words */
  localize(words) {
    this.#words = words;
    this.#form.localize(words.noiseForm, words.noiseForms);
    this.#labelSlider();
  }

  /** @param {import('../../../types.d.ts').DiffusionInfo} info */
  describe({ num_train_timesteps }) {
    this.#alphas.clear();
    if (num_train_timesteps === this.#timesteps) return;
    this.#timesteps = num_train_timesteps;
    this.#switchForm();
  }

  /** @param {ImageToImagePipeline} model @param {Source} source @returns {Promise<ImageData>} */
  async start(model, { picture, seed, signal }) {
    const noisy = await model.add_noise(picture, { ...this.#level, seed, signal });
    this.#numbers.textContent = `= ${short(Math.sqrt(noisy.alpha))} · x₀ + ${short(Math.sqrt(1 - noisy.alpha))} · ε`;
    return noisy;
  }

  /** @param {ImageToImagePipeline} model @param {Source} source @param {number} steps */
  async options(model, source, steps) {
    return { timestep: reachable(await this.timestep(model, source), this.#timesteps, steps) };
  }

  /** The first timestep of the schedule that is as noisy. @param {ImageToImagePipeline} model @param {Source} source */
  async timestep(model, { picture, signal }) {
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

  /** How much noise there is, in the form that is chosen. @returns {{ timestep: number } | { t: number }} */
  get #level() {
    const value = Number(this.#noise.value);
    return this.#form.value === 'schedule' ? { timestep: value } : { t: value / FINE };
  }

  #switchForm() {
    this.#showForm();
    this.#onChange();
  }

  /** Switches the slider to the chosen form. It stays where it is. */
  #showForm() {
    const share = Number(this.#noise.value) / Number(this.#noise.max);
    const isSchedule = this.#form.value === 'schedule';
    this.#noise.max = String(isSchedule ? this.#timesteps - 1 : FINE);
    this.#noise.value = String(Math.round(share * Number(this.#noise.max)));
    this.#formula.textContent = FORMULAS[this.#form.value];
    this.#numbers.textContent = '';
    this.#labelSlider();
  }

  #labelSlider() {
    const value = Number(this.#noise.value);
    const t = this.#form.value === 'schedule' ? String(value) : short(value / FINE);
    this.#noise.setAttribute('aria-valuetext', `t = ${t}`);
    if (this.#words) setLabel(this.#noise, this.#words.noise(t));
  }
}

/**
 * The timestep to ask for, raised to one that the schedule reaches. A call starts at its first timestep that is no greater
 * than the one asked for. With few steps even the last may be greater than that, and the call would be refused as having no
 * steps. Every schedule has a timestep up to `timesteps / steps`.
 * @param {number} timestep
 * @param {number} timesteps of the model
 * @param {number} steps of the call
 */
function reachable(timestep, timesteps, steps) {
  return Math.max(timestep, Math.ceil(timesteps / steps));
}
