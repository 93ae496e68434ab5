// <hearth-image>: pictures from a diffusion model, step by step.
//
//   <hearth-image class-labels="7"></hearth-image>      a picture, drawn when a reader comes to it and again on a tap
//   <hearth-image controls></hearth-image>              with everything a visitor can do

import { HearthError } from '../hearth.js';
import { attributeOf, optionsOf, randomSeed } from './attributes.js';
import { HearthElement } from './base.js';
import { define } from './define.js';
import { Editor } from './image/editing/editor.js';
import { follow } from './image/follow.js';
import { Layout, MODES, layoutSheets } from './image/layout.js';
import { schedulerTitle } from './image/menus.js';
import { OPTIONS } from './image/options.js';
import { seconds } from './units.js';

/**
 * @typedef {import('../types.d.ts').DiffusionPipeline} DiffusionPipeline
 * @typedef {import('../types.d.ts').ImageToImagePipeline} ImageToImagePipeline
 * @typedef {import('../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('./image/types.d.ts').HearthImage} Contract
 */

/**
 * The element.
 * @extends {HearthElement<DiffusionPipeline, import('./image/types.d.ts').ImageDetails>}
 * @implements {Contract}
 */
class HearthImage extends HearthElement {
  static loadAttributes = [...super.loadAttributes, 'dtype'];
  static observedAttributes = [
    ...super.observedAttributes,
    'dtype',
    ...Object.keys(OPTIONS).map(attributeOf),
    'controls',
    'mode',
  ];
  static sheets = [...super.sheets, ...layoutSheets];
  static task = 'unconditional-image-generation';
  static model = new URL('../../models/ddpm-mnist/', import.meta.url);

