// <hearth-digits>: handwritten digits from a GAN.
//
//   <hearth-digits batch-size="16" seed="7"></hearth-digits>      a grid
//   <hearth-digits class-labels="2 0 2 6"></hearth-digits>         a number
//   <hearth-digits controls></hearth-digits>                       with everything a visitor can do

import { attributeOf, optionsOf, randomSeed, setAttribute } from './attributes.js';
import { HearthElement } from './base.js';
import { define } from './define.js';
import { DigitGrid, gridSheet } from './digits/grid.js';
import { walk } from './digits/latents.js';
import { OPTIONS } from './digits/options.js';
import { WALK_STEPS, WalkPanel, walkSheet } from './digits/walk.js';
import { h, label, numberField, setLabel, styleSheet } from './dom.js';
import { download, pngOf } from './download.js';
import { HearthError } from '../hearth.js';

/** @typedef {import('./digits/types.d.ts').HearthDigits} Contract */

/** How many digits there are unless the page says otherwise. */
const DIGITS = 64;
/** Each pixel of a digit is a square of this side in the PNG. */
const PNG_SCALE = 4;

const sheet = styleSheet(`
  canvas { width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 0.2rem; display: block; }
  .tools { margin: 0 0 1rem; }
  summary { width: fit-content; padding: 0.35rem 0; border-radius: 0.25rem; color: var(--soft); font-size: 0.9rem; cursor: pointer; }
  summary:hover { color: var(--ink); }
  label input { width: 9rem; }
  .end { display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: center; margin-top: 0.75rem; }
`);

/**
 * The element.
 * @extends {HearthElement<import('../types.d.ts').GanPipeline, import('./digits/types.d.ts').DigitsDetails>}
 * @implements {Contract}
 */
class HearthDigits extends HearthElement {
  static observedAttributes = [
    ...super.observedAttributes,
    ...Object.keys(OPTIONS).map(attributeOf),
    'controls',
  ];
  static sheets = [...super.sheets, sheet, gridSheet, walkSheet];
  static task = 'unconditional-image-generation';
  static model = 'gan-mnist/';

