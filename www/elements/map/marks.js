// What is drawn over the tiles: the data set's digits as dots, the cursor, a drawing's place, the way between two points.

import { colourOf } from './colours.js';
import { placeOf } from './view.js';

/**
 * @typedef {import('./axes.js').Point} Point
 * @typedef {import('./view.js').View} View
 *
 * @typedef {object} Marks
 * @property {Point} cursor
 * @property {{ points: readonly Point[], labels: ArrayLike<number> | null, only: number | null } | null} dots `only` is the
 *   class that stands out
 * @property {{ point: Point, outline: readonly Point[] } | null} drawing
 * @property {{ ends: readonly Point[], points: readonly Point[], at: Point | null }} path
 */

/** In CSS pixels. */
const [CURSOR, END] = [8, 9];
/** A dot's radius as a share of the view. */
const DOT = 0.006;

/**
 * Draws them all.
 * @param {CanvasRenderingContext2D} context
 * @param {number} width of the view, in CSS pixels
 * @param {View} view
 * @param {Marks} marks
 */
export function drawMarks(context, width, view, { cursor, dots, drawing, path }) {
  const at = (/** @type {Point} */ point) => placeOf(view, point).map((share) => share * width);
  const circle = (/** @type {Point} */ point, /** @type {number} */ radius) => {
    const [x, y] = at(point);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
  };
  const line = (/** @type {readonly Point[]} */ points, isClosed = false) => {
    context.beginPath();
    for (const point of points) {
      const [x, y] = at(point);
      context.lineTo(x, y);
    }
    if (isClosed) context.closePath();
  };
  /** A white line within a dark one, which shows on everything. @param {number} wide */
  const stroke = (wide, colour = '#fff') => {
    context.lineJoin = context.lineCap = 'round';
    for (const [lineWidth, strokeStyle] of /** @type {const} */ ([
      [wide + 2.5, '#1d1a17'],
      [wide, colour],
    ])) {
      Object.assign(context, { lineWidth, strokeStyle });
      context.stroke();
    }
  };

  if (dots) {
    const radius = DOT * width * (1 + Math.log2(1 / view.span) * 0.25);
    dots.points.forEach((point, index) => {
      const label = dots.labels?.[index];
      context.globalAlpha = dots.only === null || dots.only === label ? 0.95 : 0.1;
      circle(point, radius);
      context.fillStyle = colourOf(label);
      context.fill();
      context.lineWidth = 0.75;
      context.strokeStyle = '#1d1a17';
      context.stroke();
    });
    context.globalAlpha = 1;
  }
  if (path.points.length > 1) {
    line(path.points);
    stroke(2.5);
  }
  path.ends.forEach((point, index) => {
    circle(point, END);
    context.fillStyle = '#1d1a17';
    context.fill();
    stroke(1.5);
    const [x, y] = at(point);
    context.fillStyle = '#fff';
    context.font = '600 11px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText('AB'[index], x, y + 0.5);
  });
  if (path.at) {
    circle(path.at, 5);
    context.fillStyle = '#fff';
    context.fill();
    stroke(1, '#f07220');
  }
  if (drawing) {
    line(drawing.outline, true);
    context.fillStyle = '#f0722040';
    context.fill();
    stroke(2, '#ff9b61');
    circle(drawing.point, 4);
    context.fillStyle = '#f07220';
    context.fill();
    stroke(1.5);
  }
  circle(cursor, CURSOR);
  stroke(2);
}
