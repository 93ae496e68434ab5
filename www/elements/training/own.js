// A visitor's own data: a pad for small drawings, and the drawings so far.

import { h, styleSheet } from '../dom.js';
import { Pen } from '../sketch/pen.js';
import { resize, shrink } from '../pixels.js';
import { greyOf } from './history.js';
import { imageOf } from './sheet.js';

/** Pixels of the pad for one of the model's. */
const SCALE = 8;
/** How wide a stroke is, in pixels of the model. */
const STROKE = 2.2;
/** Fewer are hardly a data set. */
const LEAST = 3;
const MOST = 40;

export const ownSheet = styleSheet(`
  .own { display: grid; grid-template-columns: minmax(0, 16rem) minmax(0, 1fr); gap: 0.75rem 1.5rem; margin-top: 0.5rem; }
  .pad { position: relative; touch-action: none; cursor: crosshair; border: 1px solid var(--soft); border-radius: 0.4rem; overflow: hidden; }
  .pad canvas { display: block; width: 100%; aspect-ratio: 1; }
  .own .row { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-top: 0.5rem; }
  .drawings { display: flex; flex-wrap: wrap; gap: 0.4rem; list-style: none; margin: 0 0 0.5rem; padding: 0; min-height: 3.2rem; }
  .drawings button { padding: 2px; min-height: 0; width: 3.2rem; border-radius: 0.4rem; }
  .drawings canvas { display: block; width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 0.25rem; }
  @media (max-width: 40rem) { .own { grid-template-columns: minmax(0, 1fr); } .pad { max-width: 16rem; } }
`);

export class OwnData {
  #words;
  #size = 28;
  #summary = h('summary');
  #hint = h('p', { className: 'hint', id: 'pad-hint' });
  #canvas = h('canvas', { className: 'ink' });
  #context = /** @type {CanvasRenderingContext2D} */ (
    this.#canvas.getContext('2d', { willReadFrequently: true })
  );
  #pad = h(
    'div',
    { className: 'pad', tabIndex: 0, role: 'application', 'aria-describedby': this.#hint.id },
    this.#canvas,
  );
  #list = h('ul', { className: 'drawings' });
  #add = h('button', { type: 'button', className: 'main', onclick: () => this.#take() });
  #clear = h('button', { type: 'button', onclick: () => this.#empty() });
  #train = h('button', { type: 'button', className: 'main', disabled: true });
  #back = h('button', { type: 'button', disabled: true });
  #count = h('p', { className: 'hint', role: 'status' });

  element = h(
    'details',
    {},
    this.#summary,
    this.#hint,
    h(
      'div',
      { className: 'own' },
      h('div', {}, this.#pad, h('div', { className: 'row' }, this.#add, this.#clear)),
      h('div', {}, this.#list, this.#count, h('div', { className: 'row' }, this.#train, this.#back)),
    ),
  );

  /** The drawings, a byte a pixel, white on black. @type {Uint8Array[]} */
  drawings = [];

  /**
   * @param {() => import('../words.js').Words} words
   * @param {{ onTrain: () => void, onBack: () => void }} calls
   */
  constructor(words, { onTrain, onBack }) {
    this.#words = words;
    const pen = new Pen(this.#pad, this.#canvas, {
      size: () => [this.#size, this.#size],
      onDown: () => {},
      onStroke: (from, to) => this.#stroke(from, to),
      onUp: () => {},
      onUndo: () => this.#empty(),
    });
    this.#pad.append(pen.cursor);
    pen.centre();
    this.#train.addEventListener('click', onTrain);
    this.#back.addEventListener('click', onBack);
    this.fit(this.#size);
  }

  /** Makes room for pictures of this size. @param {number} size */
  fit(size) {
    if (this.#size !== size) this.drawings = [];
    this.#size = size;
    resize(this.#canvas, size * SCALE, size * SCALE);
    this.#empty();
    this.#list.replaceChildren(...this.drawings.map((drawing) => this.#entry(drawing)));
  }

  /** Whether the model is trained on the drawings. @param {boolean} inUse */
  set inUse(inUse) {
    this.#back.disabled = !inUse;
  }

  localize() {
    const words = this.#words();
    this.#summary.textContent = words.ownData;
    this.#hint.textContent = words.ownDataHint;
    this.#pad.setAttribute('aria-label', words.pad);
    this.#list.setAttribute('aria-label', words.drawings);
    this.#add.textContent = words.addDrawing;
    this.#clear.textContent = words.clear;
    this.#train.textContent = words.trainOnDrawings;
    this.#back.textContent = words.backToDigits;
    this.#number();
  }

  /** @param {import('../sketch/pen.js').Point} from @param {import('../sketch/pen.js').Point} to */
  #stroke(from, to) {
    const context = this.#context;
    context.lineCap = 'round';
    context.lineWidth = STROKE * SCALE;
    context.strokeStyle = '#fff';
    context.beginPath();
    context.moveTo(from[0] * SCALE, from[1] * SCALE);
    context.lineTo(to[0] * SCALE, to[1] * SCALE);
    context.stroke();
  }

  #empty() {
    this.#context.fillStyle = '#000';
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #take() {
    const { width, height } = this.#canvas;
    const drawing = greyOf(shrink(this.#context.getImageData(0, 0, width, height), SCALE));
    if (!drawing.some((value) => value > 0) || this.drawings.length >= MOST) return;
    this.drawings.push(drawing);
    this.#list.append(this.#entry(drawing));
    this.#empty();
    this.#number();
  }

  /** A drawing that can be taken away again. @param {Uint8Array} drawing */
  #entry(drawing) {
    const canvas = h('canvas', { className: 'ink', width: this.#size, height: this.#size });
    canvas.getContext('2d')?.putImageData(imageOf(drawing, this.#size), 0, 0);
    const button = h('button', { type: 'button' }, canvas);
    const item = h('li', {}, button);
    button.addEventListener('click', () => {
      this.drawings = this.drawings.filter((other) => other !== drawing);
      item.remove();
      this.#number();
      this.#add.focus();
    });
    return item;
  }

  #number() {
    const words = this.#words();
    const { length } = this.drawings;
    this.#count.textContent = words.drawingCount(length);
    this.#train.disabled = length < LEAST;
    this.#add.disabled = length >= MOST;
    [...this.#list.children].forEach(({ firstElementChild }, index) => {
      firstElementChild?.setAttribute('aria-label', words.removeDrawing(index + 1));
    });
  }
}
