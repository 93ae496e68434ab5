// One of a few: radio buttons that look like one control.

import { h, styleSheet } from '../dom.js';

export const choicesSheet = styleSheet(`
  .choices { display: flex; flex-wrap: wrap; gap: 0.35rem; border: 0; margin: 0; padding: 0; min-width: 0; }
  .choices label {
    display: flex; align-items: center; min-height: 2.5rem; padding: 0.35rem 0.8rem; border: 1px solid var(--line);
    border-radius: 0.6rem; background: var(--paper); color: var(--ink); font-size: 0.95rem; line-height: 1.25; cursor: pointer;
  }
  .choices label:hover { border-color: var(--ember); }
  .choices label:has(:checked) { border-color: var(--ember); box-shadow: inset 0 0 0 1px var(--ember); }
  .choices label:has(:focus-visible) { outline: 2px solid var(--ember); outline-offset: 2px; }
  .choices input { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
`);

/**
 * A choice between words.
 * @template {string} Value
 */
export class Choices {
  /** @type {Map<Value, { input: HTMLInputElement, text: HTMLElement }>} */
  #parts = new Map();

  element = h('fieldset', { className: 'choices' });

  /**
   * @param {string} name
   * @param {readonly Value[]} values the first of them is chosen
   * @param {(value: Value) => void} onChoice called when a visitor takes another
   */
  constructor(name, values, onChoice) {
    for (const value of values) {
      const [input, text] = [h('input', { type: 'radio', name, value }), h('span')];
      this.#parts.set(value, { input, text });
      this.element.append(h('label', {}, input, text));
    }
    this.value = values[0];
    this.element.addEventListener('change', () => onChoice(this.value));
  }

  /** @returns {Value} */
  get value() {
    const [[first]] = this.#parts;
    return [...this.#parts].find(([, { input }]) => input.checked)?.[0] ?? first;
  }

  /** Chooses without calling back. An unknown value changes nothing. @param {Value} value */
  set value(value) {
    const part = this.#parts.get(value);
    if (part) part.input.checked = true;
  }

  /** Offers only these. @param {readonly Value[]} values */
  offer(values) {
    for (const [value, { input }] of this.#parts) {
      /** @type {HTMLElement} */ (input.parentElement).hidden = !values.includes(value);
    }
    if (!values.includes(this.value)) this.value = values[0];
  }

  /** @param {string} label @param {Record<Value, string>} names */
  localize(label, names) {
    this.element.setAttribute('aria-label', label);
    for (const [value, { text }] of this.#parts) text.textContent = names[value];
  }
}
