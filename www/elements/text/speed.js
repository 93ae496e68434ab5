// How fast a text is written.

import { h, styleSheet } from '../dom.js';

/** The least time between two updates. */
const EVERY_MS = 300;

export const speedSheet = styleSheet(`
  .speed { font-size: 0.9rem; color: var(--soft); font-variant-numeric: tabular-nums; margin-inline-start: auto; }
`);

/** The tokens per second of the current call, or of the last one. */
export class Speed {
  #words;
  #first = 0;
  #count = 0;
  #shown = 0;

  element = h('span', { className: 'speed' });

  /** @param {() => import('../words.js').Words} words */
  constructor(words) {
    this.#words = words;
  }

  /** A call begins. */
  begin() {
    this.#first = this.#count = this.#shown = 0;
    this.element.textContent = '';
  }

  /** A token has come. @param {number} ms since the call began */
  count(ms) {
    if (this.#count++ === 0) this.#first = ms;
    if (ms - this.#shown >= EVERY_MS) this.show(ms);
  }

  /** Shows the speed. The first token does not count: before it the prompt is read. @param {number} ms since the call began */
  show(ms) {
    if (this.#count < 2 || ms === this.#first) return;
    this.#shown = ms;
    const rate = ((this.#count - 1) / (ms - this.#first)) * 1000;
    this.element.textContent = this.#words().speed(rate.toFixed(rate < 9.95 ? 1 : 0));
  }
}
