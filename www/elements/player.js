// A button that plays pictures one after the other, and pauses.

import { h } from './dom.js';

/** The button. What it plays is up to its owner. */
export class Player {
  #words;
  #begin;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  button = h('button', { type: 'button', disabled: true, onclick: () => this.toggle() });

  /**
   * @param {() => import('./words.js').Words} words
   * @param {() => { next: () => void, every: number }} begin called whenever it begins to play: what shows the next
   *   picture, and how many milliseconds each stays
   */
  constructor(words, begin) {
    this.#words = words;
    this.#begin = begin;
  }

  localize() {
    this.button.textContent = this.#timer === undefined ? this.#words().play : this.#words().pause;
  }

  toggle() {
    if (this.#timer !== undefined) return this.pause();
    const { next, every } = this.#begin();
    this.#timer = setInterval(next, every);
    this.localize();
  }

  pause() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.localize();
  }
}

/** How long each picture of a way from one to another stays. */
const FRAME_MS = 60;

/**
 * What plays the pictures of a slider to their end, then back, and so on.
 * @param {HTMLInputElement} slider
 * @param {() => void} show shows the one that it is at
 */
export function toAndFro(slider, show) {
  let direction = 1;
  const next = () => {
    const step = Number(slider.value) + direction;
    if (step < 0 || step > Number(slider.max)) direction = -direction;
    else slider.value = String(step);
    show();
  };
  return { next, every: FRAME_MS };
}
