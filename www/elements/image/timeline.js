// The steps of a call: the noisy sample beside the model's guess at the picture, and a slider back through all of them.

import { h, styleSheet } from '../dom.js';
import { paint, resize, strip } from '../pixels.js';
import { Player } from '../player.js';

/**
 * A moment of a call.
 * @typedef {object} Frame
 * @property {ImageData} [sample] the noisy sample
 * @property {ImageData} guess the model's guess at the picture
 * @property {number} step_index
 * @property {number} num_steps
 * @property {number} timestep
 * @property {import('../../types.d.ts').WordAttentions} [attentions] to the words of the prompt
 *
 * @typedef {import('../words.js').Words} Words
 */

/** Beyond this every other frame is dropped. */
const MAX_BYTES = 2 ** 26;
/** About how long it takes to play all frames, and how long each is shown at least. */
const PLAY_MS = 2500;
const FRAME_MS = 16;

export const timelineSheet = styleSheet(`
  figure { margin: 0; min-width: 0; }
  figcaption { margin-top: 0.35rem; font-size: 0.85rem; line-height: 1.35; color: var(--soft); text-align: center; overflow-wrap: anywhere; }
  canvas { display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: 0.4rem; }
  canvas.fine { image-rendering: auto; }
  .ink { background: #000; }
  .frame { border: 1px solid var(--line); border-radius: 0.5rem; overflow: hidden; }
  .pair { display: grid; grid-template-columns: repeat(2, minmax(0, 17rem)); gap: 0.9rem; justify-content: center; }
  .pair.large { grid-template-columns: repeat(2, minmax(0, 26rem)); }
  .pair.wide { grid-template-columns: minmax(0, 100%); }
  .time { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.25rem 0.75rem; align-items: center; margin: 0.75rem auto 0; max-width: 34.9rem; }
  .pair.large + .time { max-width: 52.9rem; }
  .time input { width: 100%; margin: 0; min-height: 2rem; }
  .time button { min-width: 5.5rem; }
  .time .moment { grid-column: 2; min-height: 1.5rem; font-size: 0.85rem; color: var(--soft); font-variant-numeric: tabular-nums; }
  :host(:not([controls])) .pair { grid-template-columns: minmax(0, 17rem); justify-content: start; }
  :host(:not([controls])) .pair:is(.large, .wide) { grid-template-columns: minmax(0, 34rem); }
  [role='button'] { cursor: pointer; }
`);

