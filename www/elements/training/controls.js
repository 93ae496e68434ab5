// The buttons of a training: to play and pause it, and to keep what was learnt.

import { h, styleSheet } from '../dom.js';

export const controlsSheet = styleSheet(`
  .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem; margin-bottom: 1rem; }
  .bar .main { min-width: 7.5rem; }
  .bar .count { margin-inline-start: auto; color: var(--soft); font-size: 0.9rem; font-variant-numeric: tabular-nums; }
  .end { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-top: 1rem; }
`);

export class Controls {
  #play = h('button', { type: 'button', className: 'main' });
  #step = h('button', { type: 'button' });
  #reset = h('button', { type: 'button' });
  #count = h('span', { className: 'count' });
  #save = h('button', { type: 'button', disabled: true });
  #open = h('button', { type: 'button' });
  #file = h('input', { type: 'file', accept: '.safetensors', hidden: true });
  #isPlaying = false;
  /** @type {import('../words.js').Words | null} */
  #words = null;

  bar = h('div', { className: 'bar' }, this.#play, this.#step, this.#reset, this.#count);
  end = h('div', { className: 'end' }, this.#save, this.#open, this.#file, h('slot', { name: 'actions' }));

  /** @param {{ onPlay: () => void, onStep: () => void, onReset: () => void, onSave: () => void, onOpen: (file: Blob) => void }} calls */
  constructor({ onPlay, onStep, onReset, onSave, onOpen }) {
    this.#play.addEventListener('click', onPlay);
    this.#step.addEventListener('click', onStep);
    this.#reset.addEventListener('click', onReset);
    this.#save.addEventListener('click', onSave);
    this.#open.addEventListener('click', () => this.#file.click());
    this.#file.addEventListener('change', () => {
      const file = this.#file.files?.[0];
      this.#file.value = '';
      if (file) onOpen(file);
    });
  }

  /** Only what is needed to watch. @param {boolean} isBare */
  set isBare(isBare) {
    for (const button of [this.#save, this.#open]) button.hidden = isBare;
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    this.#words = words;
    this.#step.textContent = words.oneStep;
    this.#reset.textContent = words.startOver;
    this.#save.textContent = words.saveCheckpoint;
    this.#open.textContent = words.openCheckpoint;
    this.playing = this.#isPlaying;
  }

  /** @param {boolean} isPlaying */
  set playing(isPlaying) {
    this.#isPlaying = isPlaying;
    this.#step.disabled = isPlaying;
    const words = this.#words;
    if (words) this.#play.textContent = isPlaying ? words.pause : words.train;
  }

  get playing() {
    return this.#isPlaying;
  }

  /** There is something that can be kept. */
  allowSaving() {
    this.#save.disabled = false;
  }

  /** @param {number} step_index @param {string | null} rate steps a second */
  count(step_index, rate) {
    const words = this.#words;
    if (words) this.#count.textContent = words.stepCount(step_index, this.#isPlaying ? rate : null);
  }
}
