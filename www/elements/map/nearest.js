// What digits of the data set lie near a point.

/** So many are asked. */
const ASKED = 9;

/**
 * The class that most of the nearest points have.
 * @param {ArrayLike<number>} means `[count, 2]`
 * @param {ArrayLike<number>} labels `[count]`
 * @param {ArrayLike<number>} at
 * @returns {{ label: number, votes: number, of: number } | null} null if there are no points
 */
export function nearestClass(means, labels, at) {
  const all = Array.from(labels, (label, index) => ({
    label,
    distance: Math.hypot(means[index * 2] - at[0], means[index * 2 + 1] - at[1]),
  }));
  const near = all.sort((a, b) => a.distance - b.distance).slice(0, ASKED);
  /** @type {Map<number, number>} */
  const votes = new Map();
  for (const { label } of near) votes.set(label, (votes.get(label) ?? 0) + 1);
  const [best] = [...votes].sort(([, a], [, b]) => b - a);
  return best ? { label: best[0], votes: best[1], of: near.length } : null;
}
