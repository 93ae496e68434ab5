// The digits on show: a button each, with the discriminator's verdict as a bar under it.

import { h, styleSheet } from '../dom.js';
import { paint } from '../pixels.js';

/** @typedef {import('../../types.d.ts').JudgedImage} JudgedImage */

/** The most digits that one call can draw. */
const MAX_DIGITS = 4096;

export const gridSheet = styleSheet(`
  .digits {
    display: grid; gap: 0.35rem; grid-template-columns: repeat(var(--columns, 8), minmax(0, 3.6rem));
    justify-content: center;
  }
  .digit {
    display: grid; gap: 3px; padding: 3px; min-height: 0; border-radius: 0.4rem; border-color: transparent;
    background: none;
  }
  .digit[aria-pressed='true'] { border-color: var(--ember); box-shadow: 0 0 0 1px var(--ember); }
  meter { appearance: none; width: 100%; height: 4px; display: block; border: 0; border-radius: 2px; background: var(--line); overflow: hidden; }
  meter::-webkit-meter-inner-element { display: block; }
  meter::-webkit-meter-bar { background: none; border: 0; border-radius: 0; height: 4px; }
  meter::-webkit-meter-optimum-value { background: var(--ember); }
  meter::-moz-meter-bar { background: var(--ember); }
`);

/** The grid, or the line of a number. */
export class DigitGrid {
  #words;
  /** @type {JudgedImage[]} */
  #images = [];
  /** The digits that are picked, by their indices, oldest first. @type {number[]} */
  #picked = [];
  #onPress;

  element = h('div', {
    className: 'digits',
    role: 'group',
    onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onArrow(event),
  });

  /** @param {() => import('../words.js').Words} words @param {(index: number) => void} onPress */
  constructor(words, onPress) {
    this.#words = words;
    this.#onPress = onPress;
  }

  get images() {
    return this.#images;
  }

  get columns() {
    return Number(this.element.style.getPropertyValue('--columns')) || 1;
  }

  localize() {
    const words = this.#words();
    this.element.setAttribute('aria-label', words.digits);
    this.#images.forEach(({ class_label, score }, index) => {
      const what = class_label === undefined ? `#${index + 1}` : String(class_label);
      this.#buttons[index].setAttribute('aria-label', words.digit(what, Math.round(score * 100)));
    });
  }

  /**
   * Makes room for digits before there are any, so that nothing jumps when they come.
   * @param {number} count
   * @param {boolean} isNumber a number stays on one line as long as it fits; other digits make a grid that is about square
   */
  layOut(count, isNumber) {
    const { element } = this;
    count = Math.min(Math.max(Math.trunc(count) || 0, 0), MAX_DIGITS);
    const columns = isNumber ? Math.min(count, 8) : Math.min(8, Math.ceil(Math.sqrt(count)));
    element.style.setProperty('--columns', String(columns));
    element.inert = true;
    while (element.childElementCount > count) element.lastElementChild?.remove();
    while (element.childElementCount < count) element.append(this.#newButton());
  }

  /** @param {JudgedImage[]} images @param {boolean} isNumber */
  show(images, isNumber) {
    this.#images = images;
    this.#picked = [];
    this.layOut(images.length, isNumber);
    images.forEach((image, index) => {
      const button = this.#buttons[index];
      paint(/** @type {HTMLCanvasElement} */ (button.firstElementChild), image);
      /** @type {HTMLMeterElement} */ (button.lastElementChild).value = image.score;
      button.setAttribute('aria-pressed', 'false');
      button.tabIndex = index === 0 ? 0 : -1;
    });
    this.localize();
    this.element.inert = false;
  }

  /** Picks a digit, or drops it if it was picked. Of three the first is dropped. Returns those that are picked. @param {number} index */
  pick(index) {
    this.#picked = this.#picked.includes(index)
      ? this.#picked.filter((other) => other !== index)
      : [...this.#picked, index].slice(-2);
    this.#buttons.forEach((button, i) =>
      button.setAttribute('aria-pressed', String(this.#picked.includes(i))),
    );
    return this.#picked.map((i) => this.#images[i]);
  }

  get #buttons() {
    return /** @type {HTMLElement[]} */ ([...this.element.children]);
  }

  #newButton() {
    const button = h(
      'button',
      { type: 'button', className: 'digit', part: 'digit' },
      h('canvas', { className: 'ink' }),
      h('meter', { min: 0, max: 1, 'aria-hidden': 'true' }),
    );
    button.addEventListener('click', () => this.#onPress(this.#buttons.indexOf(button)));
    return button;
  }

  /** Arrow keys move between digits, so that Tab passes the grid in one step. @param {KeyboardEvent} event */
  #onArrow(event) {
    const [buttons, { columns }] = [this.#buttons, this];
    const now = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
    const next = {
      ArrowRight: now + 1,
      ArrowLeft: now - 1,
      ArrowDown: now + columns,
      ArrowUp: now - columns,
    }[event.key];
    if (next === undefined || !buttons[next]) return;
    event.preventDefault();
    buttons[now].tabIndex = -1;
    buttons[next].tabIndex = 0;
    buttons[next].focus();
  }
}
