// What lies over a picture: the map of a word, and the place that is pointed at, with a pointer or with the arrow keys.

import { h, styleSheet } from '../../dom.js';
import { paint, resize } from '../../pixels.js';
import { heatOf } from './heat.js';
import { mapOf } from './maps.js';

/**
 * @typedef {import('../../../types.d.ts').WordAttentions} WordAttentions
 *
 * A place in one of the pictures; `x` and `y` from 0 to below 1.
 * @typedef {{ picture: number, x: number, y: number }} Place
 */

/** A map is enlarged to about this many pixels before the browser does the rest. */
const FINE = 256;
/** How far an arrow key goes, as a share of a picture. */
const STRIDE = 1 / 16;

export const overlaySheet = styleSheet(`
  .frame:has(> .overlay) { position: relative; }
  .overlay { position: absolute; inset: 0; z-index: 1; cursor: crosshair; }
  .overlay:focus-visible { outline-offset: -3px; }
  .overlay canvas { height: 100%; }
  .overlay .place {
    position: absolute; width: 1rem; height: 1rem; margin: -0.5rem 0 0 -0.5rem; border: 2px solid #fff; border-radius: 50%;
    outline: 1px solid #000; box-shadow: inset 0 0 0 1px #000; pointer-events: none;
  }
`);

/** The layer. It is as large as what it is put into. */
export class Overlay {
  #onPlace;
  #canvas = h('canvas');
  #mark = h('span', { className: 'place', hidden: true });
  /** Pictures side by side. */
  #count = 1;
  /** The place as shares of all pictures together. @type {[x: number, y: number] | null} */
  #point = null;

  element = h(
    'div',
    { className: 'overlay', tabIndex: 0, role: 'application', hidden: true },
    this.#canvas,
    this.#mark,
  );

  /** @param {() => void} onPlace called when another place is pointed at, or none */
  constructor(onPlace) {
    this.#onPlace = onPlace;
    const { element } = this;
    for (const type of /** @type {const} */ (['pointerdown', 'pointermove'])) {
      element.addEventListener(type, (event) => this.#follow(event));
    }
    element.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType !== 'touch' && !element.matches(':focus')) this.#move(null); // a finger leaves when it is lifted
    });
    element.addEventListener('focus', () => this.#move(this.#point ?? [0.5 / this.#count, 0.5]));
    element.addEventListener('blur', () => this.#move(null));
    element.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** The place that is pointed at, if there is one. @returns {Place | null} */
  get place() {
    if (!this.#point) return null;
    const [across, y] = this.#point;
    const picture = Math.floor(across * this.#count);
    return { picture, x: across * this.#count - picture, y };
  }

  /** Lays the map of a word over each picture, or nothing. @param {WordAttentions} attentions @param {number | null} word */
  draw(attentions, word) {
    const { words, height, width } = attentions;
    const scale = Math.ceil(FINE / height);
    this.#count = words.length;
    resize(this.#canvas, width * scale * this.#count, height * scale);
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'));
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.imageSmoothingQuality = 'high';
    words.forEach(({ length }, picture) => {
      if (word === null || word >= length) return;
      const small = h('canvas');
      paint(small, new ImageData(heatOf(mapOf(attentions, picture, word)), width, height));
      context.drawImage(small, picture * width * scale, 0, width * scale, height * scale);
    });
  }

  /** @param {PointerEvent} event */
  #follow({ clientX, clientY }) {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    this.#move([(clientX - left) / width, (clientY - top) / height]);
  }

  /** @param {[x: number, y: number] | null} point */
  #move(point) {
    const [x, y] = (point ?? [0, 0]).map((share) => Math.min(Math.max(share, 0), 1 - 1e-6));
    this.#point = point && [x, y];
    this.#mark.hidden = !point;
    this.#mark.style.left = `${x * 100}%`;
    this.#mark.style.top = `${y * 100}%`;
    this.#onPlace();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const across = STRIDE / this.#count;
    /** @type {Record<string, [x: number, y: number]>} */
    const ways = {
      ArrowRight: [across, 0],
      ArrowLeft: [-across, 0],
      ArrowDown: [0, STRIDE],
      ArrowUp: [0, -STRIDE],
    };
    const way = ways[event.key];
    if (!way || !this.#point || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#move([this.#point[0] + way[0], this.#point[1] + way[1]]);
  }
}
