// Pictures as files that a visitor keeps.

import { h } from './dom.js';
import { invert, paint } from './pixels.js';

/**
 * A PNG of pictures of one size, side by side in rows, on white paper. Light ink on black becomes dark ink on the paper.
 * @param {readonly ImageData[]} images at least one
 * @param {object} how
 * @param {boolean} how.ink
 * @param {number} how.scale the side of the square that each pixel becomes
 * @param {number} [how.columns] pictures in a row; all of them otherwise
 * @param {number} [how.gap] pixels of the file between them
 */
export function pngOf(images, { ink, scale, columns = images.length, gap = 0 }) {
  const [width, height] = [images[0].width * scale, images[0].height * scale];
  const rows = Math.ceil(images.length / columns);
  const sheet = new OffscreenCanvas(columns * (width + gap) - gap, rows * (height + gap) - gap);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (sheet.getContext('2d'));
  context.fillStyle = 'white';
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.imageSmoothingEnabled = false;
  images.forEach((image, index) => {
    const small = h('canvas');
    const copy = new ImageData(image.data.slice(), image.width, image.height);
    paint(small, ink ? invert(copy) : copy);
    const [column, row] = [index % columns, Math.floor(index / columns)];
    context.drawImage(small, column * (width + gap), row * (height + gap), width, height);
  });
  return sheet.convertToBlob({ type: 'image/png' });
}

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it after the click
}
