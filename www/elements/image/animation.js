// The steps of a picture as a file: an animated PNG.

import { pngOf } from '../download.js';
import { apng } from './apng.js';

/** More frames than this are thinned out. */
const MAX_FRAMES = 100;
const FRAME_MS = 60;
/** For how long the last frame stays. */
const LAST_MS = 1500;
/** The white between the two pictures of a frame, in pixels of the file. */
const GAP = 16;

/**
 * An animation of the steps, noisy sample and guess side by side.
 * @param {readonly import('./timeline.js').Frame[]} frames
 * @param {ImageData} last
 * @param {{ ink: boolean, scale: number }} how as in `pngOf`
 * @param {AbortSignal} signal
 */
export async function animationOf(frames, last, how, signal) {
  const stride = Math.ceil(frames.length / MAX_FRAMES);
  const chosen = frames.filter((_, index) => index % stride === 0);
  const pairs = [...chosen.map(({ sample = last, guess }) => [sample, guess]), [last, last]];
  const pngs = [];
  for (const pair of pairs) {
    signal.throwIfAborted();
    const png = await pngOf(pair, { ...how, gap: GAP });
    pngs.push(new Uint8Array(await png.arrayBuffer()));
  }
  const delay = (/** @type {number} */ index) => (index === pairs.length - 1 ? LAST_MS : FRAME_MS);
  return new Blob([apng(pngs, delay)], { type: 'image/apng' });
}
