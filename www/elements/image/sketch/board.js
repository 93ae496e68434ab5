// A canvas to draw on, with a pointer or with the keyboard; on it lies a mask.

import { h, styleSheet } from '../../dom.js';
import { desaturate, invert, isLight, paint, resize, shrink } from '../../pixels.js';
import { Mask } from './mask.js';

/**
 * @typedef {[x: number, y: number]} Point in pixels of the model
 *
 * What is in the hand.
 * @typedef {{ tool: 'draw' | 'erase' | 'mark' | 'unmark', size: number, colour: string }} Hand `size` as a share of the width
 */

/** The canvas has about so many pixels across, so that strokes have soft edges. */
const FINE = 224;
const UNDOS = 30;

export const boardSheet = styleSheet(`
  .board { position: relative; touch-action: none; cursor: crosshair; max-width: 17rem; width: 100%; margin: 0 auto; }
  .board.over { outline: 3px dashed var(--ember); outline-offset: 3px; }
  .board .mask { position: absolute; inset: 0; height: 100%; pointer-events: none; }
  .cursor {
    position: absolute; width: 1.1rem; height: 1.1rem; margin: -0.55rem; border-radius: 50%; pointer-events: none;
    border: 2px solid var(--ember); box-shadow: 0 0 0 2px var(--paper);
  }
  .cursor.down { background: var(--ember); }
`);

