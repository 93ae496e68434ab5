// A data set of a few drawings: each is shifted, turned, scaled and thickened, again and again.

/** How many pictures are made of the drawings. */
export const PICTURES = 2000;

/** How far a copy can be from its drawing. */
const SHIFT = 2.5; // pixels, in both directions
const TURN = 0.22; // radians, to both sides
const SCALE = 0.15; // smaller or larger by this share
const THICKEN = 1.2; // pixels that a stroke grows by on each side

/**
 * @typedef {object} Made
 * @property {Uint8Array<ArrayBuffer>} pixels `[count, size · size]`
 * @property {Uint8Array<ArrayBuffer> | null} labels
 */

/**
 * Makes pictures of drawings. The same seed makes the same.
 * @param {readonly ArrayLike<number>[]} drawings `[size · size]` each: white strokes on black, 0 to 255
 * @param {{ size: number, count?: number, num_classes?: number, seed?: number }} how
 * @returns {Made}
 */
export function augment(drawings, { size, count = PICTURES, num_classes = 0, seed = 1 }) {
  const random = randomFrom(seed);
  const pixels = new Uint8Array(count * size * size);
  const labels = num_classes > 0 ? new Uint8Array(count) : null;
  for (let index = 0; index < count; index++) {
    const which = index % drawings.length;
    const copy = varied(drawings[which], size, random);
    pixels.set(copy, index * size * size);
    if (labels)
      labels[index] = labelOf(which, Math.floor(index / drawings.length), drawings.length, num_classes);
  }
  return { pixels, labels };
}

/**
 * The class of a drawing's copy. Where there are more classes than drawings, a drawing has several of them, so that the model
 * learns what to draw for each.
 * @param {number} which drawing
 * @param {number} copy
 * @param {number} drawings how many there are
 * @param {number} num_classes
 */
export function labelOf(which, copy, drawings, num_classes) {
  if (drawings >= num_classes) return which % num_classes;
  const own = Math.ceil((num_classes - which) / drawings);
  return which + drawings * (copy % own);
}

/** @param {ArrayLike<number>} drawing @param {number} size @param {() => number} random */
function varied(drawing, size, random) {
  const around = (/** @type {number} */ most) => (2 * random() - 1) * most;
  const [dx, dy, angle, scale] = [around(SHIFT), around(SHIFT), around(TURN), 1 + around(SCALE)];
  const thick = thickened(drawing, size, random() * THICKEN);
  const [cosine, sine] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const centre = (size - 1) / 2;
  const copy = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [u, v] = [x - centre - dx, y - centre - dy];
      const from = sample(thick, size, cosine * u + sine * v + centre, cosine * v - sine * u + centre);
      copy[y * size + x] = Math.round(from);
    }
  }
  return copy;
}

/**
 * A drawing with strokes that are wider by `radius` on each side: the lightest pixel within it, those at its edge counting for
 * what of them is within.
 * @param {ArrayLike<number>} drawing
 * @param {number} size
 * @param {number} radius
 * @returns {ArrayLike<number>}
 */
export function thickened(drawing, size, radius) {
  const brush = brushOf(radius);
  const wide = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const ink = drawing[y * size + x];
      if (ink === 0) continue; // most of a drawing is
      for (const { u, v, share } of brush) {
        if (x + u < 0 || y + v < 0 || x + u >= size || y + v >= size) continue;
        const at = (y + v) * size + x + u;
        wide[at] = Math.max(wide[at], share * ink);
      }
    }
  }
  return wide;
}

/** The pixels within a radius, and how much of each is. @param {number} radius */
function brushOf(radius) {
  const reach = Math.ceil(radius);
  const brush = [];
  for (let v = -reach; v <= reach; v++) {
    for (let u = -reach; u <= reach; u++) {
      const share = Math.min(1, Math.max(0, radius + 1 - Math.hypot(u, v)));
      if (share > 0) brush.push({ u, v, share });
    }
  }
  return brush;
}

/** The value between four pixels; black outside. @param {ArrayLike<number>} pixels @param {number} size @param {number} x @param {number} y */
function sample(pixels, size, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const at = (/** @type {number} */ u, /** @type {number} */ v) =>
    u >= 0 && v >= 0 && u < size && v < size ? pixels[v * size + u] : 0;
  const [right, below] = [x - left, y - top];
  const upper = at(left, top) * (1 - right) + at(left + 1, top) * right;
  const lower = at(left, top + 1) * (1 - right) + at(left + 1, top + 1) * right;
  return upper * (1 - below) + lower * below;
}

/** Numbers from 0 to below 1: mulberry32, which is small and good enough for this. @param {number} seed */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
