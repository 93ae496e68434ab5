// The digit at the cursor, large, and where that is in words.

import { h, styleSheet } from '../dom.js';
import { paint } from '../pixels.js';
import { written } from './text.js';

/**
 * @typedef {import('../words.js').Words} Words
 * @typedef {{ label: number, votes: number, of: number } | null} Near
 */

export const magnifierSheet = styleSheet(`
  .look { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: 0.9rem; align-items: center; min-width: 0; }
  .look h3 { margin: 0 0 0.2rem; font-size: 1.05rem; }
  .look p { margin: 0; }
  .look .where { font-variant-numeric: tabular-nums; min-height: 1.5em; }
  .look .near { color: var(--soft); font-size: 0.9rem; min-height: 4.2em; }
`);

export class Magnifier {
  #words;
  #canvas = h('canvas', { className: 'digit ink', width: 28, height: 28, role: 'img' });
  #title = h('h3');
  #where = h('p', { className: 'where' });
  #near = h('p', { className: 'near' });
  /** Where the cursor is, and the digits near it. @type {{ latents: Float32Array, near: Near } | null} */
  #at = null;

  element = h(
    'div',
    { className: 'look' },
    this.#canvas,
    h('div', {}, this.#title, h('div', { 'aria-live': 'polite' }, this.#where, this.#near)),
  );

  /** @param {() => Words} words */
  constructor(words) {
    this.#words = words;
  }

  localize() {
    const { map } = this.#words();
    this.#title.textContent = map.atCursor;
    this.#canvas.setAttribute('aria-label', map.atCursor);
    this.#describe();
  }

  /** @param {Float32Array} latents @param {Near} near */
  say(latents, near) {
    this.#at = { latents, near };
    this.#describe();
  }

  /** @param {ImageData} image */
  show(image) {
    paint(this.#canvas, image);
  }

  #describe() {
    if (!this.#at) return;
    const { map } = this.#words();
    const { latents, near } = this.#at;
    const [first, second] = [...latents].map(written);
    const where = map.latents(first, second);
    this.#where.textContent = where;
    this.#near.textContent = near ? map.near(near.label, near.votes, near.of) : '';
    this.#canvas.setAttribute('aria-label', map.digitAt(where));
  }
}
