// What to draw and what not to: the texts of a picture's form, and what of them the model did not read.

import { h, label, setLabel, styleSheet } from '../dom.js';

export const promptSheet = styleSheet(`
  .prompts { flex: 1 1 100%; display: grid; gap: 0.5rem; min-width: 0; }
  .prompts textarea { width: 100%; resize: vertical; line-height: 1.5; }
  /* It always has its line, so that nothing moves when there is something to say. */
  .prompts .read { margin: 0; min-height: 1.5em; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .prompts .read.cut { color: var(--ember); }
`);

/** The two fields and the line between them. */
export class PromptFields {
  #read = h('p', { className: 'hint read', id: 'prompt-read', 'aria-live': 'polite' });
  /** @type {string | null} */
  #truncated = null;
  /** @type {string | null} */
  #understood = null;
  /** @type {import('../words.js').Words | null} */
  #words = null;

  prompt = h('textarea', { name: 'prompt', rows: 2, dir: 'auto' });
  negative = h('textarea', { name: 'negative_prompt', rows: 1, dir: 'auto' });

  #negativeLabel = label(this.negative);

  element = h('div', { className: 'prompts' }, label(this.prompt), this.#read, this.#negativeLabel);

  constructor() {
    this.prompt.setAttribute('aria-describedby', this.#read.id);
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.prompt.form?.requestSubmit();
    });
  }

  /** Whether the rest of the form is to be seen, and with it what not to draw. @param {boolean} open */
  set open(open) {
    this.#negativeLabel.hidden = !open;
  }

  /** The end of the prompt that was too long for the model. @param {string | null} text */
  set truncated(text) {
    if (this.#truncated === text) return;
    this.#truncated = text;
    this.#say();
  }

  /** The prompt in the model's own words, where it has others. @param {string | null} text */
  set understood(text) {
    if (this.#understood === text) return;
    this.#understood = text;
    this.#say();
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    this.#words = words;
    setLabel(this.prompt, words.imageOptions.prompt);
    setLabel(this.negative, words.imageOptions.negative_prompt);
    this.prompt.placeholder = words.imagePromptHint;
    this.#say();
  }

  #say() {
    if (!this.#words) return;
    const { promptKeys, promptCut, promptUnderstood } = this.#words;
    const drawn = this.#understood === null ? promptKeys : promptUnderstood(this.#understood);
    const text = this.#truncated === null ? drawn : promptCut(this.#truncated);
    this.#read.textContent = this.#read.title = text;
    this.#read.classList.toggle('cut', this.#truncated !== null);
  }
}
