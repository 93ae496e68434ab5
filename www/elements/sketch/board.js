// A canvas to draw on, with a pointer or with the keyboard; on it lies a mask.

import { h, styleSheet } from '../dom.js';
import { desaturate, invert, isLight, paint, resize, shrink } from '../pixels.js';
import { Mask } from './mask.js';
import { Pen } from './pen.js';

/**
 * @typedef {import('./pen.js').Point} Point
 *
 * The tool in use.
 * @typedef {{ tool: 'draw' | 'erase' | 'mark' | 'unmark', size: number, colour: string }} Hand `size` as a share of the width
 */

/** The canvas has about this many pixels across, so that strokes have soft edges. */
const FINE = 224;
const UNDOS = 30;

export const boardSheet = styleSheet(`
  .board { position: relative; touch-action: none; cursor: crosshair; max-width: 17rem; width: 100%; margin: 0 auto; }
  .board.over { outline: 3px dashed var(--ember); outline-offset: 3px; }
  .board .mask { position: absolute; inset: 0; height: 100%; pointer-events: none; }
`);

/** What is drawn on. */
export class Board {
  #hand;
  #onChange;
  #pen;
  #canvas = h('canvas', {});
  #context = /** @type {CanvasRenderingContext2D} */ (
    this.#canvas.getContext('2d', { willReadFrequently: true })
  );
  #mask = new Mask();
  element = h(
    'div',
    { className: 'board frame', tabIndex: 0, role: 'application' },
    this.#canvas,
    this.#mask.element,
  );

  /** Pixels of the canvas for one of the model's. */
  #scale = 1;
  #ink = true;
  /** @type {{ picture: ImageData, marked: Uint8Array<ArrayBuffer> }[]} */
  #history = [];

  /** @param {() => Hand} hand @param {() => void} onChange called when the picture or its mask changes */
  constructor(hand, onChange) {
    this.#hand = hand;
    this.#onChange = onChange;
    this.#pen = new Pen(this.element, this.#canvas, {
      size: () => [this.#width, this.#height],
      onDown: () => this.#keep(),
      onStroke: (from, to) => this.#stroke(from, to),
      onUp: onChange,
      onUndo: () => this.undo(),
    });
    this.element.append(this.#pen.cursor);
  }

  /** Fits the board to a model. The picture is scaled to its size, and the mask is emptied. @param {{ sample_size: readonly [number, number], channels: number }} info */
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
    this.#pen.centre();
    this.#history = [];
    this.#empty();
    this.#draw(/** @type {HTMLCanvasElement} */ (kept), true);
  }

  /** Whether nothing is drawn. */
  get isEmpty() {
    return this.#pixels.data.every((byte, at) => byte === 0 || at % 4 === 3);
  }

  /** The picture as fine as it was drawn. */
  get fine() {
    return this.#pixels;
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

  /** Takes any picture, scaled so that all of it fits. @param {ImageBitmap} bitmap */
  contain(bitmap) {
    this.#change(() => {
      const area = this.#draw(bitmap, true, this.#ink ? '#fff' : '#000');
      if (!this.#ink) return;
      // Writing on paper is dark on light; the model knows light on dark.
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

  /** @param {Point} from @param {Point} to */
  #stroke(from, to) {
    const { tool, size, colour } = this.#hand();
    const width = size * this.#width;
    if (tool === 'mark' || tool === 'unmark') {
      this.#mask.stroke(from, to, Math.max(width, 1), tool === 'mark');
      return;
    }
    const context = this.#context;
    context.lineCap = 'round';
    context.lineWidth = width * this.#scale;
    context.strokeStyle = tool === 'erase' ? '#000' : this.#ink ? '#fff' : colour;
    context.beginPath();
    context.moveTo(from[0] * this.#scale, from[1] * this.#scale);
    context.lineTo(to[0] * this.#scale, to[1] * this.#scale);
    context.stroke();
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
