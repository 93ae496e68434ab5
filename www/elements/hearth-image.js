// <hearth-image>: pictures from a diffusion model, step by step.
//
//   <hearth-image class-labels="7"></hearth-image>      a picture, drawn when a reader comes to it and again on a tap
//   <hearth-image controls></hearth-image>              with everything a visitor can do

import { HearthError } from '../hearth.js';
import { HearthElement } from './base.js';
import { IMAGE_ATTRIBUTES, optionsOf, schedulerTitle } from './image/form.js';
import { ImageParts, MODES } from './image/layout.js';
import { Studio, randomSeed } from './image/editing/editor.js';
import { strip } from './pixels.js';

/**
 * @typedef {import('../types.d.ts').DiffusionPipeline} DiffusionPipeline
 * @typedef {import('../types.d.ts').ImageToImagePipeline} ImageToImagePipeline
 * @typedef {import('../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('../types.d.ts').DiffusionEvent} DiffusionEvent
 *
 * Shows a call, step by step.
 * @typedef {(model: DiffusionPipeline | ImageToImagePipeline, begin: (options: object) => AsyncGenerator<DiffusionEvent, void, void>, signal: AbortSignal) => Promise<void>} Follow
 */

/** How often it is told how far a call is. */
const TOLD = 10;

/** The element. @extends {HearthElement<DiffusionPipeline>} */
export class HearthImage extends HearthElement {
  static observedAttributes = [...super.observedAttributes, ...IMAGE_ATTRIBUTES, 'controls', 'mode'];
  static task = 'unconditional-image-generation';
  static model = new URL('../../models/ddpm-mnist/', import.meta.url);

