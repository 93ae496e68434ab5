// Paths between two points of a latent space.

/**
 * Spherical interpolation between two samples of a normal distribution. Its points are as far from the centre as samples
 * are. A straight line would pass near the centre, where there are no samples.
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} t 0 to 1
 * @returns {Float32Array}
 */
export function slerp(from, to, t) {
  const dot = (/** @type {Float32Array} */ a, /** @type {Float32Array} */ b) =>
    a.reduce((sum, x, i) => sum + x * b[i], 0);
  const cosine = dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  // Nearly the same direction (or opposite, or zero): the sphere has no way to offer.
  if (!(Math.sin(angle) > 1e-4)) return from.map((x, i) => x + t * (to[i] - x));
  const [a, b] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  return from.map((x, i) => a * x + b * to[i]);
}

/**
 * The options that draw the way from one digit to another, in `steps` pictures.
 * @param {{ latents: Float32Array, class_label?: number }} from
 * @param {{ latents: Float32Array, class_label?: number }} to
 * @param {number} steps at least 2
 * @param {number} classes how many the model has
 */
export function walk(from, to, steps, classes) {
  const width = from.latents.length;
  const latents = new Float32Array(steps * width);
  const class_weights = new Float32Array(steps * classes);
  for (let step = 0; step < steps; step++) {
    const t = step / (steps - 1);
    latents.set(slerp(from.latents, to.latents, t), step * width);
    if (from.class_label === undefined || to.class_label === undefined) continue;
    class_weights[step * classes + from.class_label] += 1 - t;
    class_weights[step * classes + to.class_label] += t;
  }
  return classes > 0 ? { latents, class_weights } : { latents };
}
