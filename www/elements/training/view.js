// What is to be seen of a training: the pictures, the plots, and a sentence that says what is going on.

import { h, styleSheet } from '../dom.js';
import { percent } from '../units.js';
import { Curves, Histograms } from './plot.js';
import { PICTURES, Sheet } from './sheet.js';

export const viewSheet = styleSheet(`
  :host { --real: light-dark(#17697a, #74c7d6); }
  .sheets { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 1rem 1.5rem; }
  .sheets figure { margin: 0; min-width: 0; }
  .sheets figcaption { font-size: 0.85rem; color: var(--soft); margin-bottom: 0.35rem; }
  .sheets canvas { display: block; width: 100%; image-rendering: pixelated; border-radius: 0.3rem; }
  .sheets label { margin-top: 0.5rem; }
  .sheets input { width: 100%; margin: 0; min-height: 2rem; }
  .reading { margin: 1rem 0; padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.6rem; background: var(--paper); min-height: 5.4rem; }
  .reading p { margin: 0; }
  .reading .numbers { color: var(--soft); font-size: 0.9rem; font-variant-numeric: tabular-nums; margin-top: 0.25rem; }
  .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 1rem 1.5rem; }
`);

/**
 * @typedef {import('./history.js').History} History
 * @typedef {{ loss: string, label_smoothing: number }} Judged the options that say what its numbers mean
 */

export class View {
  #words;
  #realTitle = h('figcaption');
  #fakeTitle = h('figcaption');
  #real = new Sheet();
  #fake = new Sheet();
  #beforeTitle = h('figcaption');
  #before = new Sheet();
  #comparison = h('figure', { hidden: true }, this.#beforeTitle, this.#before.element);
  #sliderText = h('span');
  #slider = h('input', {
    type: 'range',
    min: 0,
    max: 0,
    value: 0,
    disabled: true,
    oninput: () => this.#onSlide(),
  });
  #state = h('p', { role: 'status' });
  #numbers = h('p', { className: 'numbers' });
  #losses = new Curves([0, 1]);
  #verdicts = new Curves([2, 3]);
  #histograms = new Histograms();
  /** What is shown. @type {History | null} */
  #history = null;
  /** @type {Judged} */
  #judged = { loss: 'bce', label_smoothing: 0 };
  /** The moment that a visitor went back to; null for the latest pictures. @type {import('./history.js').Moment | null} */
  #chosen = null;
  /** @type {readonly ImageData[]} */
  #painted = [];
  /** The moment of the training before that is shown. @type {import('./history.js').Moment | undefined} */
  #compared;

  element = h(
    'div',
    {},
    h(
      'div',
      { className: 'sheets' },
      h('figure', {}, this.#realTitle, this.#real.element),
      h('figure', {}, this.#fakeTitle, this.#fake.element, h('label', {}, this.#sliderText, this.#slider)),
      this.#comparison,
    ),
    h('div', { className: 'reading' }, this.#state, this.#numbers),
    h('div', { className: 'plots' }, this.#losses.element, this.#verdicts.element, this.#histograms.element),
  );

  /** @param {() => import('../words.js').Words} words */
  constructor(words) {
    this.#words = words;
  }

  localize() {
    const words = this.#words();
    this.#realTitle.textContent = words.realPictures;
    this.#real.element.setAttribute('aria-label', words.realPictures);
    this.#losses.localize(words.lossPlot, [words.ofDiscriminator, words.ofGenerator, words.runBefore]);
    this.#verdicts.localize(words.verdictPlot, ['D(x)', 'D(G(z))', words.runBefore]);
    this.#histograms.localize(words.histogram, [words.realAbove, words.fakeBelow, '']);
    this.#describe();
  }

  /** Shows what it is trained on. @param {readonly ImageData[]} images */
  showReal(images) {
    for (const sheet of [this.#real, this.#fake, this.#before]) sheet.layOut(images[0].width);
    this.#real.show(images);
    this.#compared = undefined; // its sheet is empty again
  }

  /** @param {History} history @param {Judged} judged */
  draw(history, judged) {
    this.#history = history;
    this.#judged = judged;
    const { moments } = history;
    this.#slider.max = String(moments.length);
    this.#slider.disabled = moments.length === 0;
    // As more moments come they are thinned out, and the chosen one has another index, or only neighbours.
    const since = this.#chosen?.step_index ?? Infinity;
    let index = moments.length;
    while (index > 0 && moments.at(index - 1).step_index >= since) index -= 1;
    this.#slider.value = String(index);
    const isProbability = judged.loss === 'bce';
    const range = isProbability ? /** @type {const} */ ([0, 1]) : null;
    const before = history.before?.curve ?? null;
    this.#losses.draw(history.curve, before, null);
    this.#verdicts.draw(history.curve, before, range);
    this.#describe();
  }

  /** Back to the latest pictures. */
  live() {
    this.#chosen = null;
  }

  #onSlide() {
    this.#chosen = this.#history?.moments.at(Number(this.#slider.value)) ?? null;
    this.#describe();
  }

  /** Pictures and words of the moment that is shown. */
  #describe() {
    const words = this.#words();
    const history = this.#history;
    const moment = this.#chosen ?? history?.latest;
    const step = moment?.step_index ?? 0;
    const fake = words.fakePictures(PICTURES);
    if (this.#fakeTitle.textContent !== fake) this.#fakeTitle.textContent = fake;
    this.#fake.element.setAttribute('aria-label', words.fakeAt(step));
    this.#sliderText.textContent = words.momentOf(step, !this.#chosen);
    this.#slider.setAttribute('aria-valuetext', words.momentOf(step, !this.#chosen));
    if (moment && moment.images !== this.#painted) this.#fake.show(moment.images);
    this.#painted = moment?.images ?? [];
    this.#compare(history?.before?.moments.upTo(step), words);
    this.#histograms.draw(moment?.verdicts ?? null, this.#judged.loss === 'bce' ? [0, 1] : null);
    this.#say(history, words);
  }

  /**
   * Shows what the training before had made by the same step.
   * @param {import('./history.js').Moment | undefined} moment
   * @param {import('../words.js').Words} words
   */
  #compare(moment, words) {
    this.#comparison.hidden = !moment;
    if (!moment) return;
    const title = words.picturesBefore(moment.step_index);
    this.#beforeTitle.textContent = title;
    this.#before.element.setAttribute('aria-label', title);
    if (moment !== this.#compared) this.#before.show(moment.images);
    this.#compared = moment;
  }

  /** @param {History | null} history @param {import('../words.js').Words} words */
  #say(history, words) {
    if (!history || history.step_index === 0) {
      this.#state.textContent = words.beforeTraining;
      this.#numbers.textContent = '';
      return;
    }
    const sentence = words.trainingStates[history.stateWith(this.#judged)];
    // The same text again would be read out again to those who cannot see it.
    if (this.#state.textContent !== sentence) this.#state.textContent = sentence;
    const { d_real, d_fake } = history.means;
    const show =
      this.#judged.loss === 'bce' ? percent : (/** @type {number} */ value) => value.toPrecision(3);
    this.#numbers.textContent = words.verdictNumbers(show(d_real), show(d_fake));
  }
}
