// Colours for a map that lies over a picture.

/**
 * From nothing to the most, `[red, green, blue, alpha]`. Each is lighter than the one before, and the darkest is dark enough
 * to darken a light picture, the lightest light enough for a dark one. So a map can be read over both, in greys too.
 * @type {readonly (readonly [number, number, number, number])[]}
 */
const RAMP = [
  [14, 10, 48, 0.62],
  [92, 24, 112, 0.62],
  [206, 52, 78, 0.66],
  [250, 146, 50, 0.7],
  [255, 240, 150, 0.74],
];

/** The colour of a share of the most, 0 to 1. @param {number} share */
export function colourOf(share) {
  const at = Math.min(Math.max(share, 0), 1) * (RAMP.length - 1);
  const below = Math.min(Math.floor(at), RAMP.length - 2);
  return RAMP[below].map((number, channel) => number + (RAMP[below + 1][channel] - number) * (at - below));
}

/** The steps between nothing and the most that have a colour of their own. */
const SHADES = 255;
const SHADE_COLOURS = Array.from({ length: SHADES + 1 }, (_, shade) => {
  const [red, green, blue, alpha] = colourOf(shade / SHADES);
  return [red, green, blue, alpha * 255];
});

/** A map's colours as RGBA bytes; its own maximum is the lightest. @param {Float32Array} map */
export function heatOf(map) {
  const most = map.reduce((most, weight) => Math.max(most, weight), 0) || 1;
  const rgba = new Uint8ClampedArray(map.length * 4);
  map.forEach((weight, at) => rgba.set(SHADE_COLOURS[Math.round((weight / most) * SHADES)], at * 4));
  return rgba;
}
