// What a reader can do with a whole story.

import { h, styleSheet } from '../dom.js';

export const toolsSheet = styleSheet(`
  .tools { display: flex; flex-wrap: wrap; gap: 0.35rem 1.25rem; align-items: center; padding: 0.9rem 0.15rem 0; }
  .tools button { min-height: 2.25rem; padding: 0 0.1rem; border: 0; border-radius: 0.25rem; background: none; color: var(--soft); font-size: 0.9375rem; }
  .tools button:hover:not(:disabled) { color: var(--ink); text-decoration: underline; text-decoration-color: var(--ember); text-underline-offset: 0.3em; }
`);

/** @typedef {'another' | 'read' | 'edit' | 'html' | 'png' | 'print'} Tool */

/** The buttons under the book. */
export class Tools {
  /** @type {Record<Tool, HTMLButtonElement>} */
  #buttons;
  #isReading = false;
  /** @type {import('../words.js').Words | null} */
  #words = null;

  element = h('div', { className: 'tools', role: 'group' });

  /** @param {Record<Tool, () => void>} calls @param {boolean} canRead whether the browser speaks */
  constructor(calls, canRead) {
    const names = /** @type {Tool[]} */ (Object.keys(calls));
    const buttons = names.map((name) => [
      name,
      h('button', { type: 'button', disabled: true, onclick: calls[name] }),
    ]);
    this.#buttons = Object.fromEntries(buttons);
    this.#buttons.read.hidden = !canRead;
    this.element.append(...Object.values(this.#buttons), h('slot', { name: 'actions' }));
  }

  /** Whether it is being read aloud. @param {boolean} reading */
  set reading(reading) {
    this.#isReading = reading;
    this.#say();
  }

  /** There is a story now. */
  allow() {
    for (const button of Object.values(this.#buttons)) button.disabled = false;
  }

  /** @param {Tool} tool */
  focus(tool) {
    this.#buttons[tool].focus();
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    this.#words = words;
    this.element.setAttribute('aria-label', words.story.tools);
    for (const [name, button] of Object.entries(this.#buttons)) {
      button.textContent = words.story.does[/** @type {Tool} */ (name)];
    }
    this.#say();
  }

  #say() {
    if (!this.#words) return;
    const { does, stopReading } = this.#words.story;
    this.#buttons.read.textContent = this.#isReading ? stopReading : does.read;
  }
}