  #layout = new Layout(() => this.words, {
    onMode: (mode) => this.setAttribute('mode', mode),
    onDraw: () => this.#redraw(),
    onAnother: () => this.redraw(),
    onPress: () => this.redraw(),
    onChange: () => this.#preview(),
    onFile: (file) => this.job(() => this.#layout.sketch.open(file)),
    onSample: () => this.#drawSample(),
    onGo: () => this.start(),
    onFilm: () => this.#saveFilm(),
    onTake: () => this.#takePicture(),
  });

  #editor = new Editor({
    element: this,
    layout: this.#layout,
    model: (signal) => this.#imageToImage(signal),
  });

  /** What is known of the model. @type {DiffusionInfo | null} */
  #info = null;

  constructor() {
    super();
    this.#layout.putInto(/** @type {ShadowRoot} */ (this.shadowRoot), this.status.element);
    this.#layout.show(this.mode, this.#isBare);
  }

  /** The pictures on show: finished, or the model's latest guesses. */
  get images() {
    return this.#layout.timeline.images;
  }

  /** What it starts from. @returns {typeof MODES[number]} */
  get mode() {
    const asked = this.getAttribute('mode');
    return MODES.find((mode) => mode === asked) ?? 'noise';
  }

  /** A picture is the visitor's to begin with. */
  get hasWork() {
    return this.mode !== 'picture';
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (name === 'controls') return this.#layout.show(this.mode, this.#isBare);
    if (name === 'mode') return this.#switchMode();
    this.#layout.form.read(this, name);
    if (name === 'model') this.#info = null;
    super.attributeChangedCallback(name, before, now);
  }

  leave() {
    this.#layout.timeline.pause();
    super.leave();
  }

  /** Draws another picture. */
  redraw() {
    this.#layout.form.write(this);
    this.setAttribute('seed', String(randomSeed()));
    this.restart();
  }

  localize() {
    super.localize();
    this.#layout.localize(this.mode, this.#isBare);
  }

  /** @param {AbortSignal} signal */
  async work(signal) {
    this.again = () => void this.start();
    const asked = this.getAttribute('mode');
    if (asked && asked !== this.mode) {
      throw new HearthError('invalid-option', `mode is ${asked}; it must be ${MODES.join(', ')}`);
    }
    if (this.mode === 'noise') return this.#draw(signal);
    if (this.mode === 'compare') return this.#runAll(signal);
    return this.#editor.change(signal);
  }

  /** Draws from noise. @param {AbortSignal} signal */
  async #draw(signal) {
    /** @type {Record<string, any>} */
    const options = { seed: randomSeed(), ...optionsOf(this, OPTIONS) };
    if (!this.#info) this.#layout.timeline.reserve(32, 32, options.class_labels?.length);
    const model = await this.#model(signal);
    await follow(this, this.#layout, model, (more) => model.stream({ ...options, ...more }), signal);
  }

  /** Lets four schedulers draw from the same noise. @param {AbortSignal} signal */
  async #runAll(signal) {
    const model = await this.#model(signal);
    const { seed = randomSeed(), ...options } = optionsOf(this, OPTIONS);
    const started = performance.now();
    const runs = await this.#layout.comparison.run(model, { ...options, seed, signal }, (step) => {
      this.say(this.words.comparing(schedulerTitle(step.scheduler)));
      this.emit('step', { ...step, mode: 'compare' });
    });
    const ms = performance.now() - started;
    this.#layout.form.seed = seed;
    this.say(this.words.comparedIn(seconds(ms), this.deviceName(model)));
    const images = runs.flatMap((run) => run.images);
    this.emit('complete', { type: 'complete', seed, images, runs, ms, mode: 'compare' });
  }

  /** Shows what the model would start from. */
  #preview() {
    if (this.mode !== 'picture' || !this.isConnected) return;
    this.again = () => this.#preview();
    this.#editor.preview();
  }

  /** The model that draws from noise. @param {AbortSignal} signal */
  async #model(signal) {
    const model = await this.ready(signal);
    const kind = /** @type {string} */ (model.info.kind);
    if (kind !== 'diffusion') {
      throw new HearthError('unsupported-model', `this model is a ${kind}: it draws without steps`);
    }
    this.#describe(model.info);
    return model;
  }

  /** The same model, for pictures. @param {AbortSignal} signal */
  async #imageToImage(signal) {
    const ready = /** @type {unknown} */ (await this.ready(signal, 'image-to-image'));
    const model = /** @type {ImageToImagePipeline} */ (ready);
    this.#describe(model.info);
    return model;
  }

  /** @param {DiffusionInfo} info */
  #describe(info) {
    const { num_inference_steps, class_labels } = optionsOf(this, OPTIONS);
    this.#layout.comparison.describe(info, num_inference_steps);
    if (this.#info) return;
    this.#info = info;
    this.#layout.describe(info, class_labels?.length);
  }

  /** Draws what the fields ask for. */
  #redraw() {
    this.#layout.form.write(this);
    this.restart();
  }

  /** Lets the model draw the picture that is then worked on. */
  #drawSample() {
    this.job(async (signal) => {
      this.again = () => this.#drawSample();
      const model = await this.#model(signal);
      this.say(this.words.drawing);
      this.#layout.form.write(this);
      const { seed: _, ...options } = optionsOf(this, OPTIONS);
      const [image] = await model({ ...options, preview: 'none', signal });
      this.say('');
      this.#layout.sketch.take(image);
    });
  }

  /** Goes on with the picture that was made. */
  #takePicture() {
    const [image] = this.images;
    this.#layout.sketch.take(image);
    this.setAttribute('mode', 'picture');
  }

  #saveFilm() {
    this.job(async (signal) => {
      this.say(this.words.animating);
      await this.#layout.actions.saveFilm(signal);
      this.say(this.words.animated);
    });
  }

  #switchMode() {
    if (this.busy) this.stop();
    this.#layout.show(this.mode, this.#isBare);
    if (this.mode !== 'picture' || !this.isConnected) return;
    const [image] = this.images;
    if (this.#layout.sketch.isEmpty && image) this.#layout.sketch.take(image);
    else this.#preview();
  }

  get #isBare() {
    return !this.hasAttribute('controls');
  }
}

const Served = define('hearth-image', HearthImage);
export { Served as HearthImage };
