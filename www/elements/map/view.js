// The part of the plane that is on show: a square of it, by its corner and its side, all as shares of the plane.

/**
 * @typedef {import('./axes.js').Point} Point
 * @typedef {Readonly<{ left: number, top: number, span: number }>} View
 */

/** All of the plane. @type {View} */
export const WHOLE = Object.freeze({ left: 0, top: 0, span: 1 });
/** The smallest part of it. */
const SMALLEST = 1 / 32;

/** A view that stays on the plane. @param {View} view @returns {View} */
function kept({ left, top, span }) {
  const side = Math.min(Math.max(span, SMALLEST), 1);
  const clamp = (/** @type {number} */ from) => Math.min(Math.max(from, 0), 1 - side);
  return { left: clamp(left), top: clamp(top), span: side };
}

/** Where a point of the plane is in the view, as shares of the view. @param {View} view @param {Point} point @returns {Point} */
export const placeOf = ({ left, top, span }, [x, y]) => [(x - left) / span, (y - top) / span];

/** The point of the plane that is at a share of the view. @param {View} view @param {Point} place @returns {Point} */
export const pointAt = ({ left, top, span }, [x, y]) => [left + x * span, top + y * span];

/** Whether a point is on show. @param {View} view @param {Point} point */
export const isOnShow = (view, point) => placeOf(view, point).every((share) => share >= 0 && share <= 1);

/**
 * The view enlarged by a factor, while the point at `place` stays where it is, as far as the plane's edge allows.
 * @param {View} view
 * @param {number} factor
 * @param {Point} place a share of the view
 */
export function zoomed(view, factor, [x, y]) {
  const span = Math.min(Math.max(view.span / factor, SMALLEST), 1);
  const grown = view.span - span;
  return kept({ left: view.left + x * grown, top: view.top + y * grown, span });
}

/** The view after what is on show was moved by a share of the view. @param {View} view @param {Point} by */
export const panned = ({ left, top, span }, [x, y]) =>
  kept({ left: left - x * span, top: top - y * span, span });

/** The view moved as little as it takes for a point to be on show, with a margin. @param {View} view @param {Point} point */
export function showing(view, point) {
  const margin = view.span / 16;
  const move = (/** @type {number} */ from, /** @type {number} */ at) =>
    Math.min(Math.max(from, at + margin - view.span), at - margin);
  if (isOnShow(view, point)) return view;
  return kept({ left: move(view.left, point[0]), top: move(view.top, point[1]), span: view.span });
}
