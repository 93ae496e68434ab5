// The axes of the plane: from a share of its width, 0 to 1, to a latent and back.

/**
 * An axis.
 * @typedef {object} Axis
 * @property {(share: number) => number} latent the latent at a share of the width
 * @property {(latent: number) => number} share the share of the width that a latent has
 *
 * @typedef {keyof typeof AXES} Scale
 */

/** Latents beyond this are shown at the edge of a linear axis. */
const LINEAR_END = 3;
/** Shares closer to the edge than this would be latents that the unit normal does not have. */
const EDGE = 1e-4;

/** The unit normal's density. @param {number} z */
const density = (z) => Math.exp(-z * z * 0.5) / Math.sqrt(2 * Math.PI);

/** @param {number} x @param {readonly number[]} coefficients the highest power first */
const polynomial = (x, coefficients) => coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

/**
 * The unit normal's distribution function, to 7.5e-8 (Abramowitz and Stegun, 26.2.17).
 * @param {number} z
 * @returns {number}
 */
export function cumulative(z) {
  if (z < 0) return 1 - cumulative(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const powers = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153, 0];
  return 1 - density(z) * polynomial(t, powers);
}

/**
 * The unit normal's quantile, to a relative 1.15e-9 (Acklam's rational approximation).
 * @param {number} share above 0 and below 1
 * @returns {number}
 */
export function quantile(share) {
  const LOW = 0.02425;
  if (share > 0.5) return -quantile(1 - share);
  if (share < LOW) {
    const q = Math.sqrt(-2 * Math.log(share));
    const above = [
      -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
      2.938163982698783,
    ];
    const below = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];
    return polynomial(q, above) / polynomial(q, below);
  }
  const q = share - 0.5;
  const above = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
  ];
  const below = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
  ];
  return (q * polynomial(q * q, above)) / polynomial(q * q, below);
}

/** @param {number} share */
const inside = (share) => Math.min(Math.max(share, EDGE), 1 - EDGE);

export const AXES = {
  /** Equal lengths are equally likely under the unit normal, which is the prior. @type {Axis} */
  quantile: {
    latent: (share) => quantile(inside(share)),
    share: (latent) => inside(cumulative(latent)),
  },
  /** Equal lengths are equal differences of latents, from -3 to 3. @type {Axis} */
  linear: {
    latent: (share) => (2 * inside(share) - 1) * LINEAR_END,
    share: (latent) => inside((latent / LINEAR_END + 1) / 2),
  },
};

/**
 * @typedef {[x: number, y: number]} Point shares of the plane's width and height; `y` counts downwards
 */

/** The latents at a point. The second one grows upwards. @param {Axis} axis @param {Point} point */
export const latentsAt = (axis, [x, y]) => new Float32Array([axis.latent(x), axis.latent(1 - y)]);

/** The point that has these latents. @param {Axis} axis @param {ArrayLike<number>} latents @returns {Point} */
export const pointOf = (axis, latents) => [axis.share(latents[0]), 1 - axis.share(latents[1])];

/**
 * The outline of an encoder's normal distribution at one standard deviation.
 * @param {Axis} axis
 * @param {ArrayLike<number>} mean
 * @param {ArrayLike<number>} logvar
 * @param {number} [count] of its points
 * @returns {Point[]}
 */
export function ellipse(axis, mean, logvar, count = 48) {
  const [a, b] = [Math.exp(logvar[0] / 2), Math.exp(logvar[1] / 2)];
  return Array.from({ length: count }, (_, index) => {
    const angle = (index / count) * 2 * Math.PI;
    return pointOf(axis, [mean[0] + a * Math.cos(angle), mean[1] + b * Math.sin(angle)]);
  });
}
