// A walk from one digit to another through the latent space, by a slider or by itself.

import { h, styleSheet } from '../dom.js';
import { paint } from '../pixels.js';
import { Player, toAndFro } from '../player.js';

/** @typedef {import('../../types.d.ts').JudgedImage} JudgedImage */

/** How many pictures a walk has, its ends included. */
export const WALK_STEPS = 33;
const SIZE = 28;

export const walkSheet = styleSheet(`
  .walk { border-top: 1px solid var(--line); margin-top: 1rem; padding-top: 1rem; }
  .walk h3 { margin: 0; font-size: 1.05rem; }
  .way { display: grid; grid-template-columns: 3rem minmax(0, 1fr) 3rem; gap: 0.75rem; align-items: center; margin-top: 0.75rem; }
  .way input { width: 100%; margin: 0; }
  .between { width: min(9rem, 50%); margin: 0.75rem auto; }
  .walk button { display: block; margin: 0 auto; }
`);

/** The panel under the digits. */
export class WalkPanel {
  #words;
  #title = h('h3');
  #hint = h('p', { className: 'hint' });
  #from = h('canvas', { width: SIZE, height: SIZE, className: 'ink' });
  #to = h('canvas', { width: SIZE, height: SIZE, className: 'ink' });
  #between = h('canvas', { width: SIZE, height: SIZE, className: 'between ink', role: 'img' });
  #slider = h('input', {
    type: 'range',
    min: 0,
    max: WALK_STEPS - 1,
    value: 0,
    disabled: true,
    oninput: () => this.#show(),
  });
  #player = new Player(
    () => this.#words(),
    () => toAndFro(this.#slider, () => this.#show()),
  );
  /** @type {JudgedImage[]} */
  #frames = [];

  /** What there is once two digits are picked. */
  #way = h(
    'div',
    { hidden: true },
    h('div', { className: 'way' }, this.#from, this.#slider, this.#to),
    this.#between,
    this.#player.button,
  );

  element = h('section', { className: 'walk' }, this.#title, this.#hint, this.#way);

  /** @param {() => import('../words.js').Words} words */
  constructor(words) {
    this.#words = words;
  }

  localize() {
    const words = this.#words();
    this.#title.textContent = words.walk;
    this.#hint.textContent = words.walkHint;
    this.#slider.setAttribute('aria-label', words.walkPosition);
    this.#from.setAttribute('aria-label', words.from);
    this.#to.setAttribute('aria-label', words.to);
    this.#between.setAttribute('aria-label', words.walk);
    this.#player.localize();
  }

  /** Shows the two ends of a walk. @param {JudgedImage} from @param {JudgedImage} to */
  begin(from, to) {
    this.#way.hidden = false;
    paint(this.#from, from);
    paint(this.#to, to);
  }

  /** Plays a walk. @param {JudgedImage[]} frames */
  play(frames) {
    this.#take(frames);
    this.#player.toggle();
  }

  clear() {
    this.#take([]);
    this.#way.hidden = true;
  }

  pause() {
    this.#player.pause();
  }

  /** @param {JudgedImage[]} frames */
  #take(frames) {
    this.pause();
    this.#frames = frames;
    this.#slider.value = '0';
    this.#slider.disabled = this.#player.button.disabled = frames.length === 0;
    this.#show();
  }

  #show() {
    const frame = this.#frames[Number(this.#slider.value)];
    if (frame) return paint(this.#between, frame);
    for (const canvas of [this.#from, this.#to, this.#between])
      canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
  }
}
