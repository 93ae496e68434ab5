// How fast a text is written.

import { h, styleSheet } from '../dom.js';

/** It is said this often. */
const EVERY_MS = 300;

export const speedSheet = styleSheet(`
  .speed { font-size: 0.9rem; color: var(--soft); font-variant-numeric: tabular-nums; margin-inline-start: auto; }
`);

/** The tokens a second of the call that is under way, or was last. */
export class Speed {
  #words;
  #first = 0;
  #count = 0;
  #said = 0;

  element = h('span', { className: 'speed' });

  /** @param {() => import('../words.js').Words} words */
  constructor(words) {
    this.#words = words;
  }

  /** A call begins. */
  begin() {
    this.#first = this.#count = this.#said = 0;
    this.element.textContent = '';
  }

  /** A token has come. @param {number} ms since the call began */
  count(ms) {
    if (this.#count++ === 0) this.#first = ms;
    if (ms - this.#said >= EVERY_MS) this.say(ms);
  }

  /** Says how fast it is, or was. The first token does not count: the prompt is read before it. @param {number} ms since the call began */
  say(ms) {
    if (this.#count < 2 || ms === this.#first) return;
    this.#said = ms;
    const rate = ((this.#count - 1) / (ms - this.#first)) * 1000;
    this.element.textContent = this.#words().speed(rate.toFixed(rate < 9.95 ? 1 : 0));
  }
}
