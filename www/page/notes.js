// What Hearth passed over in a model that a visitor chose.

import { h } from '../elements/dom.js';

/** More than this many are folded away. */
const FEW = 3;

/** Shows the warnings of an element's model in a note. @param {HTMLElement} element @param {HTMLDetailsElement} note */
export function showWarnings(element, note) {
  element.addEventListener('progress', () => (note.hidden = true));
  element.addEventListener('load', (event) => {
    const { warnings } = /** @type {CustomEvent<{ warnings: string[] }>} */ (event).detail;
    note.querySelector('ul')?.replaceChildren(...warnings.map((textContent) => h('li', { textContent })));
    note.hidden = warnings.length === 0;
    note.open = warnings.length <= FEW;
  });
}
