// The form of a text: its beginning, its seed, and the buttons that write it.

import { setAttribute } from '../attributes.js';
import { h, label, numberField, setLabel, styleSheet } from '../dom.js';

export const formSheet = styleSheet(`
  .beginning { flex: 1 1 100%; }
  .beginning textarea { width: 100%; resize: vertical; line-height: 1.5; }
  .seed input { width: 11.5rem; }
`);

/** The form. */
export class PromptForm {
  #prompt = h('textarea', { name: 'prompt', rows: 2, dir: 'auto' });
  #seed = numberField('seed', 16);
  #write = h('button', { className: 'main' });
  #another = h('button', { type: 'button' });
  #promptLabel = Object.assign(label(this.#prompt), { className: 'beginning' });
  #seedLabel = Object.assign(label(this.#seed), { className: 'seed' });

  element = h('form', { id: 'write' }, this.#promptLabel, this.#write, this.#another, this.#seedLabel);

  /** @param {{ onWrite: () => void, onAnother: () => void }} calls */
  constructor({ onWrite, onAnother }) {
    const write = (/** @type {Event} */ event) => {
      event.preventDefault();
      onWrite();
    };
    this.element.addEventListener('submit', write);
    this.#prompt.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) write(event);
    });
    this.#another.addEventListener('click', onAnother);
  }

  /** Whether there is only the prompt and a button. @param {boolean} bare */
  set bare(bare) {
    this.#another.hidden = this.#seedLabel.hidden = bare;
  }

  /** @param {number | string} seed */
  set seed(seed) {
    this.#seed.value = String(seed);
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    setLabel(this.#prompt, words.prompt);
    this.#prompt.placeholder = words.promptHint;
    setLabel(this.#seed, words.seed);
    this.#write.textContent = words.writeText;
    this.#another.textContent = words.regenerate;
  }

  /** Shows what an attribute asks for. @param {Element} element @param {string} attribute */
  read(element, attribute) {
    const text = element.getAttribute(attribute) ?? '';
    if (attribute === 'prompt') this.#prompt.value = text;
    if (attribute === 'seed') this.#seed.value = text;
  }

  /** Makes an element's attributes ask for what the fields say. @param {Element} element */
  write(element) {
    setAttribute(element, 'prompt', this.#prompt.value);
    setAttribute(element, 'seed', this.#seed.value.trim() || null);
  }
}
