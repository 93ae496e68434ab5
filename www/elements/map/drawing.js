// A view of the plane, drawn batch by batch.

import { latentsAt } from './axes.js';
import { BATCH } from './network.js';
import { fractionOf, middleOf, nextTiles } from './tiles.js';

/**
 * @typedef {import('./axes.js').Axis} Axis
 * @typedef {import('./network.js').Network} Network
 * @typedef {import('./plane.js').Plane} Plane
 * @typedef {import('./tiles.js').Tile} Tile
 */

/** Lets the page breathe between two batches. */
export const breathe = () => new Promise((resolve) => setTimeout(resolve));

/** The tiles that a network is to draw next. @param {Plane} plane @param {Network} network @param {number} [most] */
const next = ({ view, width, cursor }, { tiles }, most = BATCH) =>
  nextTiles(view, width, (tile) => tiles.has(tile), cursor, most);

/** Whether a network has drawn all that is on show. @param {Plane} plane @param {Network} network */
export const isDrawn = (plane, network) => next(plane, network, 1).length === 0;

/**
 * Draws what the view lacks. The view may change meanwhile.
 * @param {Plane} plane
 * @param {Network} network
 * @param {Axis} axis
 * @param {AbortSignal} signal
 * @param {(step: { step_index: number, fraction: number, level: number }) => void} onStep
 * @returns {Promise<number>} how many digits it has drawn
 */
export async function drawView(plane, network, axis, signal, onStep) {
  let count = 0;
  for (let step_index = 0; ; step_index++) {
    const tiles = next(plane, network);
    if (tiles.length === 0) return count;
    const latents = tiles.flatMap((tile) => [...latentsAt(axis, middleOf(tile))]);
    network.tiles.add(tiles, await network.decode(new Float32Array(latents), signal));
    plane.render();
    count += tiles.length;
    const fraction = fractionOf(plane.view, plane.width, (tile) => network.tiles.has(tile));
    onStep({ step_index, fraction, level: tiles[0].level });
    await breathe();
    signal.throwIfAborted();
  }
}
