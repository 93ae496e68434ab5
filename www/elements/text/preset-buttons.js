// Buttons for beginnings to try.

import { h, styleSheet } from '../dom.js';

/** @typedef {import('./types.d.ts').Preset} Preset */

export const presetsSheet = styleSheet(`
  .presets { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-bottom: 0.75rem; }
  .presets button { font-size: 0.9rem; border-radius: 1.25rem; }
`);

/** The row of them. */
export class PresetButtons {
  #words;
  #onChoose;

  element = h('div', { className: 'presets', role: 'group' });

  /** @param {() => import('../words.js').Words} words @param {(preset: Preset) => void} onChoose */
  constructor(words, onChoose) {
    this.#words = words;
    this.#onChoose = onChoose;
  }

  /** @param {readonly Preset[]} presets */
  offer(presets) {
    const buttons = presets.map((preset) =>
      h('button', {
        type: 'button',
        value: preset.title,
        title: preset.prompt,
        dir: 'auto',
        onclick: () => this.#onChoose(preset),
      }),
    );
    this.element.replaceChildren(...buttons);
    this.localize();
  }

  localize() {
    const { presets, presetTitles } = this.#words();
    this.element.setAttribute('aria-label', presets);
    for (const button of this.element.querySelectorAll('button')) {
      button.textContent = presetTitles[button.value] ?? button.value;
    }
  }
}
