// The plane on the screen: its tiles, the marks over them, and what a visitor does to it.

import { h, styleSheet } from '../dom.js';
import { Gestures, ZOOM } from './gestures.js';
import { drawMarks } from './marks.js';
import { finestLevel, tilesOf } from './tiles.js';
import { WHOLE, panned, placeOf, pointAt, showing, zoomed } from './view.js';

/**
 * @typedef {import('./axes.js').Point} Point
 * @typedef {import('./view.js').View} View
 * @typedef {import('./store.js').TileStore} TileStore
 *
 * @typedef {object} Calls
 * @property {() => void} onView another part is on show, or it has another size
 * @property {(isByKey: boolean) => void} onCursor
 * @property {() => void} onPick the cursor's point is picked
 */

/** How wide the plane is taken to be until it has been laid out. */
const WIDTH = 512;

export const planeSheet = styleSheet(`
  .plane { position: relative; aspect-ratio: 1; overflow: hidden; border: 1px solid var(--line); border-radius: 0.5rem; touch-action: none; cursor: crosshair; user-select: none; -webkit-user-select: none; }
  .plane canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
  .plane .tiles { background: #000; }
  .plane.dotted .tiles { opacity: 0.5; }
`);

export class Plane {
  #calls;
  #tiles = h('canvas', { className: 'tiles ink', 'aria-hidden': 'true' });
  #marks = h('canvas', { 'aria-hidden': 'true' });
  element = h(
    'div',
    { className: 'plane', tabIndex: 0, role: 'application', 'aria-describedby': 'plane-hint' },
    this.#tiles,
    this.#marks,
  );

  /** @type {View} */
  #view = WHOLE;
  /** @type {Point} */
  #cursor = [0.5, 0.5];
  /** The tiles on show, those of another network behind those of this one. @type {TileStore[]} */
  #stores = [];
  /** @type {Omit<import('./marks.js').Marks, 'cursor'>} */
  #shown = { dots: null, drawing: null, path: { ends: [], points: [], at: null } };
  #isAsked = false;

  /** @param {Calls} calls */
  constructor(calls) {
    this.#calls = calls;
    new ResizeObserver(() => this.#resize()).observe(this.element);
    new Gestures(this.element, {
      onPoint: (place) => this.#moveTo(pointAt(this.#view, place), false),
      onPan: (by) => this.#show(panned(this.#view, by)),
      onZoom: (factor, place) => this.#show(zoomed(this.#view, factor, place ?? this.#placeOfCursor)),
      onPick: (place) => {
        if (place) this.#moveTo(pointAt(this.#view, place), false);
        this.#calls.onPick();
      },
      onMove: ([x, y]) => {
        const { span } = this.#view;
        const point = /** @type {Point} */ ([this.#cursor[0] + x * span, this.#cursor[1] + y * span]);
        this.#moveTo(point, true);
      },
      onHome: () => this.home(),
    });
  }

  get view() {
    return this.#view;
  }

  get cursor() {
    return this.#cursor;
  }

  /** Its width on the screen, in CSS pixels. */
  get width() {
    return this.element.clientWidth || WIDTH;
  }

  /** Shows all of the plane. */
  home() {
    this.#show(WHOLE);
  }

  /** @param {'in' | 'out'} way about the cursor */
  zoom(way) {
    this.#show(zoomed(this.#view, way === 'in' ? ZOOM : 1 / ZOOM, this.#placeOfCursor));
  }

  /** Moves the cursor and shows it. @param {Point} point */
  moveTo(point) {
    this.#moveTo(point, true);
  }

  /** Shows these tiles, the last of them on top. @param {TileStore[]} stores */
  use(stores) {
    this.#stores = stores;
    this.render();
  }

  /** @param {Partial<Omit<import('./marks.js').Marks, 'cursor'>>} marks */
  mark(marks) {
    Object.assign(this.#shown, marks);
    this.element.classList.toggle('dotted', this.#shown.dots !== null);
    this.render();
  }

  /** Draws it with the next frame. */
  render() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
    });
  }

  /** Where the cursor is on the screen; the middle if it is not there. @returns {Point} */
  get #placeOfCursor() {
    const place = placeOf(this.#view, this.#cursor);
    return place.every((share) => share >= 0 && share <= 1) ? place : [0.5, 0.5];
  }

  /** @param {Point} point @param {boolean} isByKey */
  #moveTo(point, isByKey) {
    const [x, y] = point.map((share) => Math.min(Math.max(share, 0), 1));
    this.#cursor = [x, y];
    this.render();
    this.#calls.onCursor(isByKey);
    if (isByKey) this.#show(showing(this.#view, this.#cursor));
  }

  /** @param {View} view */
  #show(view) {
    const { left, top, span } = this.#view;
    if (view.left === left && view.top === top && view.span === span) return;
    this.#view = view;
    this.render();
    this.#calls.onView();
  }

  #resize() {
    const side = Math.round(this.width * devicePixelRatio);
    for (const canvas of [this.#tiles, this.#marks]) {
      if (canvas.width !== side) canvas.width = canvas.height = side;
    }
    this.#draw();
    this.#calls.onView();
  }

  #draw() {
    const context = this.#tiles.getContext('2d');
    const marks = this.#marks.getContext('2d');
    if (!context || !marks) return;
    context.clearRect(0, 0, this.#tiles.width, this.#tiles.height);
    context.imageSmoothingQuality = 'high';
    for (const store of this.#stores) this.#drawTiles(context, store);
    marks.setTransform(1, 0, 0, 1, 0, 0);
    marks.clearRect(0, 0, this.#marks.width, this.#marks.height);
    const scale = this.#marks.width / this.width;
    marks.scale(scale, scale);
    drawMarks(marks, this.width, this.#view, { ...this.#shown, cursor: this.#cursor });
  }

  /** Draws what there is, fine tiles over coarse ones. @param {CanvasRenderingContext2D} context @param {TileStore} store */
  #drawTiles(context, store) {
    const [view, finest] = [this.#view, finestLevel(this.#view, this.width)];
    let coarsest = finest;
    while (coarsest > 1 && !tilesOf(view, coarsest).every((tile) => store.has(tile))) coarsest--;
    for (let level = coarsest; level <= finest; level++) {
      const width = context.canvas.width / (view.span * 2 ** level);
      for (const tile of tilesOf(view, level)) {
        const picture = store.get(tile);
        if (!picture) continue;
        const { canvas, left, side } = picture;
        // Whole pixels, so that no seam shows between tiles.
        const from = (/** @type {number} */ index, /** @type {number} */ edge) =>
          Math.round((index / 2 ** level - edge) * width * 2 ** level);
        const [x, y] = [from(tile.column, view.left), from(tile.row, view.top)];
        const [right, bottom] = [from(tile.column + 1, view.left), from(tile.row + 1, view.top)];
        context.drawImage(canvas, left, 0, side, side, x, y, right - x, bottom - y);
      }
    }
  }
}
