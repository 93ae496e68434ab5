// Pictures as files: a PNG, and an animation of all steps.

import { apng } from './apng.js';
import { h } from '../base.js';
import { invert, paint } from '../pixels.js';

/** Pictures are saved at least so large, each pixel a square of them. */
const LARGE = 224;
/** More frames than this are thinned out. */
const MAX_FRAMES = 100;
const FRAME_MS = 60;
/** For how long the last frame stays. */
const LAST_MS = 1500;
/** The white between pictures side by side, in pixels of the file. */
const GAP = 16;

/**
 * A PNG of pictures side by side. What is ink on black becomes ink on white paper.
 * @param {readonly ImageData[]} images
 * @param {boolean} ink
 */
async function pngOf(images, ink) {
  const scale = Math.max(1, Math.ceil(LARGE / images[0].height));
  const widths = images.map(({ width }) => width * scale);
  const width = widths.reduce((sum, width) => sum + width + GAP, -GAP);
  const sheet = new OffscreenCanvas(width, images[0].height * scale);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (sheet.getContext('2d'));
  context.fillStyle = 'white';
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.imageSmoothingEnabled = false;
  let x = 0;
  images.forEach((image, place) => {
    const small = h('canvas');
    const copy = new ImageData(image.data.slice(), image.width, image.height);
    paint(small, ink ? invert(copy) : copy);
    context.drawImage(small, x, 0, widths[place], sheet.height);
    x += widths[place] + GAP;
  });
  return sheet.convertToBlob({ type: 'image/png' });
}

/** @param {Blob} blob @param {string} name */
function download(blob, name) {
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** @param {ImageData} image @param {boolean} ink @param {string} name without its ending */
export async function savePicture(image, ink, name) {
  download(await pngOf([image], ink), `${name}.png`);
}

/**
 * Saves what there was step by step, noisy sample and guess side by side.
 * @param {readonly import('./timeline.js').Frame[]} frames
 * @param {ImageData} last
 * @param {boolean} ink
 * @param {string} name without its ending
 * @param {AbortSignal} signal
 */
export async function saveAnimation(frames, last, ink, name, signal) {
  const stride = Math.ceil(frames.length / MAX_FRAMES);
  const chosen = frames.filter((_, index) => index % stride === 0);
  const pairs = [...chosen.map(({ sample = last, guess }) => [sample, guess]), [last, last]];
  const pngs = [];
  for (const pair of pairs) {
    signal.throwIfAborted();
    pngs.push(new Uint8Array(await (await pngOf(pair, ink)).arrayBuffer()));
  }
  const delay = (/** @type {number} */ index) => (index === pairs.length - 1 ? LAST_MS : FRAME_MS);
  download(new Blob([apng(pngs, delay)], { type: 'image/apng' }), `${name}.png`);
}
