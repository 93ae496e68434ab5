// What a training shows while it runs: takes its events, remembers them, and draws.

import { optionsOf } from '../attributes.js';
import { Rate, Redraw } from './clock.js';
import { History } from './history.js';
import { DEFAULTS, OPTIONS } from './options.js';
import { imageOf, realPictures } from './sheet.js';
import { varietyOf } from './state.js';
import { View } from './view.js';

/**
 * @typedef {import('../../types.d.ts').GanTrainingPipeline} Pipeline
 * @typedef {{ pixels: Uint8Array, labels: Uint8Array | null, height: number, width: number }} Data
 */

export class Stage {
  history = new History();
  #owner;
  #controls;
  #view;
  #rate = new Rate();
  #redraw = new Redraw(() => this.draw());
  /** The variety of the real pictures. */
  #variety = 0;

  /**
   * @param {Element} owner whose attributes say what the numbers mean
   * @param {import('./controls.js').Controls} controls
   * @param {() => import('../words.js').Words} words
   */
  constructor(owner, controls, words) {
    this.#owner = owner;
    this.#controls = controls;
    this.#view = new View(words);
  }

  get element() {
    return this.#view.element;
  }

  localize() {
    this.#view.localize();
    this.#count();
  }

  /** Shows what is trained on. @param {Pipeline} train @param {Data} data */
  showData({ info: { num_classes } }, data) {
    const real = realPictures(data, num_classes);
    this.#variety = varietyOf(real, num_classes);
    this.#view.showReal(real.map((grey) => imageOf(grey, data.width)));
  }

  /** A training begins, or one from a checkpoint. @param {Pipeline} train @param {number} [step_index] */
  async begin(train, step_index = 0) {
    this.history.begin(step_index);
    this.#view.live();
    // No step has reported these.
    this.#see({ images: await train.sample() }, train);
    this.#controls.allowSaving();
    this.draw();
  }

  /** Catches up with the steps that a stopped call did not report, or goes back to where a model is again. @param {Pipeline} train */
  async settle(train) {
    const [step_index, images] = [await train.steps(), await train.sample()];
    if (step_index === this.history.step_index) return;
    this.history.moveTo(step_index);
    this.#see({ images, verdicts: this.history.latest?.verdicts }, train);
    this.draw();
  }

  /** Steps are about to come. */
  play() {
    this.#rate.begin();
    this.#view.live();
    this.#controls.playing = true;
  }

  /** No more steps come. */
  pause() {
    this.#controls.playing = false;
    this.#redraw.request();
  }

  /** @param {import('../../types.d.ts').TrainingStepEvent} step @param {Pipeline} train */
  take(step, train) {
    this.#rate.count();
    this.history.push(step);
    if (step.images) this.#see({ images: step.images, verdicts: step.verdicts }, train);
    this.#redraw.request();
  }

  draw() {
    const { loss, label_smoothing } = { ...DEFAULTS, ...optionsOf(this.#owner, OPTIONS) };
    this.#view.draw(this.history, { loss, label_smoothing: Number(label_smoothing) || 0 });
    this.#count();
  }

  #count() {
    this.#controls.count(this.history.step_index, this.#rate.text);
  }

  /** @param {Omit<import('./history.js').Moment, 'step_index'>} shown @param {Pipeline} train */
  #see(shown, { info: { num_classes } }) {
    this.history.show(shown, { num_classes, real: this.#variety });
  }
}
