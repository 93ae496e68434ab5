// What a visitor can do with a picture that was made: keep it, keep how it came about, go on with it.

import { h } from '../base.js';
import { saveAnimation, savePicture } from './animation.js';

export const madeSheet = new CSSStyleSheet();
madeSheet.replaceSync(`
  .made { display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: center; margin: 1rem 0 0.25rem; }
`);

/** The row of buttons under the pictures. */
export class Made {
  #timeline;
  #png = h('button', { type: 'button', disabled: true, onclick: () => this.#save() });
  #film = h('button', { type: 'button', disabled: true });
  #take = h('button', { type: 'button', disabled: true });
  #actions = h('slot', { name: 'actions' });

  element = h('div', { className: 'made' }, this.#png, this.#film, this.#take, this.#actions);

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
    this.#actions.hidden = mode !== 'noise'; // what a visitor had a hand in has no address
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
    if (picture) await saveAnimation(frames, picture, this.ink, `hearth-image-${this.seed}-steps`, signal);
  }

  async #save() {
    const { picture } = this.#timeline;
    if (picture) await savePicture(picture, this.ink, `hearth-image-${this.seed}`);
  }
}
