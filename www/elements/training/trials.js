// Two ways to make a training fail, and the way back.

import { h, styleSheet } from '../dom.js';
import { EXPERIMENTS } from './options.js';

/** @typedef {keyof typeof EXPERIMENTS} Trial */

export const trialsSheet = styleSheet(`
  .trials { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); gap: 0.75rem 1.5rem; margin-top: 1.25rem; }
  .trials h3 { grid-column: 1 / -1; margin: 0; font-size: 1.05rem; }
  .trials button { width: 100%; }
  .trials .hint { margin: 0.35rem 0 0; }
  .trials button[aria-pressed='true'] { border-color: var(--ember); box-shadow: inset 0 0 0 1px var(--ember); }
`);

export class Trials {
  #title = h('h3');
  /** @type {Map<Trial, { button: HTMLButtonElement, hint: HTMLElement }>} */
  #parts = new Map();
  #back = h('button', { type: 'button', disabled: true });
  element = h('section', { className: 'trials' }, this.#title);

  /** @param {{ onTrial: (trial: Trial) => void, onBack: () => void }} calls */
  constructor({ onTrial, onBack }) {
    for (const trial of /** @type {Trial[]} */ (Object.keys(EXPERIMENTS))) {
      const hint = h('p', { className: 'hint', id: `trial-${trial}` });
      const button = h('button', { type: 'button', 'aria-pressed': 'false', 'aria-describedby': hint.id });
      button.addEventListener('click', () => onTrial(trial));
      this.#parts.set(trial, { button, hint });
      this.element.append(h('div', {}, button, hint));
    }
    this.#back.addEventListener('click', onBack);
    this.element.append(h('div', {}, this.#back));
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    this.#title.textContent = words.trials;
    for (const [trial, { button, hint }] of this.#parts) {
      button.textContent = words.trialNames[trial];
      hint.textContent = words.trialHints[trial];
    }
    this.#back.textContent = words.trialBack;
  }

  /** Which of them is under way. @param {Trial | null} trial */
  set active(trial) {
    for (const [name, { button }] of this.#parts) {
      button.setAttribute('aria-pressed', String(name === trial));
    }
    this.#back.disabled = trial === null;
  }
}
