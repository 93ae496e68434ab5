// A colour for each class, and the legend that names them.

import { h, styleSheet } from '../dom.js';

/** Colours that can be told apart on light and on dark, the last ones by lightness too. */
const COLOURS = [
  '#2b6cb0',
  '#f28e2b',
  '#2e9d4f',
  '#e0393e',
  '#8e63c7',
  '#9c6b4e',
  '#e87fc0',
  '#8a9199',
  '#d3c12a',
  '#22b8cf',
];

/** @param {number | undefined} label undefined where digits have none */
export const colourOf = (label = 0) => COLOURS[label % COLOURS.length];

export const legendSheet = styleSheet(`
  .legend { display: flex; flex-wrap: wrap; gap: 0.25rem; min-height: 2.1rem; }
  .legend.none { visibility: hidden; }
  .legend button { display: inline-flex; align-items: center; gap: 0.3rem; min-height: 2rem; padding: 0.1rem 0.5rem; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
  .legend button::before { content: ''; width: 0.75rem; height: 0.75rem; border-radius: 50%; background: var(--of); border: 1px solid #1d1a17; }
  .legend button[aria-pressed='true'] { border-color: var(--ember); box-shadow: inset 0 0 0 1px var(--ember); }
`);

/** The classes, each a button that lets its dots stand out. */
export class Legend {
  #onOnly;
  /** @type {number | null} */
  only = null;
  #buttons = COLOURS.map((colour, label) => {
    const button = h('button', {
      type: 'button',
      'aria-pressed': 'false',
      onclick: () => this.#press(label),
    });
    button.textContent = String(label);
    button.style.setProperty('--of', colour);
    return button;
  });

  element = h('div', { className: 'legend none', role: 'group' }, ...this.#buttons);

  /** @param {() => void} onOnly called when another class stands out, or none */
  constructor(onOnly) {
    this.#onOnly = onOnly;
  }

  /** Whether there are classes to be seen. @param {boolean} isShown */
  set isShown(isShown) {
    this.element.classList.toggle('none', !isShown);
  }

  /** @param {import('../words.js').Words} words */
  localize({ map }) {
    this.element.setAttribute('aria-label', map.legend);
    this.#buttons.forEach((button, label) => button.setAttribute('aria-label', map.onlyClass(label)));
  }

  /** @param {number} label */
  #press(label) {
    this.only = this.only === label ? null : label;
    this.#buttons.forEach((button, index) =>
      button.setAttribute('aria-pressed', String(index === this.only)),
    );
    this.#onOnly();
  }
}