/** What is drawn on. */
export class Board {
  #hand;
  #onChange;
  #canvas = h('canvas', {});
  #context = /** @type {CanvasRenderingContext2D} */ (
    this.#canvas.getContext('2d', { willReadFrequently: true })
  );
  #mask = new Mask();
  #cursor = h('span', { className: 'cursor', hidden: true });
  element = h(
    'div',
    { className: 'board frame', tabIndex: 0, role: 'application' },
    this.#canvas,
    this.#mask.element,
    this.#cursor,
  );

  /** Pixels of the canvas for one of the model's. */
  #scale = 1;
  #ink = true;
  /** Where the pen is, while it is down. @type {Point | null} */
  #pen = null;
  /** Where the keyboard's pen is. @type {Point} */
  #at = [0, 0];
  /** @type {{ picture: ImageData, marked: Uint8Array<ArrayBuffer> }[]} */
  #history = [];

  /** @param {() => Hand} hand @param {() => void} onChange called when something else is on it */
  constructor(hand, onChange) {
    this.#hand = hand;
    this.#onChange = onChange;
    this.#listen();
  }

  /** Makes it a picture for a model: what is on it takes its size, without the marks. @param {{ sample_size: readonly [number, number], channels: number }} info */
  fit({ sample_size: [height, width], channels }) {
    this.#ink = channels === 1;
    this.#canvas.classList.toggle('ink', this.#ink);
    const scale = Math.max(1, Math.ceil(FINE / Math.max(width, height)));
    const before = [this.#scale, this.#canvas.width, this.#canvas.height];
    if (String(before) === String([scale, width * scale, height * scale])) return;
    const kept = this.#canvas.cloneNode();
    /** @type {HTMLCanvasElement} */ (kept).getContext('2d')?.drawImage(this.#canvas, 0, 0);
    this.#scale = scale;
    resize(this.#canvas, width * scale, height * scale);
    this.#at = [width / 2, height / 2];
    this.#history = [];
    this.#empty();
    this.#draw(/** @type {HTMLCanvasElement} */ (kept), true);
  }

  /** Whether there is nothing on it. */
  get isEmpty() {
    return this.#pixels.data.every((byte, at) => byte === 0 || at % 4 === 3);
  }

  /** The picture in the model's size. */
  get picture() {
    return shrink(this.#pixels, this.#scale);
  }

  /** The mask in the model's size, or null if nothing is marked. */
  get mask() {
    return this.#mask.isEmpty ? null : this.#mask.image;
  }

  get canUndo() {
    return this.#history.length > 0;
  }

  /** Takes a picture of the model's size. @param {ImageData} image */
  take(image) {
    const small = h('canvas');
    paint(small, image);
    this.#change(() => this.#draw(small, false));
  }

  /** Takes any picture, all of it. @param {ImageBitmap} bitmap */
  contain(bitmap) {
    this.#change(() => {
      const area = this.#draw(bitmap, true, this.#ink ? '#fff' : '#000');
      if (!this.#ink) return;
      // What was written on paper is dark on light; the model knows light on dark.
      const grey = desaturate(this.#context.getImageData(...area));
      this.#context.putImageData(isLight(grey) ? invert(grey) : grey, area[0], area[1]);
    });
  }

  invert() {
    this.#change(() => this.#context.putImageData(invert(this.#pixels), 0, 0));
  }

  clear() {
    this.#change(() => this.#empty());
  }

  undo() {
    const before = this.#history.pop();
    if (!before) return;
    this.#context.putImageData(before.picture, 0, 0);
    this.#mask.marked = before.marked;
    this.#onChange();
  }

  get #pixels() {
    return this.#context.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
  }

  get #width() {
    return this.#canvas.width / this.#scale;
  }

  get #height() {
    return this.#canvas.height / this.#scale;
  }

  #listen() {
    const { element } = this;
    element.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      this.#cursor.hidden = true;
      this.#down(this.#pointOf(event));
    });
    element.addEventListener('pointermove', (event) => {
      if (!this.#pen || !this.#cursor.hidden) return;
      // A fast pointer is in several places between two frames.
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const move of moves.length ? moves : [event]) this.#move(this.#pointOf(move));
    });
    for (const end of ['pointerup', 'pointercancel']) element.addEventListener(end, () => this.#up());
    element.addEventListener('keydown', (event) => this.#onKey(event));
    element.addEventListener('blur', () => {
      this.#up();
      this.#cursor.hidden = true;
    });
  }

  /** @param {PointerEvent} event @returns {Point} */
  #pointOf({ clientX, clientY }) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [((clientX - left) / width) * this.#width, ((clientY - top) / height) * this.#height];
  }

  /** The arrows move a pen, which the space bar puts down and lifts. @param {KeyboardEvent} event */
  #onKey(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const isUndo = event.key === 'z' && (event.ctrlKey || event.metaKey);
    if (step) {
      const clamp = (/** @type {number} */ x, /** @type {number} */ most) => Math.min(Math.max(x, 0), most);
      this.#at = [clamp(this.#at[0] + step[0], this.#width), clamp(this.#at[1] + step[1], this.#height)];
      if (this.#pen) this.#move(this.#at);
    } else if (event.key === ' ') {
      if (this.#pen) this.#up();
      else this.#down(this.#at);
    } else if (event.key === 'Escape') this.#up();
    else if (isUndo) this.undo();
    else return;
    event.preventDefault();
    this.#cursor.hidden = isUndo;
    this.#cursor.classList.toggle('down', this.#pen !== null);
    this.#cursor.style.left = `${(this.#at[0] / this.#width) * 100}%`;
    this.#cursor.style.top = `${(this.#at[1] / this.#height) * 100}%`;
  }

  /** @param {Point} point */
  #down(point) {
    this.#keep();
    this.#pen = point;
    this.#move(point);
  }

  /** @param {Point} point */
  #move(point) {
    const from = this.#pen ?? point;
    this.#pen = point;
    const { tool, size, colour } = this.#hand();
    const width = size * this.#width;
    if (tool === 'mark' || tool === 'unmark') {
      this.#mask.stroke(from, point, Math.max(width, 1), tool === 'mark');
      return;
    }
    const context = this.#context;
    context.lineCap = 'round';
    context.lineWidth = width * this.#scale;
    context.strokeStyle = tool === 'erase' ? '#000' : this.#ink ? '#fff' : colour;
    context.beginPath();
    context.moveTo(from[0] * this.#scale, from[1] * this.#scale);
    context.lineTo(point[0] * this.#scale, point[1] * this.#scale);
    context.stroke();
  }

  #up() {
    if (!this.#pen) return;
    this.#pen = null;
    this.#cursor.classList.remove('down');
    this.#onChange();
  }

  /** @param {() => void} change */
  #change(change) {
    this.#keep();
    change();
    this.#onChange();
  }

  #keep() {
    this.#history.push({ picture: this.#pixels, marked: this.#mask.marked });
    if (this.#history.length > UNDOS) this.#history.shift();
  }

  /**
   * Shows all of a picture.
   * @param {HTMLCanvasElement | ImageBitmap} picture
   * @param {boolean} smooth
   * @param {string} [behind] the colour of what is transparent
   * @returns {[x: number, y: number, width: number, height: number]} where it is
   */
  #draw(picture, smooth, behind = '#000') {
    const [{ width, height }, context] = [this.#canvas, this.#context];
    const scale = Math.min(width / picture.width, height / picture.height);
    const [w, h] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
    const [x, y] = [Math.floor((width - w) / 2), Math.floor((height - h) / 2)];
    this.#fill();
    context.fillStyle = behind;
    context.fillRect(x, y, w, h);
    context.imageSmoothingEnabled = smooth;
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, x, y, w, h);
    return [x, y, w, h];
  }

  #fill() {
    this.#context.fillStyle = '#000';
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #empty() {
    this.#fill();
    this.#mask.reset(this.#width, this.#height);
  }
}
