// A text as one attention head sees it: tokens are coloured by how much the token under the pointer attends to them.

import { h } from '../dom.js';
import { percent } from '../units.js';
import { Cells } from './cells.js';
import { popupList } from './popup.js';
import { isolated, piecesOf, shown } from './tokens.js';

/** How many tokens the pop-up names. */
const LOOKED_AT = 6;

/** One text, in the pieces that the model reads. */
export class AttentionView {
  #words;
  /** @type {import('../../types.d.ts').Attention | null} */
  #attention = null;
  /** @type {import('./tokens.js').Piece[]} */
  #pieces = [];
  #cells = new Cells({
    name: (index) => shown(this.#pieces[index].text, this.#words()),
    content: (index) => this.#lookedAt(index),
    onShow: (index) => this.#colourFrom(index),
  });

  element = this.#cells.element;
  popup = this.#cells.popup;

  /** @param {() => import('../words.js').Words} words */
  constructor(words) {
    this.#words = words;
    this.element.classList.add('seen');
  }

  /** Whether the attention of a head is known. */
  get isKnown() {
    return this.#attention !== null;
  }

  /** Takes the attention of a head over a text; null forgets it. @param {import('../../types.d.ts').Attention | null} attention @param {string} text */
  take(attention, text) {
    this.#attention = attention;
    this.#cells.truncate(0);
    this.#pieces = attention ? piecesOf(attention.tokens, text) : [];
    this.#cells.append(...this.#pieces.map(({ text }) => h('span', { textContent: text })));
  }

  /** Whether the pieces are on show and can be pointed at. At first the last piece's attention is shown. @param {boolean} alive @param {string} label */
  live(alive, label) {
    this.element.hidden = !alive;
    this.#cells.live(alive, label);
    if (alive) this.#colourFrom(this.#pieces.length - 1);
  }

  /** How much one piece attends to another: its last token, to all tokens of the other. @param {number} from @param {number} to */
  #weight(from, to) {
    if (!this.#attention || to > from) return 0;
    const { tokens, attention } = this.#attention;
    const row = (this.#pieces[from].end - 1) * tokens.length;
    const { first, end } = this.#pieces[to];
    return attention.subarray(row + first, row + end).reduce((sum, weight) => sum + weight, 0);
  }

  /** Colours pieces by how much one piece attends to them. @param {number} from */
  #colourFrom(from) {
    const weights = this.#pieces.map((_, to) => this.#weight(from, to));
    const most = Math.max(...weights);
    this.#cells.tint((to) => weights[to] / most);
  }

  /** @param {number} index @returns {Node[]} */
  #lookedAt(index) {
    const words = this.#words();
    const weights = this.#pieces
      .slice(0, index + 1)
      .map(({ text }, to) => ({ text, share: this.#weight(index, to) }));
    const most = weights.toSorted((a, b) => b.share - a.share).slice(0, LOOKED_AT);
    const title = h('p', { textContent: words.looksAt(isolated(shown(this.#pieces[index].text, words))) });
    return [
      title,
      popupList(most.map(({ text, share }) => ({ text: shown(text, words), share, note: percent(share) }))),
    ];
  }
}
