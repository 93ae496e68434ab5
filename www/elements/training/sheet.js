// Forty pictures in four rows, in one canvas.

import { h } from '../dom.js';
import { resize } from '../pixels.js';

/** How many there are, and how many in a row. */
export const PICTURES = 40;
const COLUMNS = 10;
/** Pixels between two. */
const GAP = 1;

export class Sheet {
  element = h('canvas', { className: 'ink', role: 'img' });

  /** @param {number} size of a picture */
  constructor(size = 28) {
    this.layOut(size);
  }

  /** Makes room before there is something to show. @param {number} size */
  layOut(size) {
    resize(this.element, COLUMNS * (size + GAP) - GAP, (PICTURES / COLUMNS) * (size + GAP) - GAP);
    this.element.classList.remove('fine'); // of its pictures the pixels are to be seen
    const context = this.element.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, this.element.width, this.element.height);
    for (let index = 0; index < PICTURES; index++) {
      context.fillRect(
        (index % COLUMNS) * (size + GAP),
        Math.floor(index / COLUMNS) * (size + GAP),
        size,
        size,
      );
    }
  }

  /** @param {readonly ImageData[]} images */
  show(images) {
    const context = this.element.getContext('2d');
    images.forEach((image, index) => {
      const [x, y] = [index % COLUMNS, Math.floor(index / COLUMNS)];
      context?.putImageData(image, x * (image.width + GAP), y * (image.height + GAP));
    });
  }
}

/**
 * Pictures of the data, of the same classes as those of the model: the class of each is its index modulo `num_classes`.
 * @param {{ pixels: Uint8Array, labels?: Uint8Array | null, height: number, width: number }} data
 * @param {number} num_classes
 */
export function realPictures({ pixels, labels, height, width }, num_classes) {
  const area = height * width;
  const count = pixels.length / area;
  let at = 0;
  return Array.from({ length: PICTURES }, (_, index) => {
    const isOther = () => labels && num_classes > 0 && labels[at % count] !== index % num_classes;
    for (let tries = 0; tries < count && isOther(); tries++) at += 1;
    const picture = pixels.subarray((at % count) * area, ((at % count) + 1) * area);
    at += 1;
    return picture;
  });
}

/** Grey bytes as a picture. @param {Uint8Array} grey @param {number} width */
export function imageOf(grey, width) {
  const image = new ImageData(width, grey.length / width);
  grey.forEach((value, pixel) => image.data.set([value, value, value, 255], pixel * 4));
  return image;
}
