// A text as it is written, to read or to look inside.

import { h, styleSheet } from '../dom.js';
import { percent } from '../units.js';
import { AttentionView } from './attention.js';
import { Cells } from './cells.js';
import { popupList } from './popup.js';
import { completed, shown, surprise } from './tokens.js';

/**
 * @typedef {import('./tokens.js').Token} Token
 * @typedef {import('./tokens.js').Piece} Piece
 * @typedef {import('../words.js').Words} Words
 * @typedef {'reading' | 'probabilities' | 'attention'} Mode
 */

export const textSheet = styleSheet(`
  /* Each paragraph has a direction of its own. */
  .text { position: relative; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
  .prompt { color: var(--soft); }
  .probabilities .alive .cell { box-shadow: inset 0 calc(var(--tint, 0) * -0.28em) 0 -0.02em var(--ember); }
  /* The cursor is a border and no character, which would be of another font than the text and move the line. */
  .writing { border-inline-end: 0.45em solid var(--ember); padding-inline-end: 0.08em; animation: blink 1s steps(2) infinite; }
  @keyframes blink { 50% { border-color: transparent; } }
  @media (prefers-reduced-motion: reduce) { .writing { animation: none; } }
`);

/** One text. */
export class TextView {
  #words;
  #onPick;
  #prompt = '';
  /** @type {Token[]} */
  #tokens = [];
  /** The pieces on show, one for each cell. @type {Piece[]} */
  #pieces = [];
  /** The first token that no piece has. */
  #rest = 0;
  #frame = 0;
  #ended = false;
  /** @type {Mode} */
  #mode = 'reading';

  #promptText = h('span', { className: 'prompt' });
  #preview = h('span');
  #written = new Cells({
    name: (index) => this.#nameOf(index),
    content: (index) => this.#alternatives(index),
  });
  #reading = h('span', {}, this.#promptText, this.#written.element, this.#preview);
  #attention = new AttentionView(() => this.#words());

  element = h(
    'div',
    { className: 'text reading', part: 'text', dir: 'auto' },
    this.#reading,
    this.#attention.element,
    this.#written.popup,
    this.#attention.popup,
  );

  /**
   * @param {() => Words} words
   * @param {(index: number, token: Token, ends: boolean) => void} onPick replaces a token
   */
  constructor(words, onPick) {
    this.#words = words;
    this.#onPick = onPick;
  }

  /** The tokens after the prompt, those that are part of an incomplete character too. */
  get tokens() {
    return this.#tokens;
  }

  /** What has been written after the prompt. */
  get text() {
    return this.#tokens.map(({ text }) => text).join('');
  }

  /** Shows a prompt, and what has been written after it already. @param {string} prompt @param {Token[]} [tokens] */
  begin(prompt, tokens = []) {
    const differs = tokens.findIndex((token, index) => token !== this.#tokens[index]);
    const same = prompt !== this.#prompt ? 0 : differs < 0 ? tokens.length : differs;
    this.#prompt = this.#promptText.textContent = prompt;
    this.keep(same); // what stays is not drawn again
    this.append(...tokens.slice(same));
    this.flush();
  }

  /** Keeps the first tokens and removes the rest. @param {number} count */
  keep(count) {
    this.flush();
    this.#ended = false;
    this.#preview.textContent = '';
    this.#tokens.length = Math.min(count, this.#tokens.length);
    const whole = this.#pieces.findIndex(({ end }) => end > count);
    if (whole >= 0) {
      this.#pieces.length = whole;
      this.#written.truncate(whole);
    }
    this.#rest = this.#pieces.at(-1)?.end ?? 0;
    this.attention = null;
  }

  /** Adds tokens, which are seen from the next frame on. @param {Token[]} tokens */
  append(...tokens) {
    this.#tokens.push(...tokens);
    this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  /** Shows what has been added at once. */
  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    /** @type {HTMLElement[]} */
    const cells = [];
    const from = this.#pieces.length;
    for (let index = this.#rest; index < this.#tokens.length; index++) {
      const { text } = this.#tokens[index];
      const isEnd = this.#ended && index === this.#tokens.length - 1;
      if (text === '' && !isEnd) continue; // a part of a character, which a later token completes
      this.#pieces.push({ text, first: this.#rest, end: index + 1 });
      this.#rest = index + 1;
      cells.push(h('span', { textContent: text }));
    }
    cells.forEach((cell, index) => {
      const share = this.#share(from + index);
      if (share !== undefined) cell.style.setProperty('--tint', surprise(share).toFixed(3));
    });
    this.#written.append(...cells);
  }

  /** Moves the focus to a token without its pop-up. @param {number} index */
  focus(index) {
    const piece = this.#pieces.findIndex(({ end }) => end > index);
    this.#written.focus(piece, { quietly: true });
  }

  /** Shows a text that may still change as a whole: the best beam so far. @param {string} text */
  preview(text) {
    this.#preview.textContent = text;
  }

  /** Whether more is to come. @param {boolean} writing */
  set writing(writing) {
    this.#reading.classList.toggle('writing', writing);
    if (!writing) this.flush();
  }

  /** Whether the model has ended the text with its last token. */
  get ended() {
    return this.#ended;
  }

  end() {
    this.#ended = true;
    this.flush();
  }

  /** Whether the attention of a head over the text is known. */
  get isLookedAt() {
    return this.#attention.isKnown;
  }

  /** @param {Mode} mode */
  set mode(mode) {
    this.#mode = mode;
    const { textLabel } = this.#words();
    this.element.className = `text ${mode}`;
    const isHead = mode === 'attention' && this.#attention.isKnown;
    this.#reading.hidden = isHead;
    this.#written.live(mode === 'probabilities', textLabel);
    this.#attention.live(isHead, textLabel);
  }

  /** Takes the attention of a head over prompt and text. @param {import('../../types.d.ts').Attention | null} attention */
  set attention(attention) {
    this.#attention.take(attention, this.#prompt + this.text);
    this.mode = this.#mode;
  }

  /** The probability of a piece: that of all its tokens. @param {number} index @returns {number | undefined} */
  #share(index) {
    const { first, end } = this.#pieces[index];
    const logprobs = this.#tokens.slice(first, end).map(({ logprob }) => logprob);
    if (logprobs.includes(undefined)) return undefined;
    return Math.exp(logprobs.reduce((/** @type {number} */ sum, logprob) => sum + (logprob ?? 0), 0));
  }

  /** @param {number} index */
  #nameOf(index) {
    const [words, share] = [this.#words(), this.#share(index)];
    const { text } = this.#pieces[index];
    return words.token(text.trim() || shown(text, words), share === undefined ? null : percent(share));
  }

  /** @param {number} index @returns {Node[]} */
  #alternatives(index) {
    const [words, { text, first }] = [this.#words(), this.#pieces[index]];
    const share = this.#share(index);
    const title = h('p', {}, h('strong', { textContent: shown(text, words), dir: 'auto' }));
    if (share !== undefined) title.append(` ${percent(share)}`);
    const { token_id, top_logprobs = [] } = this.#tokens[first];
    if (top_logprobs.length === 0) return [title, h('p', { textContent: words.noAlternatives })];
    const alternatives = top_logprobs.map(({ logprob, ...other }) => {
      const token = { ...other, logprob, top_logprobs, text: completed(other.text) };
      return {
        text: shown(other.text, words),
        share: Math.exp(logprob),
        note: percent(Math.exp(logprob)),
        chosen: other.token_id === token_id,
        onPick: () => this.#onPick(first, token, other.text === ''),
      };
    });
    return [title, h('p', { textContent: words.pickHint }), popupList(alternatives)];
  }
}
