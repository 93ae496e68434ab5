// What a network without a plane shows: digits of the data set, and what comes back of them.

import { h, styleSheet } from '../dom.js';
import { imageOf } from './centre.js';
import { inkShares } from './difference.js';
import { percent } from './text.js';

/**
 * @typedef {import('../words.js').Words} Words
 * @typedef {import('./centre.js').Grey} Grey
 *
 * Pictures of the same digits, and what they are.
 * @typedef {{ latent_dim: number | null, pictures: readonly Grey[], kept?: number }} Row `latent_dim` is null for the digits
 */

/** Digits beside each other. */
const COLUMNS = 10;
/** Digits in all. */
export const DIGITS = 20;

export const reconstructionsSheet = styleSheet(`
  .reconstructions { display: grid; gap: 0.6rem; min-width: 0; margin-bottom: 0.6rem; }
  .reconstructions p { margin: 0; }
  .reconstructions ul { margin: 0; padding: 0; list-style: none; font-size: 0.9rem; color: var(--soft); }
`);

/**
 * What networks make of the same digits.
 * @param {readonly Grey[]} digits
 * @param {readonly import('./network.js').Network[]} networks
 * @param {AbortSignal} signal
 * @returns {Promise<Row[]>}
 */
export async function rowsOf(digits, networks, signal) {
  /** @type {Row[]} */
  const rows = [{ latent_dim: null, pictures: digits }];
  for (const network of networks) {
    const { images: pictures } = await network.reconstruct(digits, signal);
    const shares = digits.map((digit, index) => inkShares(digit, pictures[index]).kept);
    const kept = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    rows.push({ latent_dim: network.info.latent_dim, pictures, kept });
  }
  return rows;
}

export class Reconstructions {
  #words;
  #text = h('p');
  #canvas = h('canvas', { className: 'ink', role: 'img', width: COLUMNS * 28, height: 175 });
  #list = h('ul');
  /** @type {readonly Row[]} */
  #rows = [];
  /** The latents of the network. */
  dim = 0;

  element = h('div', { className: 'reconstructions', hidden: true }, this.#text, this.#canvas, this.#list);

  /** @param {() => Words} words */
  constructor(words) {
    this.#words = words;
  }

  /** Shows digits and what came back of them, each digit above its pictures. @param {number} dim of the network @param {readonly Row[]} rows */
  show(dim, rows) {
    [this.dim, this.#rows] = [dim, rows];
    this.localize();
    const [{ pictures: [first] = [] } = { pictures: [] }] = rows;
    this.#canvas.hidden = !first;
    if (!first) return;
    const lines = Math.ceil(rows[0].pictures.length / COLUMNS);
    const side = first.width;
    // A gap of a quarter of a digit between the lines keeps what belongs together apart from what does not.
    const line = Math.round(side * (rows.length + 0.25));
    Object.assign(this.#canvas, { width: side * COLUMNS, height: line * lines - Math.round(side * 0.25) });
    const context = this.#canvas.getContext('2d');
    rows.forEach(({ pictures }, row) =>
      pictures.forEach((picture, index) => {
        const [x, y] = [(index % COLUMNS) * side, Math.floor(index / COLUMNS) * line + row * side];
        context?.putImageData(imageOf(picture), x, y);
      }),
    );
  }

  localize() {
    const { map } = this.#words();
    this.#text.textContent = map.noPlane(this.dim);
    const names = this.#rows.map(({ latent_dim, kept }) =>
      latent_dim === null ? map.rowOfDigits : map.rowOf(latent_dim, percent(kept ?? 0)),
    );
    this.#list.replaceChildren(...names.map((textContent) => h('li', { textContent })));
    this.#canvas.setAttribute('aria-label', names.join(map.space));
  }
}
