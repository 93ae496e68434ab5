// The texts on show: one, or several with a button each to go on with it.

import { h, styleSheet } from '../dom.js';
import { TextView } from './view.js';

/**
 * @typedef {import('../../types.d.ts').GeneratedText} GeneratedText
 * @typedef {import('./tokens.js').Token} Token
 * @typedef {import('./view.js').Mode} Mode
 *
 * What a visitor can ask for.
 * @typedef {object} Calls
 * @property {(view: TextView, index: number, token: Token, ends: boolean) => void} onPick replaces a token
 * @property {(view?: TextView) => void} onContinue
 */

export const textsSheet = styleSheet(`
  .texts { min-height: 5lh; margin: 1rem 0 0.5rem; font: 1.08rem/1.75 ui-serif, Georgia, 'Noto Serif', 'Noto Serif CJK SC', serif; }
  :host([controls]) .texts { min-height: 8.5lh; } /* about 120 tokens of a wide font: what is below stays where it is */
  @media (max-width: 40rem) { :host([controls]) .texts { min-height: 14lh; } }
  :host([controls]:not([prompt])) .texts:empty { min-height: 0; margin: 0.75rem 0 0; } /* it waits for a reader, who expects something to move */
  .texts.many .item { border-inline-start: 3px solid var(--line); padding-inline-start: 0.8rem; margin-bottom: 1rem; }
  .texts:not(.many) .item > button { display: none; }
  .item > button { font: 0.85rem system-ui, sans-serif; min-height: 2rem; margin-top: 0.3rem; }
`);

/** Texts after the same prompt. */
export class Texts {
  #words;
  #calls;
  #prompt = '';
  /** @type {readonly number[]} */
  #promptIds = [];
  /** @type {TextView[]} */
  #views = [];
  /** @type {Mode} */
  #mode = 'reading';

  element = h('div', { className: 'texts' });
  /** Goes on with the text when there is only one. */
  button = h('button', { type: 'button', disabled: true, onclick: () => this.#calls.onContinue() });

  /** @param {() => import('../words.js').Words} words @param {Calls} calls */
  constructor(words, calls) {
    this.#words = words;
    this.#calls = calls;
  }

  get views() {
    return this.#views;
  }

  /** The first text, prompt included. */
  get text() {
    return this.#prompt + (this.#views[0]?.text ?? '');
  }

  /** How many tokens the prompt has. */
  get promptLength() {
    return this.#promptIds.length;
  }

  /** A text as a prompt: the ids of the prompt's tokens and of those after it. @param {readonly Token[]} tokens */
  idsOf(tokens) {
    return [...this.#promptIds, ...tokens.map(({ token_id }) => token_id)];
  }

  localize() {
    const { goOn } = this.#words();
    for (const button of this.#buttons) button.textContent = goOn;
  }

  /** Makes room for new texts. @param {string} prompt @param {readonly number[]} promptIds @param {number} count */
  begin(prompt, promptIds, count) {
    this.#prompt = prompt;
    this.#promptIds = promptIds;
    this.#layOut(Array.from({ length: count }, (_, index) => this.#views[index] ?? this.#newView()));
    for (const view of this.#views) view.begin(prompt);
  }

  /** Keeps one of the texts, as these tokens after the prompt. @param {TextView} view @param {Token[]} tokens */
  keep(view, tokens) {
    this.#layOut([view]);
    view.begin(this.#prompt, tokens);
  }

  /**
   * Takes the finished texts of a call.
   * @param {readonly GeneratedText[]} sequences
   * @param {Token[] | null} before the tokens that a beam search continued, whose texts come only at its end; else null
   */
  finish(sequences, before) {
    if (before && sequences.length > 1) this.begin(this.#prompt, this.#promptIds, sequences.length);
    sequences.forEach(({ generated_text, token_ids, finish_reason }, index) => {
      const view = this.#views[index];
      if (before) {
        // For a beam only the text of all its tokens together is known.
        const last = token_ids.length - (finish_reason === 'eos-token' ? 2 : 1);
        const tokens = token_ids.map((token_id, at) => ({
          token_id,
          text: at === last ? generated_text : '',
        }));
        view.begin(this.#prompt, [...before, ...tokens]);
      }
      if (finish_reason === 'eos-token') view.end();
    });
  }

  /**
   * The texts on show in the form that a call returns, with earlier tokens and those that a visitor has picked.
   * @param {readonly Pick<GeneratedText, 'finish_reason'>[]} ends how each has ended
   * @param {boolean} isFull with the prompt
   * @returns {GeneratedText[]}
   */
  sequences(ends, isFull) {
    return ends.map(({ finish_reason }, index) => ({
      generated_text: (isFull ? this.#prompt : '') + this.#views[index].text,
      token_ids: this.#views[index].tokens.map(({ token_id }) => token_id),
      finish_reason,
    }));
  }

  /** Whether more is to come. @param {boolean} writing */
  set writing(writing) {
    for (const button of this.#buttons) button.disabled = writing;
    this.element.setAttribute('aria-busy', String(writing));
    for (const view of this.#views) view.writing = writing;
  }

  /** @param {Mode} mode */
  set mode(mode) {
    this.#mode = mode;
    for (const view of this.#views) view.mode = mode;
  }

  /** @returns {HTMLButtonElement[]} */
  get #buttons() {
    return [this.button, ...this.element.querySelectorAll(/** @type {'button'} */ ('.item > button'))];
  }

  /** @param {TextView[]} views */
  #layOut(views) {
    this.#views = views;
    const isMany = views.length > 1;
    const items = views.map(({ element }) => /** @type {HTMLElement} */ (element.parentElement));
    for (const item of items) {
      if (isMany) item.setAttribute('role', 'listitem');
      else item.removeAttribute('role');
    }
    if (isMany) this.element.setAttribute('role', 'list');
    else this.element.removeAttribute('role');
    this.element.classList.toggle('many', isMany);
    this.button.hidden = isMany;
    this.element.replaceChildren(...items);
    this.mode = this.#mode;
  }

  #newView() {
    const view = new TextView(this.#words, (...pick) => this.#calls.onPick(view, ...pick));
    const button = h('button', {
      type: 'button',
      textContent: this.#words().goOn,
      onclick: () => this.#calls.onContinue(view),
    });
    h('div', { className: 'item' }, view.element, button);
    return view;
  }
}
