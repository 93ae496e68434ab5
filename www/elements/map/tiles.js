// The plane in tiles: at level `n` it has 2ⁿ × 2ⁿ of them, each with the digit of its middle. A view is drawn from coarse levels
// to the fine one that suits its size on the screen.

/**
 * @typedef {import('./axes.js').Point} Point
 * @typedef {import('./view.js').View} View
 * @typedef {{ level: number, column: number, row: number }} Tile
 */

/** About how wide a tile of the finest level is on the screen, in CSS pixels. */
const WIDTH = 28;
/** So many coarser levels come before the finest one. */
const COARSER = 3;

/** What a tile is kept under. @param {Tile} tile */
export const keyOf = ({ level, column, row }) => `${level}/${column}/${row}`;

/** The middle of a tile. @param {Tile} tile @returns {Point} */
export const middleOf = ({ level, column, row }) => [(column + 0.5) / 2 ** level, (row + 0.5) / 2 ** level];

/** The finest level of a view. @param {View} view @param {number} width of the view on the screen, in CSS pixels */
export const finestLevel = ({ span }, width) => Math.max(1, Math.round(Math.log2(width / (span * WIDTH))));

/** The levels of a view, coarse ones first. @param {View} view @param {number} width @returns {number[]} */
export function levelsOf(view, width) {
  const finest = finestLevel(view, width);
  const coarsest = Math.max(1, finest - COARSER);
  return Array.from({ length: finest - coarsest + 1 }, (_, index) => coarsest + index);
}

/** The tiles of a level that are on show, row by row. @param {View} view @param {number} level @returns {Tile[]} */
export function tilesOf({ left, top, span }, level) {
  const count = 2 ** level;
  const first = (/** @type {number} */ from) => Math.floor(from * count + 1e-9);
  const last = (/** @type {number} */ from) => Math.min(Math.ceil((from + span) * count - 1e-9), count) - 1;
  /** @type {Tile[]} */
  const tiles = [];
  for (let row = first(top); row <= last(top); row++)
    for (let column = first(left); column <= last(left); column++) tiles.push({ level, column, row });
  return tiles;
}

/**
 * The tiles to draw next: those of the coarsest level that lacks some, nearest to a point first.
 * @param {View} view
 * @param {number} width of the view on the screen, in CSS pixels
 * @param {(tile: Tile) => boolean} has whether a tile has been drawn
 * @param {Point} near
 * @param {number} most
 * @returns {Tile[]} none if the view is complete
 */
export function nextTiles(view, width, has, [x, y], most) {
  const distance = (/** @type {Tile} */ tile) => Math.hypot(middleOf(tile)[0] - x, middleOf(tile)[1] - y);
  for (const level of levelsOf(view, width)) {
    const missing = tilesOf(view, level).filter((tile) => !has(tile));
    if (missing.length > 0) return missing.sort((a, b) => distance(a) - distance(b)).slice(0, most);
  }
  return [];
}

/** How much of a view has been drawn, 0 to 1. @param {View} view @param {number} width @param {(tile: Tile) => boolean} has */
export function fractionOf(view, width, has) {
  const tiles = levelsOf(view, width).flatMap((level) => tilesOf(view, level));
  return tiles.filter(has).length / tiles.length;
}
