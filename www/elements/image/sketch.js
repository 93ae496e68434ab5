// A picture by a visitor: a board, the tools for it, and other ways for a picture to come onto it.

import { HearthError } from '../../hearth.js';
import { h, label, setLabel, styleSheet } from '../dom.js';
import { Choices } from './choices.js';
import { Board } from '../sketch/board.js';

const TOOLS = /** @type {const} */ (['draw', 'erase', 'mark', 'unmark']);

export const sketchSheet = styleSheet(`
  .sketch { display: grid; gap: 0.75rem; align-content: start; min-width: 0; }
  .sketch .row { display: flex; flex-wrap: wrap; gap: 0.4rem; align-items: end; justify-content: center; }
  .sketch .row button, .sketch .choices label { min-height: 2.25rem; padding: 0.25rem 0.65rem; font-size: 0.9rem; }
  .sketch .choices { justify-content: center; gap: 0.25rem; }
  .sketch .choices label { padding-inline: 0.5rem; }
  .sketch input[type='range'] { width: 8rem; margin: 0; min-height: 2rem; }
  .sketch input[type='color'] { width: 3rem; height: 2.25rem; padding: 0; border: 1px solid var(--line); border-radius: 0.6rem; background: none; }
  .sketch .hint { margin: 0; text-align: center; }
`);

/** The board and its tools. */
export class Sketch {
  #tools = new Choices('tool', TOOLS, () => {});
  #size = h('input', { type: 'range', min: 3, max: 30, value: 9 });
  #colour = h('input', { type: 'color', value: '#ffffff' });
  #colourLabel = label(this.#colour);
  #file = h('input', { type: 'file', accept: 'image/*', hidden: true });
  #open = h('button', { type: 'button', onclick: () => this.#file.click() });
  #sample = h('button', { type: 'button' });
  #invert = h('button', { type: 'button', onclick: () => this.#board.invert() });
  #undo = h('button', { type: 'button', disabled: true, onclick: () => this.#board.undo() });
  #clear = h('button', { type: 'button', onclick: () => this.#board.clear() });
  #hint = h('p', { className: 'hint', id: 'sketch-hint' });
  #board;

  element;

  /** @param {{ onChange: () => void, onFile: (file: Blob) => void, onSample: () => void }} calls */
  constructor({ onChange, onFile, onSample }) {
    const hand = () => ({
      tool: this.#tools.value,
      size: Number(this.#size.value) / 100,
      colour: this.#colour.value,
    });
    this.#board = new Board(hand, () => {
      this.#undo.disabled = !this.#board.canUndo;
      onChange();
    });
    this.element = h(
      'div',
      { className: 'sketch' },
      this.#board.element,
      this.#tools.element,
      h('div', { className: 'row' }, label(this.#size), this.#colourLabel, this.#undo, this.#clear),
      h('div', { className: 'row' }, this.#open, this.#file, this.#sample, this.#invert),
      this.#hint,
    );
    this.#board.element.setAttribute('aria-describedby', this.#hint.id);
    this.#sample.addEventListener('click', onSample);
    this.#listen(onFile);
    this.fit({ sample_size: [32, 32], channels: 1 });
  }

  /** Makes it a picture for a model. @param {{ sample_size: readonly [number, number], channels: number }} info */
  fit(info) {
    this.#board.fit(info);
    this.#undo.disabled = !this.#board.canUndo;
    this.#colourLabel.hidden = info.channels === 1;
  }

  get isEmpty() {
    return this.#board.isEmpty;
  }

  /** The picture in the model's size. */
  get picture() {
    return this.#board.picture;
  }

  /** The mask in the model's size, or null if nothing is marked. */
  get mask() {
    return this.#board.mask;
  }

  /** Takes a picture of the model's size. @param {ImageData} image */
  take(image) {
    this.#board.take(image);
  }

  /** Takes a picture file, all of it. @param {Blob} file */
  async open(file) {
    const bitmap = await createImageBitmap(file).catch(() => {
      const what = `this is no picture that this browser can read (${file.type || 'of unknown type'})`;
      throw new HearthError('invalid-option', what);
    });
    this.#board.contain(bitmap);
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    this.#board.element.setAttribute('aria-label', words.sketch);
    this.#tools.localize(words.tool, words.tools);
    setLabel(this.#size, words.brush);
    setLabel(this.#colour, words.colour);
    this.#open.textContent = words.openPicture;
    this.#sample.textContent = words.samplePicture;
    this.#invert.textContent = words.invert;
    this.#undo.textContent = words.undo;
    this.#clear.textContent = words.clear;
    this.#hint.textContent = words.sketchHint;
  }

  /** A file is chosen, dropped or pasted. @param {(file: Blob) => void} onFile */
  #listen(onFile) {
    const { element } = this.#board;
    const over = (/** @type {boolean} */ isOver) => element.classList.toggle('over', isOver);
    const take = (/** @type {FileList | null | undefined} */ files) => files?.[0] && onFile(files[0]);
    this.#file.addEventListener('change', () => {
      take(this.#file.files);
      this.#file.value = '';
    });
    element.addEventListener('dragover', (event) => {
      event.preventDefault();
      over(true);
    });
    element.addEventListener('dragleave', () => over(false));
    element.addEventListener('drop', (event) => {
      event.preventDefault();
      over(false);
      take(event.dataTransfer?.files);
    });
    element.addEventListener('paste', (event) => take(event.clipboardData?.files));
  }
}
