// What a visitor can do with a finished picture: download it, download the animation of its steps, edit it.

import { h, styleSheet } from '../dom.js';
import { download, pngOf } from '../download.js';
import { animationOf } from './animation.js';

/** The least height of a saved picture. */
const MIN_HEIGHT = 224;

export const actionsSheet = styleSheet(`
  .actions { display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: center; margin: 1rem 0 0.25rem; }
`);

/** The row of buttons under the pictures. */
export class Actions {
  #timeline;
  #png = h('button', { type: 'button', disabled: true, onclick: () => this.#save() });
  #film = h('button', { type: 'button', disabled: true });
  #take = h('button', { type: 'button', disabled: true });
  #slot = h('slot', { name: 'actions' });

  element = h('div', { className: 'actions' }, this.#png, this.#film, this.#take, this.#slot);

  /** The seed of the picture, which its files are named after. */
  seed = 0;
  /** Whether the pictures are ink on paper. */
  ink = true;

  /**
   * @param {import('./timeline.js').Timeline} timeline
   * @param {{ onFilm: () => void, onTake: () => void }} calls
   */
  constructor(timeline, { onFilm, onTake }) {
    this.#timeline = timeline;
    this.#film.addEventListener('click', onFilm);
    this.#take.addEventListener('click', onTake);
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    this.#png.textContent = words.download;
    this.#film.textContent = words.downloadAnimation;
    this.#take.textContent = words.editPicture;
  }

  /** Shows what there is to do in a mode. @param {'noise' | 'picture' | 'compare'} mode */
  show(mode) {
    for (const button of [this.#png, this.#film, this.#take]) button.hidden = mode === 'compare';
    this.#slot.hidden = mode !== 'noise'; // what a visitor had a hand in has no address
    this.update();
  }

  update() {
    const { picture, frames } = this.#timeline;
    this.#png.disabled = this.#take.disabled = picture === null;
    this.#film.disabled = frames.length < 2;
  }

  /** Saves all steps as an animation. @param {AbortSignal} signal */
  async saveFilm(signal) {
    const { picture, frames } = this.#timeline;
    if (!picture) return;
    const how = { ink: this.ink, scale: scaleOf(picture) };
    download(await animationOf(frames, picture, how, signal), `hearth-image-${this.seed}-steps.png`);
  }

  async #save() {
    const { picture } = this.#timeline;
    if (!picture) return;
    const png = await pngOf([picture], { ink: this.ink, scale: scaleOf(picture) });
    download(png, `hearth-image-${this.seed}.png`);
  }
}

/** The side of the square that each pixel becomes in a file. @param {ImageData} picture */
function scaleOf({ height }) {
  return Math.max(1, Math.ceil(MIN_HEIGHT / height));
}
