// The pen: the pointer, or a cursor that the arrow keys move and the space bar puts down and lifts.

import { h, styleSheet } from '../dom.js';

/**
 * @typedef {[x: number, y: number]} Point in pixels of the model
 *
 * What it draws on.
 * @typedef {object} Calls
 * @property {() => Point} size
 * @property {() => void} onDown
 * @property {(from: Point, to: Point) => void} onStroke where it is put down, both ends are the same
 * @property {() => void} onUp
 * @property {() => void} onUndo
 */

export const penSheet = styleSheet(`
  .cursor {
    position: absolute; width: 1.1rem; height: 1.1rem; margin: -0.55rem; border-radius: 50%; pointer-events: none;
    border: 2px solid var(--ember); box-shadow: 0 0 0 2px var(--paper);
  }
  .cursor.down { background: var(--ember); }
`);

/** The pen. */
export class Pen {
  #calls;
  #canvas;
  /** Where it is, while it is down. @type {Point | null} */
  #down = null;
  /** Where the keyboard's pen is. @type {Point} */
  #at = [0, 0];

  /** Shows where the keyboard's pen is. */
  cursor = h('span', { className: 'cursor', hidden: true });

  /**
   * @param {HTMLElement} element has the focus
   * @param {HTMLElement} canvas where the picture is in it
   * @param {Calls} calls
   */
  constructor(element, canvas, calls) {
    this.#canvas = canvas;
    this.#calls = calls;
    element.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      this.cursor.hidden = true;
      this.#putDown(this.#pointOf(event));
    });
    element.addEventListener('pointermove', (event) => {
      if (!this.#down || !this.cursor.hidden) return;
      // A fast pointer is at several positions between two frames.
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const move of moves.length ? moves : [event]) this.#move(this.#pointOf(move));
    });
    for (const end of ['pointerup', 'pointercancel']) element.addEventListener(end, () => this.#lift());
    element.addEventListener('keydown', (event) => this.#onKey(event));
    element.addEventListener('blur', () => {
      this.#lift();
      this.cursor.hidden = true;
    });
  }

  /** Moves the keyboard's pen to the middle. */
  centre() {
    const [width, height] = this.#calls.size();
    this.#at = [width / 2, height / 2];
  }

  /** @param {PointerEvent} event @returns {Point} */
  #pointOf({ clientX, clientY }) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const [across, down] = this.#calls.size();
    return [((clientX - left) / width) * across, ((clientY - top) / height) * down];
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const isUndo = event.key === 'z' && (event.ctrlKey || event.metaKey);
    const [width, height] = this.#calls.size();
    if (step) {
      const clamp = (/** @type {number} */ x, /** @type {number} */ most) => Math.min(Math.max(x, 0), most);
      this.#at = [clamp(this.#at[0] + step[0], width), clamp(this.#at[1] + step[1], height)];
      if (this.#down) this.#move(this.#at);
    } else if (event.key === ' ') {
      if (this.#down) this.#lift();
      else this.#putDown(this.#at);
    } else if (event.key === 'Escape') this.#lift();
    else if (isUndo) this.#calls.onUndo();
    else return;
    event.preventDefault();
    this.cursor.hidden = isUndo;
    this.cursor.classList.toggle('down', this.#down !== null);
    this.cursor.style.left = `${(this.#at[0] / width) * 100}%`;
    this.cursor.style.top = `${(this.#at[1] / height) * 100}%`;
  }

  /** @param {Point} point */
  #putDown(point) {
    this.#calls.onDown();
    this.#down = point;
    this.#move(point);
  }

  /** @param {Point} point */
  #move(point) {
    const from = this.#down ?? point;
    this.#down = point;
    this.#calls.onStroke(from, point);
  }

  #lift() {
    if (!this.#down) return;
    this.#down = null;
    this.cursor.classList.remove('down');
    this.#calls.onUp();
  }
}
