// The tiles of a network that have been drawn: each batch of them side by side on a canvas.

import { h } from '../dom.js';
import { keyOf } from './tiles.js';

/**
 * @typedef {import('./tiles.js').Tile} Tile
 * @typedef {{ canvas: HTMLCanvasElement, left: number, side: number }} Picture where a tile's picture is
 */

/** Beyond this many the oldest batches are dropped. A view has far fewer. */
const MOST = 6144;

export class TileStore {
  /** @type {Map<string, Picture>} */
  #pictures = new Map();
  /** The keys of each batch, the oldest first. @type {string[][]} */
  #batches = [];

  /** @param {Tile} tile */
  has(tile) {
    return this.#pictures.has(keyOf(tile));
  }

  /** @param {Tile} tile */
  get(tile) {
    return this.#pictures.get(keyOf(tile));
  }

  get isEmpty() {
    return this.#batches.length === 0;
  }

  /** @param {readonly Tile[]} tiles @param {readonly ImageData[]} images one for each */
  add(tiles, images) {
    const side = images[0].width;
    const canvas = h('canvas', { width: side * tiles.length, height: side });
    const context = canvas.getContext('2d');
    tiles.forEach((tile, index) => {
      context?.putImageData(images[index], index * side, 0);
      this.#pictures.set(keyOf(tile), { canvas, left: index * side, side });
    });
    this.#batches.push(tiles.map(keyOf));
    while (this.#pictures.size > MOST) {
      for (const key of this.#batches.shift() ?? []) this.#pictures.delete(key);
    }
  }

  clear() {
    this.#pictures.clear();
    this.#batches = [];
  }
}
