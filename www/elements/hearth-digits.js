// <hearth-digits>: handwritten digits from a GAN.
//
//   <hearth-digits batch-size="16" seed="7"></hearth-digits>      a grid
//   <hearth-digits class-labels="2 0 2 6"></hearth-digits>         a number
//   <hearth-digits controls></hearth-digits>                       with everything a visitor can do

import { HearthElement, h, label, numberField, setLabel } from './base.js';
import { walk } from './digits/latents.js';
import { paint } from './pixels.js';

/** @typedef {import('../types.d.ts').JudgedImage} JudgedImage */

/** How many digits there are unless the page says otherwise. */
const DIGITS = 64;
const WALK_STEPS = 33;
const FRAME_MS = 60;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  .digits {
    display: grid; gap: 0.35rem; grid-template-columns: repeat(var(--columns, 8), minmax(0, 3.6rem));
    justify-content: center;
  }
  .digit {
    display: grid; gap: 3px; padding: 3px; min-height: 0; border-radius: 0.4rem; border-color: transparent;
    background: none;
  }
  .digit[aria-pressed='true'] { border-color: var(--ember); box-shadow: 0 0 0 1px var(--ember); }
  canvas { width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 0.2rem; display: block; }
  @media (prefers-color-scheme: light) { canvas { filter: invert(1); } }
  :host([data-scheme='light']) canvas { filter: invert(1); }
  :host([data-scheme='dark']) canvas { filter: none; }
  meter { appearance: none; width: 100%; height: 4px; display: block; border: 0; border-radius: 2px; background: var(--line); overflow: hidden; }
  meter::-webkit-meter-inner-element { display: block; }
  meter::-webkit-meter-bar { background: none; border: 0; border-radius: 0; height: 4px; }
  meter::-webkit-meter-optimum-value { background: var(--ember); }
  meter::-moz-meter-bar { background: var(--ember); }
  .tools { display: flex; flex-wrap: wrap; gap: 0.75rem 1.5rem; margin: 0 0 1rem; }
  label input { width: 9rem; }
  .walk { border-top: 1px solid var(--line); margin-top: 1rem; padding-top: 1rem; }
  .walk h3 { margin: 0; font-size: 1.05rem; }
  .way { display: grid; grid-template-columns: 3rem minmax(0, 1fr) 3rem; gap: 0.75rem; align-items: center; margin-top: 0.75rem; }
  .way input { width: 100%; margin: 0; }
  .between { width: min(9rem, 50%); margin: 0.75rem auto; }
  .walk button { display: block; margin: 0 auto; }
  .end { display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: center; margin-top: 0.75rem; }
