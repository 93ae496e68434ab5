// A text as it is written: to be read, to be looked into, or as one head of attention sees it.

import { h } from '../base.js';
import { Cells, choice } from './cells.js';
import { completed, percent, piecesOf, shown, surprise } from './tokens.js';

/**
 * @typedef {import('./tokens.js').Token} Token
 * @typedef {import('./tokens.js').Piece} Piece
 * @typedef {import('../words.js').Words} Words
 * @typedef {'reading' | 'probabilities' | 'attention'} Mode
 */

/** How many tokens the pop-up of a head names. */
const LOOKED_AT = 6;

export const textSheet = new CSSStyleSheet();
textSheet.replaceSync(`
  .text { position: relative; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
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
  /** The pieces on show, one a cell. @type {Piece[]} */
  #pieces = [];
  /** The first token that no piece has. */
  #rest = 0;
  #frame = 0;
  #ended = false;
  /** @type {Mode} */
  #mode = 'reading';
  /** @type {import('../../types.d.ts').Attention | null} */
  #attention = null;
  /** @type {Piece[]} */
  #seen = [];

  #promptText = h('span', { className: 'prompt' });
  #preview = h('span');
  #written = new Cells({
    name: (index) => this.#nameOf(index),
    content: (index) => this.#alternatives(index),
  });
  #head = new Cells({
    name: (index) => shown(this.#seen[index].text, this.#words()),
    content: (index) => this.#lookedAt(index),
    onShow: (index) => this.#colourFrom(index),
  });
  #reading = h('span', {}, this.#promptText, this.#written.element, this.#preview);

  element = h(
    'div',
    { className: 'text reading' },
    this.#reading,
    this.#head.element,
    this.#written.popup,
    this.#head.popup,
  );

  /**
   * @param {() => Words} words
   * @param {(place: number, token: Token, ends: boolean) => void} onPick takes another token in place of the one there
   */
  constructor(words, onPick) {
    this.#words = words;
    this.#onPick = onPick;
    this.#head.element.classList.add('seen');
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

  /** Takes all but the first so many tokens away. @param {number} count */
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

  /** Moves the focus to a token without saying more of it. @param {number} place */
  focus(place) {
    const index = this.#pieces.findIndex(({ end }) => end > place);
    this.#written.focus(index, { quietly: true });
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

  /** Whether the model has ended the text: its last token says so. */
  get ended() {
    return this.#ended;
  }

  end() {
    this.#ended = true;
    this.flush();
  }

  /** Whether it is known what a head sees in it. */
  get isLookedAt() {
    return this.#attention !== null;
  }

  /** @param {Mode} mode */
  set mode(mode) {
    this.#mode = mode;
    const { textLabel } = this.#words();
    this.element.className = `text ${mode}`;
    const isHead = mode === 'attention' && this.#attention !== null;
    this.#reading.hidden = isHead;
    this.#head.element.hidden = !isHead;
    this.#written.live(mode === 'probabilities', textLabel);
    this.#head.live(isHead, textLabel);
    if (isHead) this.#colourFrom(this.#seen.length - 1);
  }

  /** What a head sees in prompt and text. @param {import('../../types.d.ts').Attention | null} attention */
  set attention(attention) {
    this.#attention = attention;
    this.#head.truncate(0);
    this.#seen = attention ? piecesOf(attention.tokens, this.#prompt + this.text) : [];
    this.#head.append(...this.#seen.map(({ text }) => h('span', { textContent: text })));
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
    const title = h('p', {}, h('strong', { textContent: shown(text, words) }));
    if (share !== undefined) title.append(` ${percent(share)}`);
    const { token_id, top_logprobs = [] } = this.#tokens[first];
    const lines = top_logprobs.map(({ logprob, ...other }) => {
      const token = { ...other, logprob, top_logprobs, text: completed(other.text) };
      return choice({
        text: shown(other.text, words),
        share: Math.exp(logprob),
        note: percent(Math.exp(logprob)),
        chosen: other.token_id === token_id,
        onPick: () => this.#onPick(first, token, other.text === ''),
      });
    });
    if (lines.length === 0) return [title, h('p', { textContent: words.noAlternatives })];
    return [title, h('p', { textContent: words.pickHint }), h('ul', { className: 'choices' }, ...lines)];
  }

  /** How much one piece looks at another: of its last token, at all tokens of the other. @param {number} from @param {number} to */
  #weight(from, to) {
    if (!this.#attention || to > from) return 0;
    const { tokens, attention } = this.#attention;
    const row = (this.#seen[from].end - 1) * tokens.length;
    const { first, end } = this.#seen[to];
    return attention.subarray(row + first, row + end).reduce((sum, weight) => sum + weight, 0);
  }

  /** Colours what a piece looks at: most what it looks at most. @param {number} from */
  #colourFrom(from) {
    const weights = this.#seen.map((_, to) => this.#weight(from, to));
    const most = Math.max(...weights);
    this.#head.tint((to) => weights[to] / most);
  }

  /** @param {number} index @returns {Node[]} */
  #lookedAt(index) {
    const words = this.#words();
    const weights = this.#seen
      .slice(0, index + 1)
      .map(({ text }, to) => ({ text, share: this.#weight(index, to) }));
    const most = weights.toSorted((a, b) => b.share - a.share).slice(0, LOOKED_AT);
    const lines = most.map(({ text, share }) =>
      choice({ text: shown(text, words), share, note: percent(share) }),
    );
    const title = h('p', { textContent: words.looksAt(shown(this.#seen[index].text, words)) });
    return [title, h('ul', { className: 'choices' }, ...lines)];
  }
}
