// A digit by a visitor: what the network reads, what comes back, and what was lost.

import { h, styleSheet } from '../dom.js';
import { paint } from '../pixels.js';
import { Board } from '../sketch/board.js';
import { centred, greyOf, imageOf } from './centre.js';
import { differenceOf, inkShares } from './difference.js';
import { percent, written } from './text.js';

/**
 * @typedef {import('../words.js').Words} Words
 * @typedef {import('./centre.js').Grey} Grey
 */

/** The pen, as a share of the board's width: about as thick as MNIST's. */
const PEN = 0.085;

export const sketchSheet = styleSheet(`
  .sketch .desk { display: grid; grid-template-columns: minmax(8rem, 11rem) minmax(0, 1fr); gap: 0.9rem; margin-top: 0.6rem; align-items: start; }
  .sketch .board { border: 1px solid var(--line); border-radius: 0.5rem; overflow: hidden; margin: 0; }
  .sketch .row { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-top: 0.5rem; }
  .sketch .three { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0.5rem; }
  .sketch .lost { background: light-dark(#fff, #000); }
  :host([data-scheme='light']) .sketch .lost { background: #fff; }
  :host([data-scheme='dark']) .sketch .lost { background: #000; }
  @container (max-width: 30rem) {
    .sketch .desk { grid-template-columns: minmax(0, 1fr); }
    .sketch .desk > :first-child { width: min(15rem, 100%); margin: 0 auto; }
    .sketch .row { justify-content: center; }
  }
  .sketch .result { margin: 0.5rem 0 0; font-size: 0.9rem; min-height: 6em; }
`);

export class SketchPanel {
  #words;
  #board;
  #title = h('h3');
  #hint = h('p', { className: 'hint', id: 'sketch-hint' });
  #undo = h('button', { type: 'button', disabled: true, onclick: () => this.#board.undo() });
  #clear = h('button', { type: 'button', onclick: () => this.#board.clear() });
  #pictures = ['read', 'back', 'lost'].map((name) => ({
    name: /** @type {'read' | 'back' | 'lost'} */ (name),
    canvas: h('canvas', { width: 28, height: 28, className: name === 'lost' ? 'lost' : 'ink', role: 'img' }),
    caption: h('figcaption'),
  }));
  #result = h('p', { className: 'result', role: 'status' });
  /** @type {{ kept: number, added: number, mean: readonly number[] | null } | null} */
  #shares = null;
  /** The network's latents. */
  #dim = 2;

  element = h('section', { className: 'sketch' });

  /** @param {() => Words} words @param {() => void} onDraw called when the drawing has changed */
  constructor(words, onDraw) {
    this.#words = words;
    const hand = () => /** @type {const} */ ({ tool: 'draw', size: PEN, colour: '#fff' });
    this.#board = new Board(hand, () => {
      this.#undo.disabled = !this.#board.canUndo;
      onDraw();
    });
    this.#board.element.setAttribute('aria-describedby', this.#hint.id);
    const figures = this.#pictures.map(({ canvas, caption }) => h('figure', {}, canvas, caption));
    this.element.append(
      this.#title,
      this.#hint,
      h(
        'div',
        { className: 'desk' },
        h('div', {}, this.#board.element, h('div', { className: 'row' }, this.#undo, this.#clear)),
        h('div', {}, h('div', { className: 'three' }, ...figures), this.#result),
      ),
    );
    this.#reserve(28);
  }

  /** Makes it a drawing for a network. @param {number} size of its pictures @param {number} dim its latents */
  fit(size, dim) {
    this.#dim = dim;
    this.#board.fit({ sample_size: [size, size], channels: 1 });
    this.localize();
  }

  /** Makes room. @param {number} size */
  #reserve(size) {
    this.#board.fit({ sample_size: [size, size], channels: 1 });
  }

  /** The drawing as MNIST's digits are; null if nothing is drawn. @param {number} size @returns {Grey | null} */
  drawing(size) {
    return centred(greyOf(this.#board.fine), size);
  }

  /** Nothing is drawn. */
  empty() {
    for (const { canvas } of this.#pictures)
      canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
    this.#shares = null;
    this.#describe();
  }

  /**
   * @param {Grey} before what the network read
   * @param {Grey} after what came back
   * @param {readonly number[] | null} mean where it lies; null if there is no plane
   */
  show(before, after, mean) {
    const { width, height } = before;
    const difference = new ImageData(differenceOf(before, after), width, height);
    const pictures = [imageOf(before), imageOf(after), difference];
    this.#pictures.forEach(({ canvas }, index) => paint(canvas, pictures[index]));
    this.#shares = { ...inkShares(before, after), mean };
    this.#describe();
  }

  localize() {
    const { map, undo, clear } = this.#words();
    this.#title.textContent = map.draw;
    this.#hint.textContent = this.#dim === 2 ? map.drawHint : map.drawHintWide(this.#dim);
    this.#undo.textContent = undo;
    this.#clear.textContent = clear;
    this.#board.element.setAttribute('aria-label', map.board);
    for (const { name, canvas, caption } of this.#pictures) {
      caption.textContent = map.pictures[name];
      canvas.setAttribute('aria-label', map.pictures[name]);
    }
    this.#describe();
  }

  #describe() {
    const { map } = this.#words();
    if (!this.#shares) return void (this.#result.textContent = map.drawFirst);
    const { kept, added, mean } = this.#shares;
    const [first, second] = (mean ?? []).map(written);
    const parts = [map.difference(percent(kept), percent(added))];
    if (mean) parts.unshift(map.landed(map.latents(first, second)));
    this.#result.textContent = parts.join(map.space);
  }
}
