// <hearth-image>: pictures from a diffusion model, step by step.
//
//   <hearth-image class-labels="7"></hearth-image>      a picture, drawn when a reader comes to it and again on a tap
//   <hearth-image prompt="a fox on a hill"></hearth-image>   a picture from a prompt
//   <hearth-image controls></hearth-image>              with everything a visitor can do

import { HearthError, modelUrl } from '../hearth.js';
import { attributeOf, optionsOf, randomSeed } from './attributes.js';
import { HearthElement } from './base.js';
import { define } from './define.js';
import { draw, streamOf } from './image/calls.js';
import { Editor } from './image/editing/editor.js';
import { follow } from './image/follow.js';
import { Layout, MODES, layoutSheets } from './image/layout.js';
import { schedulerTitle } from './image/menus.js';
import { OPTIONS, sizeOf } from './image/options.js';
import { seconds } from './units.js';

/**
 * @typedef {import('./image/calls.js').Drawing} Drawing
 * @typedef {import('../types.d.ts').ImageToImagePipeline} ImageToImagePipeline
 * @typedef {import('../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('./image/types.d.ts').HearthImage} Contract
 */

/** No call makes more pictures. */
const MAX_COUNT = 256;

/**
 * The element.
 * @extends {HearthElement<Drawing, import('./image/types.d.ts').ImageDetails>}
 * @implements {Contract}
 */
class HearthImage extends HearthElement {
  static loadAttributes = [...super.loadAttributes, 'dtype', 'variant', 'offload'];
  static observedAttributes = [
    ...super.observedAttributes,
    ...this.loadAttributes,
    ...Object.keys(OPTIONS).map(attributeOf),
    'controls',
    'mode',
  ];
  static sheets = [...super.sheets, ...layoutSheets];
  static task = 'unconditional-image-generation';
  static model = 'ddpm-mnist/';
  static modelForPrompts = 'picturebook/';

  #layout = new Layout(() => this.words, {
    onMode: (mode) => this.setAttribute('mode', mode),
    onDraw: () => this.#redraw(),
    onAnother: () => this.redraw(),
    onPress: () => this.redraw(),
    onAgain: () => this.#repeat(),
    onChange: () => this.#preview(),
    onFile: (file) => this.job(() => this.#layout.sketch.open(file)),
    onSample: () => this.#drawSample(),
    onGo: () => this.start(),
    onFilm: () => this.#saveFilm(),
    onTake: () => this.#takePicture(),
    onIdea: (prompt) => this.#drawAsAsked({ prompt }),
    onEarlier: (attributes) => this.#drawAsAsked(attributes),
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

  /** Digits, unless there is a prompt. */
  get modelFolder() {
    const isPrompted = this.hasAttribute('prompt') && !this.hasAttribute('model');
    return isPrompted ? modelUrl(HearthImage.modelForPrompts) : super.modelFolder;
  }

  /** A picture is the visitor's to begin with, and so is a prompt that is blank. */
  get hasWork() {
    return this.mode !== 'picture' && this.getAttribute('prompt')?.trim() !== '';
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (name === 'controls') return this.#layout.show(this.mode, this.#isBare);
    if (name === 'mode') return this.#switchMode();
    this.#layout.form.read(this, name);
    const isOther = name === 'prompt' && (before === null) !== (now === null) && !this.hasAttribute('model');
    if (name === 'model' || isOther) this.#info = null;
    if (name === 'model' || name === 'prompt') this.#layout.prompted = this.#takesPrompts;
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
    const [height, width] = sizeOf(options, { sample_size: [32, 32] });
    if (!this.#info) this.#layout.timeline.reserve(width, height, countOf(options));
    const model = await this.#model(signal);
    if (!model) return;
    await follow(this, this.#layout, model, (more) => streamOf(model, { ...options, ...more }), signal);
    this.#remember();
  }

  /** Lets four schedulers draw from the same noise. @param {AbortSignal} signal */
  async #runAll(signal) {
    const model = await this.#model(signal);
    if (!model) return;
    const { seed = randomSeed(), ...options } = optionsOf(this, OPTIONS);
    const started = performance.now();
    /** @type {readonly (string | null)[] | undefined} */
    let truncated;
    const runs = await this.#layout.comparison.run(model, { ...options, seed, signal }, (step) => {
      this.say(this.words.comparing(schedulerTitle(step.scheduler)));
      ({ truncated } = step);
      this.#layout.form.truncated = truncated?.find((text) => text !== null) ?? null;
      this.emit('step', { ...step, mode: 'compare' });
    });
    const ms = performance.now() - started;
    this.#layout.form.seed = seed;
    this.say(this.words.comparedIn(seconds(ms), this.deviceName(model)));
    const images = runs.flatMap((run) => run.images);
    const shown = { seed, images, runs, ms, ...(truncated && { truncated }) };
    this.emit('complete', { type: 'complete', ...shown, mode: 'compare' });
  }

