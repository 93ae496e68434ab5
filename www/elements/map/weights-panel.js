// What the KL weight does, and what more latents do: a slider over the networks of a folder, and a switch.

import { h, label, setLabel, styleSheet } from '../dom.js';

/**
 * @typedef {import('../words.js').Words} Words
 * @typedef {import('./networks.js').Choice} Choice
 */

export const weightsSheet = styleSheet(`
  .weights label { font-size: 0.95rem; color: var(--ink); }
  .weights .ticks { display: flex; justify-content: space-between; font-size: 0.85rem; color: var(--soft); font-variant-numeric: tabular-nums; }
  .weights input[type='range'] { width: 100%; margin: 0; min-height: 2rem; }
  .weights .lookat { margin: 0.3rem 0 0.7rem; font-size: 0.9rem; min-height: 5.8em; }
`);

export class WeightsPanel {
  #words;
  #title = h('h3');
  #slider = h('input', { type: 'range', min: 0, step: 1 });
  #ticks = h('div', { className: 'ticks', 'aria-hidden': 'true' });
  #lookAt = h('p', { className: 'lookat', role: 'status' });
  #wide = h('input', { type: 'checkbox' });
  #wideText = h('span');
  #wideLabel = h('label', { className: 'switch' }, this.#wide, this.#wideText);
  /** @type {readonly number[]} */
  #betas = [];
  /** The number of latents that is not two. @type {number | null} */
  #dim = null;

  #beta = h('div', {}, label(this.#slider), this.#ticks, this.#lookAt);
  element = h('section', { className: 'weights' }, this.#title, this.#beta, this.#wideLabel);

  /** @param {() => Words} words @param {{ onBeta: (beta: number) => void, onDim: (dim: number) => void }} calls */
  constructor(words, { onBeta, onDim }) {
    this.#words = words;
    this.#slider.addEventListener('input', () => {
      this.#describe();
      onBeta(this.#betas[Number(this.#slider.value)]);
    });
    this.#wide.addEventListener('change', () => onDim(this.#wide.checked && this.#dim ? this.#dim : 2));
  }

  /** Offers these networks. @param {{ betas: readonly number[], dims: readonly number[] }} networks */
  offer({ betas, dims }) {
    this.#betas = betas;
    this.#dim = (dims.includes(2) && dims.find((dim) => dim !== 2)) || null;
    this.#slider.max = String(Math.max(betas.length - 1, 0));
    this.#ticks.replaceChildren(...betas.map((beta) => h('span', { textContent: String(beta) })));
    this.#beta.hidden = betas.length < 2;
    this.#wideLabel.hidden = this.#dim === null;
    this.element.hidden = betas.length < 2 && this.#dim === null;
    this.localize();
  }

  /** Shows which network is used. @param {Choice} choice */
  choose({ latent_dim, beta }) {
    const index = this.#betas.indexOf(beta);
    if (index >= 0) this.#slider.value = String(index);
    this.#wide.checked = latent_dim !== 2;
    this.#describe();
  }

  localize() {
    const { map } = this.#words();
    this.#title.textContent = map.networks;
    setLabel(this.#slider, map.beta);
    this.#wideText.textContent = map.wide(this.#dim ?? 0);
    this.#describe();
  }

  #describe() {
    const { map } = this.#words();
    const beta = this.#betas[Number(this.#slider.value)];
    if (beta === undefined) return;
    const text = this.#wide.checked
      ? map.lookAtWide
      : beta < 1
        ? map.lookAtLow
        : beta > 1
          ? map.lookAtHigh
          : map.lookAtOne;
    if (this.#lookAt.textContent !== text) this.#lookAt.textContent = text;
    this.#slider.setAttribute('aria-valuetext', String(beta));
  }
}
