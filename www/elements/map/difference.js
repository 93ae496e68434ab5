// What is lost between a picture and its reconstruction, as shares of the ink and as a picture.

/** @typedef {import('./centre.js').Grey} Grey */

/** Ink that did not come back, and ink that came from nowhere, in colours that show on light and dark. */
const LOST = [0x3a, 0x8f, 0xee];
const ADDED = [0xe0, 0x5a, 0x12];

/**
 * How much of the ink came back, and how much of what came back was not there, both 0 to 1.
 * @param {Grey} before
 * @param {Grey} after of the same size
 */
export function inkShares(before, after) {
  let [drawn, back, both] = [0, 0, 0];
  for (let at = 0; at < before.data.length; at++) {
    drawn += before.data[at];
    back += after.data[at];
    both += Math.min(before.data[at], after.data[at]);
  }
  return { kept: drawn ? both / drawn : 0, added: back ? 1 - both / back : 0 };
}

/**
 * RGBA of the difference: ink that was lost in one colour, ink that was added in the other, the rest transparent.
 * @param {Grey} before
 * @param {Grey} after of the same size
 */
export function differenceOf(before, after) {
  const rgba = new Uint8ClampedArray(before.data.length * 4);
  for (let at = 0; at < before.data.length; at++) {
    const more = after.data[at] - before.data[at];
    rgba.set([...(more < 0 ? LOST : ADDED), Math.abs(more)], at * 4);
  }
  return rgba;
}
