// What a training has shown so far: its numbers as curves, its pictures at some moments, and those of the training before.

import { Curve } from './curve.js';
import { Moments } from './moments.js';
import { stateOf, varietyOf } from './state.js';

/** The steps whose mean says what is going on. */
const RECENT = 40;
/** Below this a training was no more than a try, and is not worth comparing with. */
const WORTH_KEEPING = 20;

/**
 * @typedef {import('../../types.d.ts').TrainingStepEvent} Step
 * @typedef {{ step_index: number, images: ImageData[], verdicts?: Step['verdicts'] }} Moment
 */

export class History {
  curve = new Curve();
  /** @type {Moments<Moment>} */
  moments = new Moments();
  /** The training before, to compare with. @type {{ curve: Curve, moments: Moments<Moment> } | null} */
  before = null;
  /** What was shown last. @type {Moment | null} */
  latest = null;
  /** How many steps the model was trained for. */
  step_index = 0;
  /** The last steps' numbers. @type {Step[]} */
  #recent = [];
  #widest = 0;
  #variety = /** @type {number | null} */ (null);

  /** Another training begins, or goes on from a checkpoint. @param {number} [step_index] */
  begin(step_index = 0) {
    const { curve, moments } = this;
    if (curve.length >= WORTH_KEEPING) this.before = { curve, moments };
    this.curve = new Curve();
    this.moments = new Moments();
    this.latest = null;
    this.step_index = step_index;
    this.#recent = [];
    this.#widest = 0;
    this.#variety = null;
  }

  /** @param {Step} step */
  push(step) {
    if (step.step_index <= this.step_index) this.begin(); // somebody else began the training anew
    const { step_index, d_loss, g_loss, d_real, d_fake } = step;
    this.step_index = step_index;
    this.curve.push(step_index, [d_loss, g_loss, d_real, d_fake]);
    this.#recent.push(step);
    if (this.#recent.length > RECENT) this.#recent.shift();
    if (this.#recent.length === RECENT) {
      const { d_real: real, d_fake: fake } = this.means;
      this.#widest = Math.max(this.#widest, real - fake);
    }
  }

  /** The model is at another step than was reported last: further on, or back where it was before. @param {number} step_index */
  moveTo(step_index) {
    this.step_index = step_index;
    this.curve.cut(step_index);
    this.moments.cut(step_index);
    this.#recent = this.#recent.filter((step) => step.step_index <= step_index);
  }

  /**
   * Pictures at a moment.
   * @param {Omit<Moment, 'step_index'>} shown
   * @param {{ num_classes: number, real: number }} how `real`: the variety of real pictures
   */
  show({ images, verdicts }, { num_classes, real }) {
    this.latest = { step_index: this.step_index, images, verdicts };
    this.moments.push(this.latest);
    this.#variety = real > 0 ? varietyOf(images.map(greyOf), num_classes) / real : null;
  }

  /** The means of the latest steps. */
  get means() {
    const mean = (/** @type {'d_loss' | 'g_loss' | 'd_real' | 'd_fake'} */ name) =>
      this.#recent.reduce((sum, step) => sum + step[name], 0) / (this.#recent.length || 1);
    return { d_loss: mean('d_loss'), g_loss: mean('g_loss'), d_real: mean('d_real'), d_fake: mean('d_fake') };
  }

  /** What is going on. @param {{ loss: string, label_smoothing: number }} options */
  stateWith(options) {
    const { d_real, d_fake } = this.means;
    const [widest, variety] = [this.#widest, this.#variety];
    return stateOf({ ...options, step_index: this.step_index, d_real, d_fake, widest, variety });
  }
}

/** A number a pixel. @param {ImageData} image */
export function greyOf({ data }) {
  return Uint8Array.from({ length: data.length / 4 }, (_, pixel) => data[pixel * 4]);
}
