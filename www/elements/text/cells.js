// A text in pieces that can be pointed at or reached with the arrow keys, and a pop-up about one of them.

import { h, styleSheet } from '../dom.js';

const HOVER_MS = 120;

export const cellsSheet = styleSheet(`
  .alive .cell { cursor: pointer; border-radius: 0.2em; background: color-mix(in srgb, var(--ember) calc(var(--tint, 0) * 42%), transparent); }
  .alive .cell:empty::before { content: '∎'; color: var(--soft); }
  .alive .cell.break::before { content: '↵'; color: var(--soft); }
  .alive .cell[aria-expanded='true'] { outline: 2px solid var(--ember); outline-offset: 1px; }
`);

/**
 * What there is to say about a cell: a name for those who cannot see it, and the pop-up's content.
 * @typedef {{ name: (index: number) => string, content: (index: number) => Node[], onShow?: (index: number) => void }} About
 */

/** The cells of a text. They are plain text until they are `alive`. */
export class Cells {
  #about;
  /** @type {HTMLElement[]} */
  #cells = [];
  /** @type {Map<EventTarget, number>} */
  #indices = new Map();
  #alive = false;
  /** The cell that the pop-up is about, or -1. */
  #shown = -1;
  /** The cell that Tab comes to. */
  #stop = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #hover;

  element = h('span', { className: 'cells' });
  popup = h('div', { className: 'popup', role: 'dialog', dir: 'ltr', hidden: true });

