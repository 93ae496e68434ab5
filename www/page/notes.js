// What Hearth passed over in a model that a visitor chose.

import { h } from '../elements/dom.js';
import { spoken } from './language.js';

/** More than this many are folded away. */
const FEW = 3;

/** Shows the warnings of an element's model in a note below it. @param {HTMLElement} element */
export function noteWarnings(element) {
  const title = h('summary');
  title.dataset.text = 'warnings';
  const list = h('ul', { lang: 'en' });
  const note = h('details', { className: 'warnings', hidden: true }, title, list);
  element.after(note);
  element.addEventListener('progress', () => (note.hidden = true));
  element.addEventListener('load', (event) => {
    const { warnings } = /** @type {CustomEvent<{ warnings: string[] }>} */ (event).detail;
    title.textContent = spoken().warnings;
    list.replaceChildren(...warnings.map((textContent) => h('li', { textContent })));
    note.hidden = warnings.length === 0;
    note.open = warnings.length <= FEW;
  });
}