`);

/** The element. @extends {HearthElement<import('../types.d.ts').GanPipeline>} */
export class HearthDigits extends HearthElement {
  static observedAttributes = [
    ...super.observedAttributes,
    'batch-size',
    'class-labels',
    'truncation',
    'controls',
  ];
  static task = 'unconditional-image-generation';
  static model = new URL('../../models/gan-mnist/', import.meta.url);

  #grid = h('div', { className: 'digits', role: 'group' });
  #number = numberField('number', 64);
  #seed = numberField('seed', 16);
  #verdict = h('p', { className: 'hint' });
  #download = h('button', { type: 'button', disabled: true, onclick: () => this.#save() });
  #write = h('button', { className: 'main' });
  #draw = h('button', {});
  #redraw = h('button', { type: 'button', onclick: () => this.redraw() });
  #tools = h(
    'div',
    { className: 'tools' },
    h(
      'form',
      { onsubmit: (/** @type {Event} */ event) => this.#onWrite(event) },
      label(this.#number),
      this.#write,
    ),
    h(
      'form',
      { onsubmit: (/** @type {Event} */ event) => this.#onSeed(event) },
      label(this.#seed),
      this.#draw,
      this.#redraw,
    ),
  );

  #from = h('canvas', { width: 28, height: 28 });
  #to = h('canvas', { width: 28, height: 28 });
  #between = h('canvas', { width: 28, height: 28, className: 'between', role: 'img' });
  #slider = h('input', {
    type: 'range',
    min: 0,
    max: WALK_STEPS - 1,
    value: 0,
    disabled: true,
    oninput: () => this.#showFrame(),
  });
  #play = h('button', { type: 'button', disabled: true, onclick: () => this.#togglePlay() });
  #walkTitle = h('h3');
  #walkHint = h('p', { className: 'hint' });
  #walk = h(
    'section',
    { className: 'walk' },
    this.#walkTitle,
    this.#walkHint,
    h('div', { className: 'way' }, this.#from, this.#slider, this.#to),
    this.#between,
    this.#play,
  );

  /** @type {JudgedImage[]} */
  #images = [];
  /** The digits picked for the walk, oldest first. @type {number[]} */
  #picked = [];
  /** @type {JudgedImage[]} */
  #frames = [];
  /** @type {ReturnType<typeof setInterval> | null} */
  #playing = null;
  /** The seed of the picture on show. */
  #shownSeed = 0;

  constructor() {
    super();
    this.shadowRoot?.adoptedStyleSheets.push(sheet);
    this.shadowRoot?.append(
      this.#tools,
      this.#grid,
      this.#verdict,
      h('div', { className: 'end' }, this.#download, h('slot', { name: 'actions' })),
      this.status,
      this.#walk,
    );
    this.#grid.addEventListener('keydown', (event) => this.#onArrow(event));
    this.#showControls();
  }

  /** The pictures on show, with what they were made from. */
  get images() {
    return this.#images;
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (name === 'controls') return this.#showControls();
    super.attributeChangedCallback(name, before, now);
  }

  disconnectedCallback() {
    this.#pause();
    super.disconnectedCallback();
  }

  /** Draws other digits: the same number, if one is written, in another hand. */
  redraw() {
    /** @type {string} */
    let seed;
    do seed = String(Math.floor(Math.random() * 1e9));
    while (seed === this.getAttribute('seed'));
    this.#change('seed', seed);
  }

  localize() {
    super.localize();
    const { words } = this;
    this.#grid.setAttribute('aria-label', words.digits);
    setLabel(this.#number, words.number);
    setLabel(this.#seed, words.seed);
    this.#write.textContent = words.write;
    this.#draw.textContent = words.apply;
    this.#redraw.textContent = words.redraw;
    this.#download.textContent = words.download;
    this.#verdict.textContent = words.verdict;
    this.#walkTitle.textContent = words.walk;
    this.#walkHint.textContent = words.walkHint;
    this.#slider.setAttribute('aria-label', words.walkPosition);
    this.#from.setAttribute('aria-label', words.from);
    this.#to.setAttribute('aria-label', words.to);
    this.#between.setAttribute('aria-label', words.walk);
    this.#play.textContent = this.#playing ? words.pause : words.play;
    this.#labelDigits();
  }

  /** @param {AbortSignal} signal */
  async work(signal) {
    if (!this.images.length) this.#layOut(this.#labels()?.length ?? this.number('batch-size') ?? DIGITS);
    const draw = await this.ready(signal);
    this.say(this.words.drawing);
    const labels = this.#labels();
    const started = performance.now();
    const options = {
      // Several labels say themselves how many pictures there are.
      batch_size:
        (labels?.length ?? 0) > 1 ? undefined : (this.number('batch-size') ?? (labels ? 1 : DIGITS)),
      class_labels: labels,
      seed: this.number('seed'),
      truncation: this.number('truncation'),
      signal,
    };
    for await (const event of draw.stream(options)) {
      const ms = performance.now() - started;
      this.#show(event.images);
      this.#shownSeed = event.seed;
      this.#seed.value = String(event.seed);
      this.#number.value = labels ? labels.join('') : '';
      const { type, images, seed } = event;
      if (type === 'complete') {
        const time = ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
        this.say(this.words.drawn(images.length, time, this.place(draw)));
      }
      this.dispatchEvent(new CustomEvent(type, { detail: { ...event, ms, seed } }));
    }
  }

  /** `class-labels` as numbers; what is no list of them goes on as it is, and is refused with its name. */
  #labels() {
    const text = this.getAttribute('class-labels')?.trim();
    if (!text) return undefined;
    return text
      .split(/[\s,]+/)
      .map((part) => (/^\d+$/.test(part) ? Number(part) : /** @type {any} */ (part)));
  }

  #showControls() {
    const hidden = !this.hasAttribute('controls');
    for (const part of [this.#tools, this.#verdict, this.#download, this.#walk]) part.hidden = hidden;
  }

  /** Makes room for so many digits, before there are any, so that nothing jumps when they come. @param {number} count */
  #layOut(count) {
    count = Math.min(Math.max(Math.trunc(count) || 0, 0), 4096);
    const isNumber = this.hasAttribute('class-labels');
    // A number stays on one line as long as it fits; a grid is about square.
    const columns = isNumber ? Math.min(count, 8) : Math.min(8, Math.ceil(Math.sqrt(count)));
    this.#grid.style.setProperty('--columns', String(columns));
    this.#grid.inert = true;
    while (this.#grid.childElementCount > count) this.#grid.lastElementChild?.remove();
    while (this.#grid.childElementCount < count) this.#grid.append(this.#digitButton());
  }

  /** @param {JudgedImage[]} images */
  #show(images) {
    this.#images = images;
    this.#picked = [];
    this.#walkFrames([]);
    this.#layOut(images.length);
    images.forEach((image, index) => {
      const button = this.#grid.children[index];
      paint(/** @type {HTMLCanvasElement} */ (button.firstElementChild), image);
      /** @type {HTMLMeterElement} */ (button.lastElementChild).value = image.score;
      button.setAttribute('aria-pressed', 'false');
      button.setAttribute('tabindex', index === 0 ? '0' : '-1');
    });
    this.#labelDigits();
    this.#grid.inert = false;
    this.#download.disabled = images.length === 0;
  }

  #digitButton() {
    const button = h(
      'button',
      { type: 'button', className: 'digit' },
      h('canvas'),
      h('meter', { min: 0, max: 1, 'aria-hidden': 'true' }),
    );
    button.addEventListener('click', () => this.#pick([...this.#grid.children].indexOf(button)));
    return button;
  }

  #labelDigits() {
    this.#images.forEach(({ class_label, score }, index) => {
      const button = this.#grid.children[index];
      const what = class_label === undefined ? `#${index + 1}` : String(class_label);
      button.setAttribute('aria-label', this.words.digit(what, Math.round(score * 100)));
    });
  }

  /** Arrow keys move between digits, so that Tab passes the grid in one step. @param {KeyboardEvent} event */
  #onArrow(event) {
    const buttons = /** @type {HTMLElement[]} */ ([...this.#grid.children]);
    const columns = Number(this.#grid.style.getPropertyValue('--columns')) || 1;
    const now = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
    const next = {
      ArrowRight: now + 1,
      ArrowLeft: now - 1,
      ArrowDown: now + columns,
      ArrowUp: now - columns,
    }[event.key];
    if (next === undefined || !buttons[next]) return;
    event.preventDefault();
    buttons[now].tabIndex = -1;
    buttons[next].tabIndex = 0;
    buttons[next].focus();
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
    if (value === null) this.removeAttribute(name);
    else this.setAttribute(name, value);
    this.restart();
  }

  /** @param {number} index */
  #pick(index) {
    if (!this.hasAttribute('controls')) return this.redraw(); // a bare grid draws again when it is tapped
    this.#picked = this.#picked.includes(index)
      ? this.#picked.filter((other) => other !== index)
      : [...this.#picked, index].slice(-2);
    [...this.#grid.children].forEach((button, i) =>
      button.setAttribute('aria-pressed', String(this.#picked.includes(i))),
    );
    if (this.#picked.length < 2) return this.#walkFrames([]);
    const [from, to] = this.#picked.map((i) => this.#images[i]);
    paint(this.#from, from);
    paint(this.#to, to);
    this.job(async (signal) => {
      const draw = await this.ready(signal);
      const frames = await draw({ ...walk(from, to, WALK_STEPS, draw.info.num_classes), signal });
      this.#walkFrames(frames);
      this.#togglePlay();
    });
  }

  /** @param {JudgedImage[]} frames */
  #walkFrames(frames) {
    this.#pause();
    this.#frames = frames;
    this.#slider.value = '0';
    this.#slider.disabled = this.#play.disabled = frames.length === 0;
    this.#showFrame();
  }

  #showFrame() {
    const frame = this.#frames[Number(this.#slider.value)];
    if (frame) paint(this.#between, frame);
    else
      for (const canvas of [this.#from, this.#to, this.#between])
        canvas.getContext('2d')?.clearRect(0, 0, 28, 28);
  }

  #togglePlay() {
    if (this.#playing) return this.#pause();
    let direction = 1;
    this.#playing = setInterval(() => {
      const next = Number(this.#slider.value) + direction;
      if (next < 0 || next >= this.#frames.length) direction = -direction;
      else this.#slider.value = String(next);
      this.#showFrame();
    }, FRAME_MS);
    this.#play.textContent = this.words.pause;
  }

  #pause() {
    if (this.#playing) clearInterval(this.#playing);
    this.#playing = null;
    this.#play.textContent = this.words.play;
  }

  /** Downloads the digits on show as one PNG, dark on white, four times their size. */
  async #save() {
    const columns = Number(this.#grid.style.getPropertyValue('--columns'));
    const [{ width, height }] = this.#images;
    const scale = 4;
    const sheet = new OffscreenCanvas(width * columns, height * Math.ceil(this.#images.length / columns));
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (sheet.getContext('2d'));
    this.#images.forEach((image, index) => {
      context.putImageData(image, (index % columns) * width, Math.floor(index / columns) * height);
    });
    const large = new OffscreenCanvas(sheet.width * scale, sheet.height * scale);
    const painter = /** @type {OffscreenCanvasRenderingContext2D} */ (large.getContext('2d'));
    painter.imageSmoothingEnabled = false;
    painter.fillStyle = 'black';
    painter.fillRect(0, 0, large.width, large.height);
    painter.drawImage(sheet, 0, 0, large.width, large.height);
    painter.globalCompositeOperation = 'difference';
    painter.fillStyle = 'white';
    painter.fillRect(0, 0, large.width, large.height);
    const url = URL.createObjectURL(await large.convertToBlob({ type: 'image/png' }));
    h('a', { href: url, download: `hearth-digits-${this.#shownSeed}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

customElements.define('hearth-digits', HearthDigits);
