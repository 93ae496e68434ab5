// What is going on in a training, from its numbers.

/**
 * @typedef {'begins' | 'alike' | 'discriminatorWins' | 'discriminatorAhead' | 'balanced' | 'undecided' | 'generatorAhead'
 *   | 'distanceFalls' | 'distanceStays'} State
 *
 * @typedef {object} Numbers means over the latest steps
 * @property {number} step_index
 * @property {number} d_real
 * @property {number} d_fake
 * @property {string} loss
 * @property {number} label_smoothing
 * @property {number} widest the largest difference of `d_real` and `d_fake` so far
 * @property {number | null} variety of the fake pictures, as a share of that of real ones
 */

/** Before this many steps the pictures are noise, whatever the numbers say. */
const BEGINNING = 60;
/** Below this share of the real pictures' variety the fake ones look alike. */
const ALIKE = 0.4;
/** They need some time to become different, so that before this nobody speaks of a collapse. */
const MAY_COLLAPSE = 800;

/** @param {Numbers} numbers @returns {State} */
export function stateOf({ step_index, d_real, d_fake, loss, label_smoothing, widest, variety }) {
  if (step_index < BEGINNING) return 'begins';
  if (variety !== null && variety < ALIKE && step_index >= MAY_COLLAPSE) return 'alike';
  if (loss === 'wasserstein') return d_real - d_fake < 0.7 * widest ? 'distanceFalls' : 'distanceStays';
  return balanceOf(leadOf({ d_real, d_fake, loss, label_smoothing }));
}

/**
 * How far the discriminator is ahead: 1 where it could not be further, 0 where it cannot tell real from fake.
 * @param {Pick<Numbers, 'd_real' | 'd_fake' | 'loss' | 'label_smoothing'>} numbers
 */
export function leadOf({ d_real, d_fake, loss, label_smoothing }) {
  // The hinge loss asks for 1 and −1, and no more. With smoothed labels real pictures are to get less than 1.
  const most = loss === 'hinge' ? 2 : Math.max(0.1, 1 - label_smoothing);
  return (d_real - d_fake) / most;
}

/** @param {number} lead @returns {State} */
function balanceOf(lead) {
  if (lead >= 0.85) return 'discriminatorWins';
  if (lead >= 0.5) return 'discriminatorAhead';
  if (lead >= 0.08) return 'balanced';
  return lead > -0.08 ? 'undecided' : 'generatorAhead';
}

/**
 * How different pictures are: the mean distance of two of the same class, as the root of the mean square of their pixels'
 * differences.
 * @param {readonly ArrayLike<number>[]} pictures a number a pixel; the class of each is its index modulo `num_classes`
 * @param {number} num_classes 0 where there are none
 */
export function varietyOf(pictures, num_classes) {
  const period = num_classes > 0 && num_classes < pictures.length ? num_classes : 1;
  let [sum, count] = [0, 0];
  for (let a = 0; a < pictures.length; a++) {
    for (let b = a + period; b < pictures.length; b += period) {
      sum += distance(pictures[a], pictures[b]);
      count += 1;
    }
  }
  return count > 0 ? sum / count : 0;
}

/** @param {ArrayLike<number>} one @param {ArrayLike<number>} other */
function distance(one, other) {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] - other[at]) ** 2;
  return Math.sqrt(sum / one.length);
}
