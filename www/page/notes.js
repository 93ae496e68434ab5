// What Hearth has to say of a model that a visitor chose: what it passed over in the model's files.

import { h } from '../elements/dom.js';

/** More than this many are folded away. */
const FEW = 3;

/** Shows the warnings of an element's model below the element. @param {HTMLElement} element */
export function showWarnings(element) {
  const summary = h('summary');
  summary.dataset.text = 'warnings';
  const list = h('ul', { lang: 'en' }); // as the engine says them
  const note = h('details', { className: 'warnings', hidden: true }, summary, list);
  element.after(note);
  element.addEventListener('progress', () => (note.hidden = true));
  element.addEventListener('load', (event) => {
    const { warnings } = /** @type {CustomEvent<{ warnings: string[] }>} */ (event).detail;
    list.replaceChildren(...warnings.map((textContent) => h('li', { textContent })));
    note.hidden = warnings.length === 0;
    note.open = warnings.length <= FEW;
  });
}
