// The part of a picture to repaint: pixels of the model's size, shown in translucent ember.

import { h } from '../dom.js';
import { resize } from '../pixels.js';

const EMBER = [0xf0, 0x72, 0x20, 0x99];

/** A mask, which lies on its picture. */
export class Mask {
  element = h('canvas', { className: 'mask', 'aria-hidden': 'true' });
  /** 1 where it is to be painted. */
  #marked = new Uint8Array();
  #width = 0;

  /** Empties the mask. @param {number} width @param {number} height */
  reset(width, height) {
    resize(this.element, width, height);
    this.#width = width;
    this.marked = new Uint8Array(width * height);
  }

  get isEmpty() {
    return !this.#marked.includes(1);
  }

  /** A copy of what is marked, pixel by pixel. */
  get marked() {
    return this.#marked.slice();
  }

  set marked(marked) {
    this.#marked = marked;
    this.#paint();
  }

  /** Light where it is to be painted, dark where not. */
  get image() {
    const image = new ImageData(this.#width, this.#marked.length / this.#width);
    this.#marked.forEach((marked, at) =>
      image.data.set([marked * 255, marked * 255, marked * 255, 255], at * 4),
    );
    return image;
  }

  /**
   * Marks along a line, or takes the marks away.
   * @param {[x: number, y: number]} from in pixels of the model
   * @param {[x: number, y: number]} to
   * @param {number} radius
   * @param {boolean} mark
   */
  stroke([x0, y0], [x1, y1], radius, mark) {
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    this.#marked.forEach((_, at) => {
      const [x, y] = [(at % this.#width) + 0.5, Math.floor(at / this.#width) + 0.5];
      const along = length ? ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length : 0;
      const t = Math.min(1, Math.max(0, along));
      const [dx, dy] = [x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0)];
      if (dx * dx + dy * dy <= radius * radius) this.#marked[at] = mark ? 1 : 0;
    });
    this.#paint();
  }

  #paint() {
    const image = new ImageData(this.#width || 1, this.#marked.length / this.#width || 1);
    this.#marked.forEach((marked, at) => marked && image.data.set(EMBER, at * 4));
    this.element.getContext('2d')?.putImageData(image, 0, 0);
  }
}
