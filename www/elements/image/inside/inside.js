// What a visitor can see inside a picture: where it attends to each word of its prompt, step by step.

import { h, styleSheet } from '../../dom.js';
import { percent } from '../../units.js';
import { Mean, weightsAt } from './maps.js';
import { Overlay, overlaySheet } from './overlay.js';
import { WordChoice, wordChoiceSheet } from './word-choice.js';

/**
 * @typedef {import('../../../types.d.ts').WordAttentions} WordAttentions
 * @typedef {import('../../words.js').Words} Words
 * @typedef {import('../timeline.js').Frame} Frame
 */

/** How many of the words that a place attends to are named. */
const NAMED = 4;

const sheet = styleSheet(`
  .inside { border-top: 1px solid var(--line); margin: 0.75rem auto 0; padding-top: 0.25rem; max-width: 52.9rem; }
  .inside summary { cursor: pointer; padding: 0.4rem 0; min-height: 2.5rem; border-radius: 0.4rem; font-weight: 600; }
  /* It has room for the words before they are known, so that nothing moves when they come. */
  .inside .room { block-size: 8.25rem; overflow: auto; padding: 3px; }
  .inside .room p { margin: 0.25rem 0 0.6rem; }
  .inside .here { min-height: 1.5em; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
`);

export const insideSheets = [sheet, overlaySheet, wordChoiceSheet];

/** The panel under a timeline, and the map over its picture. */
export class Inside {
  /** @type {Words | null} */
  #words = null;
  #isPrompted = false;
  #isBare = true;
  /** What the timeline shows. @type {Frame | null} */
  #frame = null;
  /** Whether that is the finished picture. */
  #isFinished = false;
  #mean = new Mean();

  #overlay = new Overlay(() => this.#look());
  #choice = new WordChoice(() => this.#update());
  #summary = h('summary');
  #why = h('p');
  #again = h('button', { type: 'button' });
  #nothing = h('div', {}, this.#why, this.#again);
  #here = h('p', { className: 'hint here', 'aria-live': 'polite' });
  #hint = h('p', { className: 'hint' });

  element = h(
    'details',
    { className: 'inside', hidden: true, ontoggle: () => this.#update() },
    this.#summary,
    h('div', { className: 'room' }, this.#choice.element, this.#nothing),
    this.#here,
    this.#hint,
  );

  /**
   * @param {import('../timeline.js').Timeline} timeline
   * @param {{ onAgain: () => void }} calls when the picture is to be drawn again, with attention
   */
  constructor(timeline, { onAgain }) {
    this.#again.addEventListener('click', onAgain);
    timeline.cover(this.#overlay.element, (frame, isFinished) => this.#show(frame, isFinished));
  }

  /** The options of a call whose attention is to be seen. */
  get options() {
    return this.#isOpen ? { output_attentions: true } : {};
  }

  /** Whether the model draws from prompts. @param {boolean} prompted */
  set prompted(prompted) {
    this.#isPrompted = prompted;
    this.#appear();
  }

  /** Whether only the picture is shown. @param {boolean} bare */
  set bare(bare) {
    this.#isBare = bare;
    this.#appear();
  }

  /** @param {Words} words */
  localize(words) {
    this.#words = words;
    this.#summary.textContent = words.lookInside;
    this.#again.textContent = words.drawWithAttention;
    this.#hint.textContent = words.wordMapsHint;
    this.#overlay.element.setAttribute('aria-label', words.pointAtPicture);
    this.#choice.localize(words);
    this.#update();
  }

  /** Takes a step of a call, before the timeline shows it. @param {{ attentions?: WordAttentions }} event */
  add({ attentions }) {
    if (attentions) this.#mean.add(attentions);
  }

  get #isOpen() {
    return !this.element.hidden && this.element.open;
  }

  /** The attention of what the timeline shows, if it is known and to be seen. */
  get #attentions() {
    if (!this.#isOpen) return null;
    return (this.#isFinished ? this.#mean.value : this.#frame?.attentions) ?? null;
  }

  /** The timeline shows something else. With nothing, what was known of the last picture goes too. @param {Frame | null} frame @param {boolean} isFinished */
  #show(frame, isFinished) {
    [this.#frame, this.#isFinished] = [frame, isFinished];
    if (!frame) this.#mean = new Mean();
    this.#update();
  }

  #appear() {
    this.element.hidden = this.#isBare || !this.#isPrompted;
    this.#update();
  }

  #update() {
    const attentions = this.#attentions;
    this.#overlay.element.hidden = this.#choice.element.hidden = !attentions;
    this.#nothing.hidden = attentions !== null;
    if (attentions) {
      this.#choice.offer(attentions.words[0]); // an element has one prompt for all of its pictures
      this.#overlay.draw(attentions, this.#choice.word);
    } else if (this.#words) {
      const { withoutAttention, nextWithAttention } = this.#words;
      this.#why.textContent = this.#frame ? withoutAttention : nextWithAttention;
      this.#again.hidden = !this.#frame;
    }
    this.#look();
  }

  /** Shows how much the place that is pointed at attends to each word. */
  #look() {
    const [attentions, { place }] = [this.#attentions, this.#overlay];
    const weights = attentions && place ? weightsAt(attentions, place) : [];
    this.#choice.tint(weights);
    if (!this.#words) return;
    const { attendsTo } = this.#words;
    const words = weights
      .map((weight, word) => ({ weight, text: this.#choice.prompt[word] }))
      .toSorted((a, b) => b.weight - a.weight)
      .slice(0, NAMED)
      .flatMap(({ weight, text }) => [' · ', h('bdi', { textContent: text }), ` ${percent(weight)}`]);
    this.#here.replaceChildren(...(words.length > 0 ? [`${attendsTo} `, ...words.slice(1)] : []));
  }
}
