// The attributes of a map, and what they may be.

import { HearthError } from '../../hearth.js';
import { attributeOf, optionsOf } from '../attributes.js';
import { AXES } from './axes.js';

/** @satisfies {import('../attributes.js').ValueKinds} */
export const OPTIONS = /** @type {const} */ ({
  data: 'name',
  count: 'number',
  scale: 'name',
  beta: 'number',
  latent_dim: 'number',
  betas: 'text',
  latent_dims: 'text',
});

/** So many digits of the data set are shown unless a page says otherwise, and at most. */
const [DIGITS, MOST_DIGITS] = [512, 10_000];

/**
 * @typedef {object} Asked
 * @property {string} [data]
 * @property {number} count
 * @property {import('./axes.js').Scale} scale
 * @property {number} [beta]
 * @property {number} [latent_dim]
 */

/**
 * What the attributes ask for.
 * @param {Element} element
 * @returns {Asked}
 */
export function readOptions(element) {
  const { data, count = DIGITS, scale = 'quantile', beta, latent_dim } = optionsOf(element, OPTIONS);
  /** @param {string} name @param {unknown} value @param {boolean} isRight @param {string} what */
  const check = (name, value, isRight, what) => {
    if (isRight || value === undefined) return;
    throw new HearthError('invalid-option', `${attributeOf(name)} is ${value}; it must be ${what}`);
  };
  const isCount = (/** @type {unknown} */ value) => Number.isInteger(value) && Number(value) > 0;
  check('count', count, isCount(count) && count <= MOST_DIGITS, `a whole number, 1 to ${MOST_DIGITS}`);
  check('scale', scale, Object.hasOwn(AXES, scale), Object.keys(AXES).join(' or '));
  check('beta', beta, typeof beta === 'number' && beta >= 0, 'a number of 0 or more');
  check('latent_dim', latent_dim, isCount(latent_dim), 'a whole number above 0');
  return { data, count, scale, beta, latent_dim };
}