  /** @param {About} about */
  constructor(about) {
    this.#about = about;
    const { element, popup } = this;
    element.addEventListener('pointerover', (event) => {
      if (event.pointerType !== 'touch') this.#point(this.#indexOf(event.target));
    });
    element.addEventListener('click', (event) => {
      const index = this.#indexOf(event.target);
      this.focus(index);
      this.#show(index);
    });
    element.addEventListener('focusin', (event) => this.#show(this.#indexOf(event.target)));
    element.addEventListener('keydown', (event) => this.#onKey(event));
    popup.addEventListener('keydown', (event) => this.#onPopupKey(event));
    popup.addEventListener('pointerover', () => clearTimeout(this.#hover));
    for (const part of [element, popup]) {
      part.addEventListener('focusout', ({ relatedTarget }) => this.#has(relatedTarget) || this.hide());
      part.addEventListener('pointerleave', ({ relatedTarget, pointerType }) => {
        if (pointerType !== 'touch' && !this.#has(relatedTarget)) this.#point(-1);
      });
    }
  }

  /** Adds cells at the end. @param {HTMLElement[]} cells */
  append(...cells) {
    for (const cell of cells) {
      // A line break alone has nothing to point at.
      cell.className = /^\s*\n\s*$/.test(cell.textContent ?? '') ? 'cell break' : 'cell';
      this.#indices.set(cell, this.#cells.push(cell) - 1);
      if (this.#alive) this.#name(this.#cells.length - 1);
    }
    this.element.append(...cells);
  }

  /** Removes the cells from this one on. @param {number} from */
  truncate(from) {
    this.hide();
    for (const cell of this.#cells.splice(from)) {
      this.#indices.delete(cell);
      cell.remove();
    }
    this.#stop = Math.min(this.#stop, Math.max(0, from - 1));
  }

  /** Whether the cells can be pointed at. @param {boolean} alive @param {string} [label] what they are together */
  live(alive, label = '') {
    this.hide();
    this.#alive = alive;
    this.element.classList.toggle('alive', alive);
    if (alive) {
      this.element.setAttribute('role', 'group');
      this.element.setAttribute('aria-label', label);
    } else for (const name of ['role', 'aria-label']) this.element.removeAttribute(name);
    this.#cells.forEach((cell, index) => {
      if (alive) return this.#name(index);
      for (const name of ['role', 'tabindex', 'aria-label', 'aria-haspopup', 'aria-expanded']) {
        cell.removeAttribute(name);
      }
    });
  }

  /** Colours each cell by a number from 0 to 1. @param {(index: number) => number} tint */
  tint(tint) {
    this.#cells.forEach((cell, index) => cell.style.setProperty('--tint', tint(index).toFixed(3)));
  }

  hide() {
    clearTimeout(this.#hover);
    this.#cells[this.#shown]?.setAttribute('aria-expanded', 'false');
    this.#shown = -1;
    this.popup.hidden = true;
  }

  /** Moves the focus to a cell, if there is one. @param {number} index @param {{ quietly?: boolean }} [how] without pop-up */
  focus(index, { quietly = false } = {}) {
    this.#cells[index]?.focus();
    if (quietly) this.hide();
  }

  /** @param {number} index */
  #name(index) {
    const cell = this.#cells[index];
    cell.setAttribute('role', 'button');
    cell.tabIndex = index === this.#stop ? 0 : -1;
    cell.setAttribute('aria-label', this.#about.name(index));
    cell.setAttribute('aria-haspopup', 'dialog');
    cell.setAttribute('aria-expanded', 'false');
  }

  /** @param {EventTarget | null} target */
  #indexOf(target) {
    return (target && this.#indices.get(target)) ?? -1;
  }

  /** @param {EventTarget | null} target */
  #has(target) {
    return target instanceof Node && (this.element.contains(target) || this.popup.contains(target));
  }

  /** The pointer is on this cell, or on none (-1). Merely passing over a cell shows nothing. @param {number} index */
  #point(index) {
    clearTimeout(this.#hover);
    if (!this.#alive || this.popup.matches(':focus-within')) return;
    this.#hover = setTimeout(() => (index < 0 ? this.hide() : this.#show(index)), HOVER_MS);
  }

  /** @param {number} index */
  #show(index) {
    if (!this.#alive || index < 0 || index === this.#shown) return;
    this.hide();
    const [cell, before] = [this.#cells[index], this.#cells[this.#stop]];
    if (before) before.tabIndex = -1;
    cell.tabIndex = 0;
    this.#stop = this.#shown = index;
    cell.setAttribute('aria-expanded', 'true');
    this.popup.setAttribute('aria-label', this.#about.name(index));
    this.popup.replaceChildren(...this.#about.content(index));
    this.popup.hidden = false;
    this.#placeUnder(cell);
    this.#about.onShow?.(index);
  }

  /** Puts the pop-up under the last line of the cell, within the text's width. @param {HTMLElement} cell */
  #placeUnder(cell) {
    const [rect] = [...cell.getClientRects()].slice(-1);
    const around = this.popup.offsetParent?.getBoundingClientRect();
    if (!rect || !around) return;
    const left = Math.min(rect.left - around.left, around.width - this.popup.offsetWidth);
    this.popup.style.left = `${Math.max(0, left)}px`;
    this.popup.style.top = `${rect.bottom - around.top}px`;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const now = this.#indexOf(event.target);
    if (now < 0) return;
    const line = (/** @type {number} */ way) => this.#onNextLine(now, way);
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowRight: () => this.focus(now + (this.#isRightToLeft ? -1 : 1)),
      ArrowLeft: () => this.focus(now + (this.#isRightToLeft ? 1 : -1)),
      ArrowDown: () => this.focus(line(1)),
      ArrowUp: () => this.focus(line(-1)),
      Home: () => this.focus(0),
      End: () => this.focus(this.#cells.length - 1),
      Escape: () => this.hide(),
      Enter: () => this.#enter(now),
      ' ': () => this.#enter(now),
    };
    const key = keys[event.key];
    if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    key();
  }

  /** @param {number} index */
  #enter(index) {
    this.#show(index);
    this.popup.querySelector('button')?.focus();
  }

  get #isRightToLeft() {
    return getComputedStyle(this.element).direction === 'rtl';
  }

  /** The cell under or over this one. @param {number} from @param {number} way */
  #onNextLine(from, way) {
    const { start, top } = this.#extentOf(from);
    for (let index = from + way; this.#cells[index]; index += way) {
      const other = this.#extentOf(index);
      if (Math.abs(other.top - top) > 4 && (way > 0 ? other.end > start : other.start <= start)) return index;
    }
    return -1;
  }

  /** Where a cell begins and ends along its line. @param {number} index */
  #extentOf(index) {
    const { left, right, top } = this.#cells[index].getBoundingClientRect();
    return this.#isRightToLeft ? { start: -right, end: -left, top } : { start: left, end: right, top };
  }

  /** @param {KeyboardEvent} event */
  #onPopupKey(event) {
    const buttons = [...this.popup.querySelectorAll('button')];
    const now = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const next = { ArrowDown: now + 1, ArrowUp: now - 1 }[event.key];
    if (next !== undefined) buttons[next]?.focus();
    else if (event.key === 'Escape') this.focus(this.#shown, { quietly: true });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