  #parts = new ImageParts(() => this.words, {
    onMode: (mode) => this.setAttribute('mode', mode),
    onDraw: () => this.#redraw(),
    onAnother: () => this.redraw(),
    onPress: () => this.redraw(),
    onChange: () => this.#preview(),
    onFile: (file) => this.job(() => this.#parts.sketch.open(file)),
    onSample: () => this.#drawSample(),
    onGo: () => this.start(),
    onFilm: () => this.#saveFilm(),
    onTake: () => this.#takePicture(),
  });

  #studio = new Studio({
    element: this,
    parts: this.#parts,
    model: (signal) => this.#editor(signal),
    follow: (...call) => this.#follow(...call),
  });

  /** What is known of the model. @type {DiffusionInfo | null} */
  #info = null;
  /** What has been made. @type {ImageData[]} */
  #images = [];
  /** What "Try again" does. @type {() => void} */
  #again = () => void this.start();

  constructor() {
    super();
    this.#parts.putInto(/** @type {ShadowRoot} */ (this.shadowRoot), this.status);
    this.#parts.show(this.mode, this.#isBare);
  }

  /** The pictures on show: finished, or as the model last saw them. */
  get images() {
    return this.#images;
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
    if (name === 'controls') return this.#parts.show(this.mode, this.#isBare);
    if (name === 'mode') return this.#switchMode();
    this.#parts.options.read(this, name);
    if (name === 'model') this.#info = null;
    super.attributeChangedCallback(name, before, now);
  }

  disconnectedCallback() {
    this.#parts.timeline.pause();
    super.disconnectedCallback();
  }

  /** Draws another picture. */
  redraw() {
    this.#parts.options.write(this);
    this.setAttribute('seed', String(randomSeed()));
    this.restart();
  }

  retry() {
    this.#again();
  }

  localize() {
    super.localize();
    this.#parts.localize(this.mode, this.#isBare);
  }

  /** @param {AbortSignal} signal */
  async work(signal) {
    this.#again = () => void this.start();
    const asked = this.getAttribute('mode');
    if (asked && asked !== this.mode) {
      throw new HearthError('invalid-option', `mode is ${asked}; it must be ${MODES.join(', ')}`);
    }
    if (this.mode === 'noise') return this.#draw(signal);
    if (this.mode === 'compare') return this.#runAll(signal);
    return this.#studio.change(signal);
  }

  /** Draws from noise. @param {AbortSignal} signal */
  async #draw(signal) {
    /** @type {Record<string, any>} */
    const options = { seed: randomSeed(), ...optionsOf(this) };
    if (!this.#info) this.#parts.timeline.reserve(32, 32, options.class_labels?.length);
    const model = await this.#model(signal);
    await this.#follow(model, (more) => model.stream({ ...options, ...more }), signal);
  }

  /** @type {Follow} */
  async #follow(model, begin, signal) {
    this.say(this.words.drawing);
    const { mode } = this;
    const preview = this.#isBare ? 'pred_original_sample' : ['sample', 'pred_original_sample'];
    const started = performance.now();
    let num_steps = 0;
    try {
      for await (const event of begin({ preview, signal })) {
        const ms = performance.now() - started;
        this.#parts.made.seed = event.seed;
        if (event.type === 'step') {
          if (num_steps === 0) this.#parts.timeline.begin();
          num_steps = event.num_steps;
          this.#step(event);
        } else {
          this.#images = event.images;
          this.#parts.timeline.finish(strip(event.images));
          this.#parts.options.seed = event.seed;
          this.say(this.words.denoised(num_steps, seconds(ms), this.place(/** @type {any} */ (model))));
        }
        this.dispatchEvent(new CustomEvent(event.type, { detail: { ...event, ms, mode } }));
      }
    } finally {
      this.#parts.timeline.end();
      this.#parts.made.update();
    }
  }

  /** @param {import('../types.d.ts').DiffusionStepEvent} event */
  #step({ step_index, num_steps, timestep, previews }) {
    const { sample, pred_original_sample: guesses = [] } = previews;
    this.#images = guesses;
    const guess = strip(guesses);
    this.#parts.timeline.add({ sample: sample && strip(sample), guess, step_index, num_steps, timestep });
    // Now and then, because all of this is read out to those who cannot see it.
    if (step_index % Math.ceil(num_steps / TOLD) === 0)
      this.say(this.words.denoising(step_index + 1, num_steps));
  }

  /** Lets four schedulers draw from the same noise. @param {AbortSignal} signal */
  async #runAll(signal) {
    const model = await this.#model(signal);
    const { seed = randomSeed(), ...options } = optionsOf(this);
    const started = performance.now();
    const runs = await this.#parts.comparison.run(model, { ...options, seed, signal }, (step) => {
      this.say(this.words.comparing(schedulerTitle(step.scheduler)));
      this.dispatchEvent(new CustomEvent('step', { detail: { ...step, mode: 'compare' } }));
    });
    const ms = performance.now() - started;
    this.#parts.options.seed = seed;
    this.say(this.words.comparedIn(seconds(ms), this.place(model)));
    const images = runs.flatMap((run) => run.images);
    const detail = { type: 'complete', seed, images, runs, ms, mode: 'compare' };
    this.dispatchEvent(new CustomEvent('complete', { detail }));
  }

  /** Shows what the model would start from. */
  #preview() {
    if (this.mode !== 'picture' || !this.isConnected) return;
    this.#again = () => this.#preview();
    this.#studio.preview();
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
  async #editor(signal) {
    const ready = /** @type {unknown} */ (await this.ready(signal, 'image-to-image'));
    const model = /** @type {ImageToImagePipeline} */ (ready);
    this.#describe(model.info);
    return model;
  }

  /** @param {DiffusionInfo} info */
  #describe(info) {
    this.#parts.comparison.describe(info, this.number('num-inference-steps'));
    if (this.#info) return;
    this.#info = info;
    this.#parts.describe(info, optionsOf(this).class_labels?.length);
  }

  /** Draws what the fields ask for. */
  #redraw() {
    this.#parts.options.write(this);
    this.restart();
  }

  /** Lets the model draw the picture that is then worked on. */
  #drawSample() {
    this.job(async (signal) => {
      this.#again = () => this.#drawSample();
      const model = await this.#model(signal);
      this.say(this.words.drawing);
      this.#parts.options.write(this);
      const { seed: _, ...options } = optionsOf(this);
      const [image] = await model({ ...options, preview: 'none', signal });
      this.say('');
      this.#parts.sketch.take(image);
    });
  }

  /** Goes on with the picture that was made. */
  #takePicture() {
    const [image] = this.#images;
    this.#parts.sketch.take(image);
    this.setAttribute('mode', 'picture');
  }

  #saveFilm() {
    this.job(async (signal) => {
      this.say(this.words.animating);
      await this.#parts.made.saveFilm(signal);
      this.say(this.words.animated);
    });
  }

  #switchMode() {
    if (this.busy) this.stop();
    this.#parts.show(this.mode, this.#isBare);
    if (this.mode !== 'picture' || !this.isConnected) return;
    const [image] = this.#images;
    if (this.#parts.sketch.isEmpty && image) this.#parts.sketch.take(image);
    else this.#preview();
  }

  get #isBare() {
    return !this.hasAttribute('controls');
  }
}

/** @param {number} ms */
const seconds = (ms) => (ms / 1000).toFixed(ms < 9950 ? 1 : 0);

customElements.define('hearth-image', HearthImage);