  /** Shows what the model would start from. */
  #preview() {
    if (this.mode !== 'picture' || !this.isConnected) return;
    this.again = () => this.#preview();
    this.#editor.preview();
  }

  /**
   * The model that draws: from prompts if it takes them, else from noise alone. Null if a visitor is to write a prompt first.
   * @param {AbortSignal} signal
   */
  async #model(signal) {
    if (this.#lacksPrompt) return this.#askForPrompt(); // and load nothing
    // Only when it is loaded is it known what somebody's folder has. As `image-to-image` every one loads, and tasks share it.
    const isUnknown = !this.#info && this.hasAttribute('model') && !this.hasAttribute('prompt');
    if (isUnknown) await this.#imageToImage(signal);
    const model = await this.ready(signal, this.#takesPrompts ? 'text-to-image' : HearthImage.task);
    this.#describe(model.info);
    return this.#lacksPrompt ? this.#askForPrompt() : model;
  }

  #askForPrompt() {
    this.say(this.words.writePrompt);
    return null;
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
    const options = optionsOf(this, OPTIONS);
    const size = sizeOf(options, info);
    this.#layout.comparison.describe(info, size, options.num_inference_steps);
    if (this.#info) return;
    this.#info = info;
    this.#layout.prompted = info.prompts;
    this.#layout.describe(info, size, countOf(options));
  }

  /** Whether the model draws from prompts; until it is loaded, whether that is asked for. */
  get #takesPrompts() {
    return this.#info?.prompts ?? this.hasAttribute('prompt');
  }

  /** Whether a visitor is to write a prompt first. */
  get #lacksPrompt() {
    return this.#takesPrompts && !this.getAttribute('prompt')?.trim() && !this.#isBare;
  }

  /** @param {string} task */
  loadOptions(task) {
    const { offload, ...options } = super.loadOptions(task);
    const isAsked = offload !== undefined && offload !== 'false';
    return isAsked ? { ...options, offload: true } : options;
  }

  /** Draws what the fields ask for. */
  #redraw() {
    this.#layout.form.write(this);
    this.restart();
  }

  /**
   * Draws what these attributes ask for, from noise, with a new seed unless they have one.
   * @param {Record<string, string>} attributes
   */
  #drawAsAsked(attributes) {
    this.#layout.form.write(this);
    this.removeAttribute('seed');
    for (const [name, value] of Object.entries(attributes)) this.setAttribute(name, value);
    this.setAttribute('mode', 'noise');
    this.restart();
  }

  /** Keeps the picture that was drawn, small, for later. */
  #remember() {
    const prompt = this.getAttribute('prompt');
    const [image] = this.images;
    if (!prompt || !image || this.#isBare) return;
    this.#layout.earlier.add(image, { prompt, seed: String(this.#layout.actions.seed) });
  }

  /** Draws the same picture again. */
  #repeat() {
    this.setAttribute('seed', String(this.#layout.actions.seed));
    this.restart();
  }

  /** Lets the model draw the picture that is then worked on. */
  #drawSample() {
    this.job(async (signal) => {
      this.again = () => this.#drawSample();
      this.#layout.form.write(this);
      const model = await this.#model(signal);
      if (!model) return;
      this.say(this.words.drawing);
      const { seed: _, ...options } = optionsOf(this, OPTIONS);
      const [image] = await draw(model, { ...options, signal });
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

/**
 * How many pictures there will be side by side, if that is asked for and will not be refused.
 * @param {Record<string, any>} options
 * @returns {number | undefined}
 */
function countOf({ class_labels, num_images_per_prompt }) {
  const count = class_labels?.length ?? num_images_per_prompt;
  return Number.isInteger(count) && count > 0 && count <= MAX_COUNT ? count : undefined;
}

const Served = define('hearth-image', HearthImage);
export { Served as HearthImage };
