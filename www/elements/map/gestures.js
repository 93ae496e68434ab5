// What a visitor does to the plane: points, drags, pinches, turns the wheel, presses keys. Positions are shares of the plane's
// sides on the screen.

/**
 * @typedef {import('./axes.js').Point} Point
 *
 * @typedef {object} Calls
 * @property {(place: Point) => void} onPoint something is pointed at
 * @property {(by: Point) => void} onPan what is on show is dragged
 * @property {(factor: number, place: Point | null) => void} onZoom about a place, or about the cursor
 * @property {(place: Point | null) => void} onPick a place is pressed, or the cursor's is by the keyboard
 * @property {(by: Point) => void} onMove the cursor is moved by the keyboard
 * @property {() => void} onHome
 */

/** A pointer that moves less than this, in CSS pixels, presses. */
const STILL = 6;
/** How far an arrow key goes, and with Shift. */
const [STRIDE, FAR] = [1 / 40, 1 / 8];
/** How much a key or a button enlarges. */
export const ZOOM = 1.5;

/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Gestures {
  #element;
  #calls;
  /** The pointers that are down, by their ids. @type {Map<number, PointerEvent>} */
  #down = new Map();
  /** Where the first one was put down, while it has not moved. @type {PointerEvent | null} */
  #still = null;

  /** @param {HTMLElement} element has the focus @param {Calls} calls */
  constructor(element, calls) {
    this.#element = element;
    this.#calls = calls;
    element.addEventListener('pointerdown', (event) => this.#onDown(event));
    element.addEventListener('pointermove', (event) => this.#onMove(event));
    element.addEventListener('pointerup', (event) => this.#onUp(event));
    element.addEventListener('pointercancel', (event) => {
      this.#still = null;
      this.#onUp(event);
    });
    element.addEventListener('keydown', (event) => this.#onKey(event));
    element.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
  }

  /** @param {{ clientX: number, clientY: number }} at @returns {Point} */
  #placeOf({ clientX, clientY }) {
    const { left, top, width, height } = this.#element.getBoundingClientRect();
    const inside = (/** @type {number} */ share) => Math.min(Math.max(share, 0), 1);
    return [inside((clientX - left) / width), inside((clientY - top) / height)];
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    if (event.button !== 0) return;
    this.#element.setPointerCapture(event.pointerId);
    this.#down.set(event.pointerId, event);
    this.#still = this.#down.size === 1 ? event : null;
    if (this.#down.size === 1) this.#calls.onPoint(this.#placeOf(event));
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    const before = this.#down.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== 'touch') this.#calls.onPoint(this.#placeOf(event));
      return;
    }
    if (this.#still) {
      const { clientX, clientY } = this.#still;
      if (Math.hypot(event.clientX - clientX, event.clientY - clientY) < STILL) return;
      this.#still = null;
    }
    if (this.#down.size === 1) {
      // A finger shows what is under it. A mouse does so before it is pressed, so it drags.
      if (event.pointerType === 'mouse') this.#drag(before, event);
      else this.#calls.onPoint(this.#placeOf(event));
    } else this.#pinch(before, event);
    this.#down.set(event.pointerId, event);
  }

  /** @param {PointerEvent} event */
  #onUp(event) {
    if (!this.#down.delete(event.pointerId)) return;
    if (this.#still) this.#calls.onPick(this.#placeOf(event));
    this.#still = null;
  }

  /** @param {{ clientX: number, clientY: number }} before @param {{ clientX: number, clientY: number }} now */
  #drag(before, now) {
    const { width, height } = this.#element.getBoundingClientRect();
    this.#calls.onPan([(now.clientX - before.clientX) / width, (now.clientY - before.clientY) / height]);
  }

  /** Two fingers hold two points of the plane, as far as its edges allow. @param {PointerEvent} before @param {PointerEvent} now */
  #pinch(before, now) {
    const other = [...this.#down.values()].find(({ pointerId }) => pointerId !== now.pointerId);
    if (!other) return;
    const distance = (/** @type {PointerEvent} */ a) =>
      Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY);
    const middle = (/** @type {PointerEvent} */ a) => ({
      clientX: (a.clientX + other.clientX) / 2,
      clientY: (a.clientY + other.clientY) / 2,
    });
    this.#drag(middle(before), middle(now));
    this.#calls.onZoom(distance(now) / Math.max(distance(before), 1), this.#placeOf(middle(now)));
  }

  /** Only with a modifier: a wheel without one scrolls the page. A trackpad's pinch comes as a wheel with Ctrl. @param {WheelEvent} event */
  #onWheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const turn = Math.min(Math.max(event.deltaY * (event.deltaMode === 0 ? 1 : 20), -40), 40);
    this.#calls.onZoom(Math.exp(-turn / 100), this.#placeOf(event));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    const stride = event.shiftKey ? FAR : STRIDE;
    if (arrow) this.#calls.onMove([arrow[0] * stride, arrow[1] * stride]);
    else if (event.key === '+' || event.key === '=') this.#calls.onZoom(ZOOM, null);
    else if (event.key === '-' || event.key === '_') this.#calls.onZoom(1 / ZOOM, null);
    else if (event.key === 'Home') this.#calls.onHome();
    else if (event.key === 'Enter' || event.key === ' ') this.#calls.onPick(null);
    else return;
    event.preventDefault();
  }
}