/** The two canvases and their slider. */
export class Timeline {
  #words;
  #sample = h('canvas', { role: 'img', width: 32, height: 32 });
  #guess = h('canvas', { role: 'img', width: 32, height: 32 });
  #sampleName = h('figcaption');
  #guessName = h('figcaption');
  #sampleFigure = h('figure', {}, h('div', { className: 'frame' }, this.#sample), this.#sampleName);
  #pair = h(
    'div',
    { className: 'pair' },
    this.#sampleFigure,
    h('figure', {}, h('div', { className: 'frame' }, this.#guess), this.#guessName),
  );
  #slider = h('input', {
    type: 'range',
    min: 0,
    max: 0,
    value: 0,
    disabled: true,
    oninput: () => this.#scrub(),
  });
  #player = new Player(
    () => this.#words(),
    () => this.#toTheEnd(),
  );
  #stepText = h('span', { className: 'moment' });
  #time = h('div', { className: 'time' }, this.#player.button, this.#slider, this.#stepText);

  /** @type {Frame[]} */
  #frames = [];
  /** The end of a call: the picture that it made. @type {ImageData | null} */
  #final = null;
  /** @type {ImageData[]} */
  #images = [];
  /** How many steps there are for each frame that is kept. */
  #stride = 1;
  #count = 0;
  /** Whether it shows what a call would start from. */
  #isPreview = false;
  /** Whether each new step is shown as it comes. It is not while a visitor looks at an earlier one. */
  #follows = true;
  /** Hears of what is shown. @type {(frame: Frame | null, isFinished: boolean) => void} */
  #onShow = () => {};

  element = h('div', {}, this.#pair, this.#time);

  /** @param {() => Words} words */
  constructor(words) {
    this.#words = words;
  }

  /** All moments that are kept, the oldest first. */
  get frames() {
    return this.#frames;
  }

  /** The pictures one by one: finished, or the model's latest guesses. */
  get images() {
    return this.#images;
  }

  /** The finished picture, or the model's latest guess. @returns {ImageData | null} */
  get picture() {
    return this.#final ?? this.#frames.at(-1)?.guess ?? null;
  }

  /** Whether only the picture is shown, and pressing it does something. @param {boolean} bare */
  set bare(bare) {
    this.#sampleFigure.hidden = this.#guessName.hidden = this.#time.hidden = bare;
    this.#guess.setAttribute('role', bare ? 'button' : 'img');
    if (bare) this.#guess.tabIndex = 0;
    else this.#guess.removeAttribute('tabindex');
  }

  /** Whether the pictures are ink on paper. @param {boolean} ink */
  set ink(ink) {
    for (const canvas of [this.#sample, this.#guess]) canvas.classList.toggle('ink', ink);
  }

  /** Whether there is more to see in the pictures than pixels. @param {boolean} large */
  set large(large) {
    this.#pair.classList.toggle('large', large);
  }

  /** Calls back when the picture of a bare timeline is pressed. @param {() => void} onPress */
  onPress(onPress) {
    const isButton = () => this.#guess.getAttribute('role') === 'button';
    this.#guess.addEventListener('click', () => isButton() && onPress());
    this.#guess.addEventListener('keydown', (event) => {
      if (!isButton() || (event.key !== 'Enter' && event.key !== ' ')) return;
      event.preventDefault();
      onPress();
    });
  }

  /**
   * Lays something over the picture.
   * @param {HTMLElement} layer
   * @param {(frame: Frame | null, isFinished: boolean) => void} onShow called with each frame that is shown, and whether
   *   the finished picture stands in its place; with null when a call begins and nothing is kept any more
   */
  cover(layer, onShow) {
    this.#guess.before(layer);
    this.#onShow = onShow;
  }

  localize() {
    const words = this.#words();
    const sample = this.#isPreview ? words.startsFrom : words.noisySample;
    this.#sampleName.textContent = sample;
    this.#sample.setAttribute('aria-label', sample);
    this.#guessName.textContent = words.guess;
    const isButton = this.#guess.getAttribute('role') === 'button';
    this.#guess.setAttribute('aria-label', isButton ? words.drawAnother : words.guess);
    this.#slider.setAttribute('aria-label', words.step);
    this.#player.localize();
    this.#describe();
  }

  /** Makes room for pictures of a size, before there are any. @param {number} width @param {number} height @param {number} [count] of them side by side */
  reserve(width, height, count = 1) {
    this.#pair.classList.toggle('wide', count > 2);
    for (const canvas of [this.#sample, this.#guess]) resize(canvas, width * count, height);
  }

  /** A call begins. What was shown stays until its first step comes. */
  begin() {
    this.pause();
    this.#frames = [];
    this.#final = null;
    [this.#stride, this.#count] = [1, 0];
    this.#follows = true;
    this.#isPreview = false;
    this.localize();
    this.#onShow(null, false);
  }

  /** @param {import('../../types.d.ts').DiffusionStepEvent} event */
  add({ step_index, num_steps, timestep, previews, attentions }) {
    const { sample, pred_original_sample: guesses = [] } = previews;
    this.#images = guesses;
    const pictures = { sample: sample && strip(sample), guess: strip(guesses) };
    this.#keep({ ...pictures, step_index, num_steps, timestep, attentions });
    // The slider's end is the last step to come, so that the thumb moves along with the steps.
    const all = Math.max(this.#frames.length, Math.ceil(num_steps / this.#stride));
    this.#slider.max = String(all - 1);
    this.#slider.disabled = this.#frames.length < 2;
    if (this.#follows) this.#show(this.#frames.length - 1);
  }

  /** Keeps a frame, and as many of those before it as there is room for. @param {Frame} frame */
  #keep(frame) {
    const { sample, guess, attentions } = frame;
    const bytes = guess.data.length * (sample ? 2 : 1) + (attentions?.values.byteLength ?? 0);
    if (this.#count++ % this.#stride === 0) this.#frames.push(frame);
    else this.#frames[this.#frames.length - 1] = frame; // the newest is always there
    if (this.#frames.length * bytes > MAX_BYTES) {
      this.#frames = this.#frames.filter((one, index) => index % 2 === 0 || one === frame);
      this.#stride *= 2;
    }
  }

  /** The call has made its pictures. @param {ImageData[]} images */
  finish(images) {
    this.#images = images;
    this.#final = strip(images);
    this.#player.button.disabled = this.#frames.length < 2;
    if (this.#follows) this.#show(this.#frames.length - 1);
  }

  /** No more steps come. */
  end() {
    if (!this.#isPreview) this.#slider.max = String(Math.max(this.#frames.length - 1, 0));
    this.#player.button.disabled = this.#frames.length < 2;
  }

  /**
   * Shows what a call would start from.
   * @param {ImageData} sample
   * @param {boolean} hasGuess whether the model's guess will follow; until then the last one stays on show
   */
  preview(sample, hasGuess) {
    this.begin();
    paint(this.#sample, sample);
    if (!hasGuess) this.#guess.getContext('2d')?.clearRect(0, 0, this.#guess.width, this.#guess.height);
    this.#slider.disabled = this.#player.button.disabled = true;
    this.#slider.value = this.#slider.max = '0';
    this.#isPreview = true;
    this.localize();
  }

  /** Shows the model's guess at it. @param {ImageData} guess */
  look(guess) {
    if (this.#isPreview) paint(this.#guess, guess);
  }

  pause() {
    this.#player.pause();
  }

  #scrub() {
    this.pause();
    const index = Math.min(Number(this.#slider.value), this.#frames.length - 1);
    this.#follows = index === this.#frames.length - 1;
    this.#show(index);
  }

  /** Plays from where the slider is, or from the start if that is the end. */
  #toTheEnd() {
    const last = this.#frames.length - 1;
    let index = Number(this.#slider.value);
    if (index >= last) index = -1;
    const every = Math.max(FRAME_MS, PLAY_MS / this.#frames.length);
    const stride = Math.max(1, Math.round((this.#frames.length * FRAME_MS) / PLAY_MS));
    const next = () => {
      index = Math.min(index + stride, last);
      this.#show(index);
      if (index === last) this.pause();
    };
    return { next, every };
  }

  /** @param {number} index */
  #show(index) {
    const frame = this.#frames[index];
    if (!frame) return;
    const isLast = this.#final !== null && index === this.#frames.length - 1;
    const { sample, guess } = isLast ? { sample: this.#final, guess: this.#final } : frame;
    if (sample) paint(this.#sample, sample);
    paint(this.#guess, /** @type {ImageData} */ (guess));
    this.#slider.value = String(index);
    this.#describe();
    this.#onShow(frame, isLast);
  }

  #describe() {
    const frame = this.#frames[Number(this.#slider.value)];
    const text = frame ? this.#words().stepOf(frame.step_index + 1, frame.num_steps, frame.timestep) : '';
    if (this.#stepText.textContent !== text) this.#stepText.textContent = text;
    if (text) this.#slider.setAttribute('aria-valuetext', text);
    else this.#slider.removeAttribute('aria-valuetext');
  }
}
