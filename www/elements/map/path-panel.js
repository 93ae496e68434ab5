// A way between two points of the plane: as an animation, or side by side for those who want nothing to move.

import { h, styleSheet } from '../dom.js';
import { paint } from '../pixels.js';
import { Player, toAndFro } from '../player.js';
import { evenly } from './way.js';

/** @typedef {import('../words.js').Words} Words */

/** How many digits a way has, its ends included. */
export const STEPS = 49;
/** How many of them are shown side by side. */
const ASIDE = 9;

export const pathSheet = styleSheet(`
  .path .way { display: grid; grid-template-columns: 3rem minmax(0, 1fr) 3rem; gap: 0.75rem; align-items: center; margin-top: 0.6rem; }
  .path .way input { width: 100%; margin: 0; min-height: 2rem; }
  .path .between { width: 8rem; margin: 0.6rem auto; }
  .path .aside { display: grid; grid-template-columns: repeat(${ASIDE}, minmax(0, 1fr)); gap: 0.2rem; margin: 0.6rem 0; }
  .path .row { display: flex; flex-wrap: wrap; gap: 0.4rem; justify-content: center; }
`);

export class PathPanel {
  /** Whether a reader wants nothing to move. */
  #still = matchMedia('(prefers-reduced-motion: reduce)');
  #words;
  #onStep;
  #title = h('h3');
  #hint = h('p', { className: 'hint' });
  #from = h('canvas', { width: 28, height: 28, className: 'ink', role: 'img' });
  #to = h('canvas', { width: 28, height: 28, className: 'ink', role: 'img' });
  #between = h('canvas', { width: 28, height: 28, className: 'between ink', role: 'img' });
  #aside = h('div', { className: 'aside', role: 'img' });
  #slider = h('input', {
    type: 'range',
    min: 0,
    max: STEPS - 1,
    value: 0,
    disabled: true,
    oninput: () => {
      this.pause();
      this.#show();
    },
  });
  #player = new Player(
    () => this.#words(),
    () => toAndFro(this.#slider, () => this.#show()),
  );
  #forget = h('button', { type: 'button', disabled: true });
  /** @type {readonly ImageData[]} */
  #frames = [];

  element = h(
    'section',
    { className: 'path' },
    this.#title,
    this.#hint,
    h('div', { className: 'way' }, this.#from, this.#slider, this.#to),
    this.#between,
    this.#aside,
    h('div', { className: 'row' }, this.#player.button, this.#forget),
  );

  /**
   * @param {() => Words} words
   * @param {{ onStep: (index: number) => void, onForget: () => void }} calls `onStep` is called with each digit that is shown
   */
  constructor(words, { onStep, onForget }) {
    this.#words = words;
    this.#onStep = onStep;
    this.#forget.addEventListener('click', onForget);
    this.#still.addEventListener('change', () => this.#follow());
    this.#follow();
  }

  localize() {
    const words = this.#words();
    this.#title.textContent = words.map.path;
    this.#hint.textContent = words.map.pathHint;
    this.#forget.textContent = words.map.forget;
    this.#slider.setAttribute('aria-label', words.walkPosition);
    this.#from.setAttribute('aria-label', words.from);
    this.#to.setAttribute('aria-label', words.to);
    this.#between.setAttribute('aria-label', words.map.between);
    this.#aside.setAttribute('aria-label', words.map.aside);
    this.#player.localize();
  }

  /** So many ends are picked. @param {number} count */
  set picked(count) {
    this.#forget.disabled = count === 0;
  }

  /** Shows a way. @param {readonly ImageData[]} frames @param {boolean} plays */
  take(frames, plays) {
    if (!plays) return this.#take(frames, Number(this.#slider.value));
    this.#take(frames, 0);
    if (!this.#still.matches) this.#player.toggle();
  }

  clear() {
    this.#take([], 0);
  }

  pause() {
    this.#player.pause();
  }

  /** @param {readonly ImageData[]} frames @param {number} index the one that is shown */
  #take(frames, index) {
    if (index === 0 || frames.length === 0) this.pause();
    this.#frames = frames;
    this.#slider.value = String(index);
    this.#slider.disabled = this.#player.button.disabled = frames.length === 0;
    const ends = [frames[0], frames.at(-1)];
    [this.#from, this.#to].forEach((canvas, end) => this.#paint(canvas, ends[end]));
    [...this.#aside.children].forEach((canvas, place) =>
      this.#paint(/** @type {HTMLCanvasElement} */ (canvas), evenly(frames, ASIDE)[place]),
    );
    this.#show();
  }

  /** @param {HTMLCanvasElement} canvas @param {ImageData | undefined} image */
  #paint(canvas, image) {
    if (image) paint(canvas, image);
    else canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
  }

  #show() {
    const index = Number(this.#slider.value);
    this.#paint(this.#between, this.#frames[index]);
    this.#slider.setAttribute('aria-valuetext', this.#words().map.pathStep(index + 1, STEPS));
    this.#onStep(index);
  }

  /** Follows what the reader wants of motion. */
  #follow() {
    if (this.#still.matches) this.pause();
    if (!this.#aside.childElementCount) {
      const canvas = () => h('canvas', { width: 28, height: 28, className: 'ink' });
      this.#aside.append(...Array.from({ length: ASIDE }, canvas));
    }
    this.#aside.hidden = !this.#still.matches;
    this.#player.button.hidden = this.#still.matches;
  }
}
