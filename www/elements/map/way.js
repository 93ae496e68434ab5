// A straight way between two points of the latent space.

/**
 * Latents at equal distances along it, both ends included.
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} steps at least 2
 * @returns {Float32Array} `[steps, latent_dim]`
 */
export function way(from, to, steps) {
  const latents = new Float32Array(steps * from.length);
  for (let step = 0; step < steps; step++) {
    const t = step / (steps - 1);
    from.forEach((x, index) => (latents[step * from.length + index] = x + t * (to[index] - x)));
  }
  return latents;
}

/** A few of many steps, evenly, both ends included. @template T @param {readonly T[]} steps @param {number} count @returns {T[]} */
export function evenly(steps, count) {
  if (steps.length <= count) return [...steps];
  return Array.from(
    { length: count },
    (_, index) => steps[Math.round((index * (steps.length - 1)) / (count - 1))],
  );
}
