// A drawing as MNIST's digits are: scaled so that its longer side is 20 pixels, with its centre of mass in the middle of 28.

/** A grey picture, 0 black and 255 white. @typedef {{ data: ArrayLike<number>, width: number, height: number }} Grey */

/** The part of a picture's side that a digit takes. */
const DIGIT = 20 / 28;
/** From this brightness on a pixel is ink. */
const INK = 24;

/** The brightness of a picture, which is grey. @param {ImageData} image @returns {Grey} */
export function greyOf({ data, width, height }) {
  return { data: Uint8Array.from({ length: width * height }, (_, at) => data[at * 4]), width, height };
}

/** A grey picture to be painted. @param {Grey} grey @returns {ImageData} */
export function imageOf({ data, width, height }) {
  const image = new ImageData(width, height);
  for (let at = 0; at < width * height; at++) image.data.set([data[at], data[at], data[at], 255], at * 4);
  return image;
}

/** Where the ink is, and its centre of mass. @param {Grey} picture @returns {{ side: number, x: number, y: number } | null} */
function inkOf({ data, width, height }) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  let [mass, x, y] = [0, 0, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const ink = data[row * width + column];
      if (ink < INK) continue;
      [left, right] = [Math.min(left, column), Math.max(right, column)];
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
      mass += ink;
      x += ink * (column + 0.5);
      y += ink * (row + 0.5);
    }
  }
  if (right < 0) return null;
  return { side: Math.max(right - left, bottom - top) + 1, x: x / mass, y: y / mass };
}

/** The parts of pixels that lie between two positions, each with how much of it does. @param {number} from @param {number} to @param {number} size */
function* parts(from, to, size) {
  for (let at = Math.max(Math.floor(from), 0); at < Math.min(to, size); at++) {
    yield { at, share: Math.min(at + 1, to) - Math.max(at, from) };
  }
}

/**
 * A drawing, centred and scaled.
 * @param {Grey} drawing light on black
 * @param {number} size of the picture to make
 * @returns {Grey | null} null if nothing is drawn
 */
export function centred(drawing, size) {
  const ink = inkOf(drawing);
  if (!ink) return null;
  const { data, width, height } = drawing;
  const scale = ink.side / (size * DIGIT); // pixels of the drawing for one of the picture
  const picture = new Uint8Array(size * size);
  for (let row = 0; row < size; row++) {
    const top = ink.y + (row - size / 2) * scale;
    const rows = [...parts(top, top + scale, height)];
    for (let column = 0; column < size; column++) {
      const left = ink.x + (column - size / 2) * scale;
      let sum = 0;
      for (const { at: x, share: wide } of parts(left, left + scale, width))
        for (const { at: y, share: high } of rows) sum += data[y * width + x] * wide * high;
      picture[row * size + column] = Math.round(sum / (scale * scale));
    }
  }
  return { data: picture, width: size, height: size };
}