  #grid = new DigitGrid(
    () => this.words,
    (index) => this.#onPress(index),
  );
  #walk = new WalkPanel(() => this.words);
  #number = numberField('number', 64);
  #seed = numberField('seed', 16);
  #verdict = h('p', { className: 'hint' });
  #download = h('button', { type: 'button', disabled: true, onclick: () => this.#save() });
  #write = h('button', { className: 'main' });
  #draw = h('button', {});
  #redraw = h('button', { type: 'button', onclick: () => this.redraw() });
  #tools = h(
    'form',
    { className: 'tools', onsubmit: (/** @type {Event} */ event) => this.#onWrite(event) },
    label(this.#number),
    this.#write,
    this.#redraw,
  );
  #summary = h('summary');
  /** What few visitors change. */
  #options = h(
    'details',
    {},
    this.#summary,
    h(
      'form',
      { onsubmit: (/** @type {Event} */ event) => this.#onSeed(event) },
      label(this.#seed),
      this.#draw,
    ),
  );

  /** The seed of the digits on show. */
  #shownSeed = 0;

  constructor() {
    super();
    this.shadowRoot?.append(
      this.#tools,
      this.#grid.element,
      this.#verdict,
      h('div', { className: 'end' }, this.#download, h('slot', { name: 'actions' })),
      this.status.element,
      this.#options,
      this.#walk.element,
    );
    this.#showControls();
  }

  /** The pictures on show, with what they were made from. */
  get images() {
    return this.#grid.images;
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (name === 'controls') return this.#showControls();
    super.attributeChangedCallback(name, before, now);
  }

  connectedCallback() {
    super.connectedCallback();
    this.#reserve();
  }

  leave() {
    this.#walk.pause();
    super.leave();
  }

  /** Draws other digits: the same number, if one is written, in another hand. */
  redraw() {
    /** @type {string} */
    let seed;
    do seed = String(randomSeed());
    while (seed === this.getAttribute('seed'));
    this.#change('seed', seed);
  }

  localize() {
    super.localize();
    const { words } = this;
    setLabel(this.#number, words.number);
    setLabel(this.#seed, words.seed);
    this.#write.textContent = words.write;
    this.#summary.textContent = words.optionsTitle;
    this.#draw.textContent = words.apply;
    this.#redraw.textContent = words.redraw;
    this.#download.textContent = words.download;
    this.#verdict.textContent = words.verdict;
    this.#grid.localize();
    this.#walk.localize();
  }

  /** @param {AbortSignal} signal */
  async work(signal) {
    const { batch_size, class_labels, ...options } = optionsOf(this, OPTIONS);
    this.#reserve();
    const draw = await this.ready(signal);
    refuseOthers(draw.info.kind);
    this.say(this.words.drawing);
    const started = performance.now();
    // Where there are several labels, they are one for each picture, and the engine counts them.
    const count = class_labels?.length > 1 ? undefined : (batch_size ?? (class_labels ? 1 : DIGITS));
    for await (const event of draw.stream({ ...options, class_labels, batch_size: count, signal })) {
      const ms = performance.now() - started;
      const { type, images, seed } = event;
      this.#show(images, seed);
      this.#number.value = class_labels ? class_labels.join('') : '';
      if (type === 'complete') {
        const time = ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
        this.say(this.words.drawn(images.length, time, this.deviceName(draw)));
      }
      this.emit(type, { ...event, ms });
    }
  }

  /** Keeps the room that the digits will take, so that nothing jumps when they come. */
  #reserve() {
    const { batch_size, class_labels } = optionsOf(this, OPTIONS);
    if (!this.images.length) this.#grid.layOut(class_labels?.length ?? batch_size ?? DIGITS, this.#isNumber);
  }

  /** Whether the digits are a number. */
  get #isNumber() {
    return this.hasAttribute('class-labels');
  }

  #showControls() {
    const hidden = !this.hasAttribute('controls');
    for (const part of [this.#tools, this.#verdict, this.#download, this.#options, this.#walk.element])
      part.hidden = hidden;
  }

  /** @param {import('../types.d.ts').JudgedImage[]} images @param {number} seed */
  #show(images, seed) {
    this.#walk.clear();
    this.#grid.show(images, this.#isNumber);
    this.#shownSeed = seed;
    this.#seed.value = String(seed);
    this.#download.disabled = images.length === 0;
  }

  /** @param {Event} event */
  #onWrite(event) {
    event.preventDefault();
    const number = this.#number.value.trim();
    if (number && !/^\d{1,64}$/.test(number)) return this.say(this.words.badNumber, 'error');
    this.#change('class-labels', number ? [...number].join(' ') : null);
  }

  /** @param {Event} event */
  #onSeed(event) {
    event.preventDefault();
    this.#change('seed', this.#seed.value.trim() || null);
  }

  /** Sets an attribute and draws, also when it had that value before. @param {string} name @param {string | null} value */
  #change(name, value) {
    setAttribute(this, name, value);
    this.restart();
  }

  /** @param {number} index */
  #onPress(index) {
    if (!this.hasAttribute('controls')) return this.redraw(); // a bare grid draws again when it is tapped
    const [from, to] = this.#grid.pick(index);
    if (!to) return this.#walk.clear();
    this.#walk.begin(from, to);
    this.job(async (signal) => {
      const draw = await this.ready(signal);
      this.#walk.play(await draw({ ...walk(from, to, WALK_STEPS, draw.info.num_classes), signal }));
    });
  }

  /** Downloads the digits on show as one PNG, dark on white. */
  async #save() {
    const png = await pngOf(this.images, { ink: true, scale: PNG_SCALE, columns: this.#grid.columns });
    download(png, `hearth-digits-${this.#shownSeed}.png`);
  }
}

/** Other models draw without a prompt too, but no digits with a verdict. @param {string} kind of the loaded model */
function refuseOthers(kind) {
  if (kind === 'gan') return;
  throw new HearthError(
    'unsupported-model',
    `the model is of kind ${kind}; <hearth-digits> draws with a GAN`,
  );
}

const Served = define('hearth-digits', HearthDigits);
export { Served as HearthDigits };
