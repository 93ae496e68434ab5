// The pictures that were drawn before, small, in a row. Pressing one draws it again.

import { h, styleSheet } from '../dom.js';

/** How many are kept. */
const MOST = 12;
/** Pixels of a side. */
const SIDE = 64;

export const earlierSheet = styleSheet(`
  .earlier { display: flex; gap: 0.4rem; overflow-x: auto; min-height: 4.5rem; padding: 0.25rem; }
  .earlier[hidden] { display: none; }
  .earlier button { flex: none; padding: 0; min-height: 0; border-radius: 0.5rem; overflow: hidden; line-height: 0; }
  .earlier canvas { width: 4rem; height: 4rem; }
`);

/** The row of them. */
export class Earlier {
  #onPick;

  element = h('div', { className: 'earlier', role: 'group', hidden: true });

  /** @param {(attributes: Record<string, string>) => void} onPick */
  constructor(onPick) {
    this.#onPick = onPick;
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    this.element.setAttribute('aria-label', words.earlierPictures);
  }

  /**
   * Adds a picture, the newest first. One that is there already moves to the front.
   * @param {ImageData} image
   * @param {Record<string, string>} attributes that draw it again
   */
  add(image, attributes) {
    const key = JSON.stringify(attributes);
    const row = this.element;
    const known = [...row.children].find((child) => /** @type {HTMLElement} */ (child).dataset.key === key);
    row.prepend(known ?? this.#button(image, attributes, key));
    while (row.childElementCount > MOST) row.lastElementChild?.remove();
    row.hidden = row.childElementCount < 2; // the first is the one on show
  }

  /** @param {ImageData} image @param {Record<string, string>} attributes @param {string} key */
  #button(image, attributes, key) {
    const canvas = h('canvas', { width: SIDE, height: SIDE });
    const button = h(
      'button',
      { type: 'button', title: attributes.prompt, onclick: () => this.#onPick(attributes) },
      canvas,
    );
    button.dataset.key = key;
    button.setAttribute('aria-label', attributes.prompt);
    createImageBitmap(image, { resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: 'high' }).then(
      (bitmap) => canvas.getContext('2d')?.drawImage(bitmap, 0, 0),
      () => {}, // a picture without its small copy still has its name
    );
    return button;
  }
}
