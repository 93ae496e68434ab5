// The parts of <hearth-image>, where each stands, and which of them a mode shows.

import { h, styleSheet } from '../dom.js';
import { Actions, actionsSheet } from './actions.js';
import { Choices, choicesSheet } from './choices.js';
import { Comparison, comparisonSheet } from './comparison.js';
import { Edits, editsSheets } from './editing/edits.js';
import { Earlier, earlierSheet } from './earlier.js';
import { ImageForm, formSheet } from './form.js';
import { IdeaButtons, ideasSheet } from './ideas.js';
import { Inside, insideSheets } from './inside/inside.js';
import { promptSheet } from './prompt.js';
import { boardSheet } from '../sketch/board.js';
import { penSheet } from '../sketch/pen.js';
import { Sketch, sketchSheet } from './sketch.js';
import { Timeline, timelineSheet } from './timeline.js';

/**
 * @typedef {import('../words.js').Words} Words
 * @typedef {typeof MODES[number]} Mode what a picture starts from; or a comparison
 *
 * What a visitor can ask for.
 * @typedef {object} Calls
 * @property {(mode: Mode) => void} onMode
 * @property {() => void} onDraw
 * @property {() => void} onAnother
 * @property {() => void} onPress of a bare picture
 * @property {() => void} onAgain draws the same picture, with what is to be seen inside it
 * @property {() => void} onChange of the picture to start from, or of what to do with it
 * @property {(file: Blob) => void} onFile
 * @property {() => void} onSample
 * @property {() => void} onGo does it
 * @property {() => void} onFilm
 * @property {() => void} onTake goes on with what was made
 * @property {(prompt: string) => void} onIdea draws a prompt
 * @property {(attributes: Record<string, string>) => void} onEarlier draws a picture again
 */

export const MODES = /** @type {const} */ (['noise', 'picture', 'compare']);

const sheet = styleSheet(`
  .stage { display: grid; gap: 1.25rem; }
  .stage.two { grid-template-columns: minmax(0, 17rem) minmax(0, 1fr); }
  @media (max-width: 44rem) { .stage.two { grid-template-columns: minmax(0, 1fr); } }
  .right { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; align-content: start; min-width: 0; }
`);

export const layoutSheets = [
  ...[sheet, choicesSheet, ideasSheet, formSheet, promptSheet, timelineSheet, ...insideSheets],
  ...[boardSheet, penSheet, sketchSheet, ...editsSheets, comparisonSheet, actionsSheet, earlierSheet],
];

/** All of them. */
export class Layout {
  #words;
  #modes;
  #stage;
  #compareHint = h('p', { className: 'hint' });
  #compare;
  #isPrompted = false;

  /** @param {() => Words} words @param {Calls} calls */
  constructor(words, calls) {
    this.#words = words;
    this.#modes = new Choices('mode', MODES, calls.onMode);
    this.ideas = new IdeaButtons(calls.onIdea);
    this.form = new ImageForm(calls);
    this.sketch = new Sketch(calls);
    this.edits = new Edits(calls);
    this.timeline = new Timeline(words);
    this.timeline.onPress(calls.onPress);
    this.inside = new Inside(this.timeline, calls);
    this.comparison = new Comparison(words);
    this.actions = new Actions(this.timeline, calls);
    this.earlier = new Earlier(calls.onEarlier);
    const seen = h('div', {}, this.timeline.element, this.inside.element);
    const right = h('div', { className: 'right' }, this.edits.element, seen);
    this.#stage = h('div', { className: 'stage' }, this.sketch.element, right);
    this.#compare = h('div', {}, this.#compareHint, this.comparison.element);
    this.ink = true;
  }

  /** @param {ShadowRoot} root @param {Node} status */
  putInto(root, status) {
    const top = [this.#modes.element, this.ideas.element, this.form.element, this.#stage, this.#compare];
    root.append(...top, this.actions.element, this.earlier.element, status);
  }

  /** Whether pictures are ink on paper. @param {boolean} ink */
  set ink(ink) {
    this.timeline.ink = this.actions.ink = ink;
  }

  /** Whether the model draws from prompts; until it is loaded, whether that is likely. @param {boolean} prompted */
  set prompted(prompted) {
    this.form.prompted = this.edits.prompted = this.inside.prompted = this.timeline.large = prompted;
    this.#isPrompted = prompted;
    this.ideas.element.hidden = !prompted || this.form.element.hidden;
  }

  /**
   * Makes all fit a model.
   * @param {import('../../types.d.ts').DiffusionInfo} info
   * @param {[height: number, width: number]} size of its pictures
   * @param {number} [count] pictures side by side
   */
  describe(info, [height, width], count) {
    this.form.describe(info);
    this.edits.describe(info);
    this.sketch.fit({ sample_size: [height, width], channels: info.channels });
    this.ink = info.channels === 1;
    if (this.timeline.frames.length === 0) this.timeline.reserve(width, height, count);
  }

  /** @param {Mode} mode @param {boolean} bare whether there is only a picture */
  localize(mode, bare) {
    const words = this.#words();
    this.#modes.localize(words.imageMode, words.imageModes);
    for (const part of [this.form, this.sketch, this.edits, this.inside, this.actions, this.earlier]) {
      part.localize(words);
    }
    this.ideas.localize(words.imageIdeas);
    this.comparison.localize();
    this.#compareHint.textContent = words.compareHint;
    this.show(mode, bare);
  }

  /** Shows what belongs to a mode. @param {Mode} mode @param {boolean} bare whether there is only a picture */
  show(mode, bare) {
    const words = this.#words();
    this.#modes.value = mode;
    const draw = { noise: words.draw, picture: null, compare: words.compare }[mode];
    this.form.show({ draw, scheduler: mode !== 'compare' });
    for (const part of [this.#modes, this.form, this.actions]) part.element.hidden = bare;
    this.ideas.element.hidden = bare || !this.#isPrompted;
    for (const part of [this.sketch, this.edits]) part.element.hidden = bare || mode !== 'picture';
    this.#stage.classList.toggle('two', !bare && mode === 'picture');
    this.#stage.hidden = mode === 'compare';
    this.#compare.hidden = mode !== 'compare';
    this.actions.show(mode);
    this.timeline.bare = this.inside.bare = bare;
    this.timeline.localize();
  }
}
