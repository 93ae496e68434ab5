// The words of a prompt, of which a visitor chooses one or none.

import { h, styleSheet } from '../../dom.js';
import { Choices } from '../choices.js';

/** @typedef {import('../../words.js').Words} Words */

const NONE = 'none';

export const wordChoiceSheet = styleSheet(`
  .prompt-words .choices label {
    min-height: 2.25rem; padding-block: 0.2rem;
    background: color-mix(in srgb, var(--ember) calc(var(--tint, 0) * 42%), var(--paper));
  }
`);

/** The choice. */
export class WordChoice {
  #onChoice;
  /** @type {Words | null} */
  #words = null;
  /** @type {Choices<string>} */
  #choices;

  /** @type {readonly string[]} */
  prompt = [];
  element = h('div', { className: 'prompt-words' });

  /** @param {() => void} onChoice called when a visitor chooses another word, or none */
  constructor(onChoice) {
    this.#onChoice = onChoice;
    this.#choices = this.#build();
  }

  /** The index of the word that is chosen. @returns {number | null} */
  get word() {
    return this.#choices.value === NONE ? null : Number(this.#choices.value);
  }

  /** @param {Words} words */
  localize(words) {
    this.#words = words;
    this.#name();
  }

  /** Offers the words of a prompt. A word that was chosen in the one before stays chosen. @param {readonly string[]} prompt */
  offer(prompt) {
    if (prompt.join('\n') === this.prompt.join('\n')) return;
    const chosen = this.word === null ? -1 : prompt.indexOf(this.prompt[this.word]);
    this.prompt = prompt;
    this.#choices = this.#build();
    if (chosen >= 0) this.#choices.value = String(chosen);
    this.#name();
  }

  /** Colours the words by how much they weigh. @param {readonly number[]} weights of each, or of none */
  tint(weights) {
    const most = Math.max(Number.MIN_VALUE, ...weights);
    const [, ...labels] = /** @type {HTMLElement[]} */ ([...this.#choices.element.children]);
    labels.forEach(({ style }, word) =>
      style.setProperty('--tint', ((weights[word] ?? 0) / most).toFixed(3)),
    );
  }

  #build() {
    const choices = new Choices('word', [NONE, ...Object.keys(this.prompt)], this.#onChoice);
    // The words go in the direction that they are written in, whichever that of the first choice is.
    choices.element.dir = 'auto';
    /** @type {HTMLElement} */ (choices.element.firstElementChild).dir = 'ltr';
    this.element.replaceChildren(choices.element);
    return choices;
  }

  #name() {
    if (!this.#words) return;
    const { wordsOfPrompt, noWord } = this.#words;
    this.#choices.localize(wordsOfPrompt, { [NONE]: noWord, ...Object.fromEntries(this.prompt.entries()) });
  }
}
