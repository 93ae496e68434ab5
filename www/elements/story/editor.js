// The text as a reader changes it. Its scenes are then found anew.

import { h, label, setLabel, styleSheet } from '../dom.js';

export const editorSheet = styleSheet(`
  .editor { display: grid; gap: 0.75rem; margin-top: 1.5rem; padding: clamp(1rem, 4cqi, 2.6rem); border: 1px solid var(--line); border-radius: 1.1rem; background: var(--leaf); }
  .editor textarea { width: 100%; min-height: 18rem; resize: vertical; background: var(--paper); font: 1.17rem/1.65 var(--serif); padding: 0.75rem 1rem; }
  .editor div { display: flex; flex-wrap: wrap; gap: 0.5rem; }
`);

/** The form in place of the book. */
export class TextEditor {
  #text = h('textarea', { name: 'text', dir: 'auto' });
  #find = h('button', { className: 'main' });
  #cancel = h('button', { type: 'button' });

  element = h(
    'form',
    { className: 'editor', hidden: true },
    label(this.#text),
    h('div', {}, this.#find, this.#cancel),
  );

  /** @param {{ onText: (text: string) => void, onClose: () => void }} calls */
  constructor({ onText, onClose }) {
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#text.value.trim()) onText(this.#text.value.trim());
    });
    this.element.addEventListener('keydown', ({ key }) => key === 'Escape' && onClose());
    this.#cancel.addEventListener('click', onClose);
  }

  /** @param {string} text */
  open(text) {
    this.element.hidden = false;
    this.#text.value = text;
    this.#text.focus();
    this.#text.setSelectionRange(0, 0);
  }

  close() {
    this.element.hidden = true;
  }

  /** @param {import('../words.js').Words} words */
  localize({ story }) {
    setLabel(this.#text, story.text);
    this.#find.textContent = story.findScenes;
    this.#cancel.textContent = story.cancel;
  }
}
