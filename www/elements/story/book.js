// The book: the text on one side and each picture beside the lines that it belongs to.
//
// A row has the text up to the end of a scene's sentence, and the scene's picture. So the text goes on in the next row when a
// scene is announced, and nothing that stands there moves.

import { h, styleSheet } from '../dom.js';
import { Plate, blankPlate } from './plate.js';
import { languageOf, titleOf } from './title.js';

/**
 * @typedef {import('./plate.js').Scene} Scene
 *
 * @typedef {object} Row
 * @property {number} start where in the text it begins; infinite while nothing is written there
 * @property {Plate | null} plate
 * @property {HTMLElement} element
 * @property {HTMLElement} leaf its text
 */

export const bookSheet = styleSheet(`
  .book {
    container-type: inline-size; margin: 1.5rem 0 0; border: 1px solid var(--line); border-radius: 1.1rem; overflow: clip;
    background: var(--leaf); box-shadow: 0 2rem 4rem -3rem light-dark(#3a2a1599, #000);
  }
  .rows { padding: 1.5rem 1.25rem 1.75rem; }
  .row + .row { margin-top: 1.75rem; }
  .row > figure { margin-top: 1.25rem; }
  .blank { display: none; }
  h3 { margin: 0 0 1.1rem; font: 500 1.7rem/1.2 var(--serif); letter-spacing: -0.01em; text-wrap: balance; min-height: 1.2em; overflow-wrap: anywhere; }
  .leaf p { margin: 0 0 0.9rem; font: 1.17rem/1.65 var(--serif); overflow-wrap: anywhere; hanging-punctuation: first; }
  .row.first .leaf p:first-of-type::first-letter {
    float: left; padding: 0.09em 0.11em 0 0; font-size: 3.4em; line-height: 0.8; color: var(--ember);
  }
  .leaf[data-spoken] p { background: var(--glow); border-radius: 0.25rem; }
  .book[data-waits] .leaf p { color: var(--soft); }
  .writing .now p:last-child::after {
    content: ''; display: inline-block; width: 2px; height: 1.05em; margin-inline-start: 3px; vertical-align: -0.18em;
    background: var(--ember);
  }
  .cover { aspect-ratio: 1; border-radius: 0.75rem; overflow: hidden; background:
    radial-gradient(circle at 68% 30%, #ffe7b0 0 8%, #ffe7b033 8.6% 13%, transparent 22%),
    radial-gradient(circle at 22% 18%, #fff 0 0.5%, transparent 0.8%), radial-gradient(circle at 38% 34%, #fff 0 0.35%, transparent 0.6%),
    radial-gradient(circle at 50% 12%, #fff 0 0.45%, transparent 0.7%), radial-gradient(circle at 84% 52%, #fff 0 0.4%, transparent 0.65%),
    radial-gradient(circle at 14% 46%, #fff 0 0.4%, transparent 0.65%), radial-gradient(circle at 90% 12%, #fff 0 0.35%, transparent 0.6%),
    radial-gradient(90% 46% at 12% 104%, #14323a 0 99%, transparent 100%), radial-gradient(90% 52% at 92% 108%, #1d4a4d 0 99%, transparent 100%),
    radial-gradient(130% 46% at 50% 100%, #2d6a63 0 99%, transparent 100%),
    linear-gradient(#1c2350, #44406f 52%, #b3657a 78%, #f2a65e); }
  .book[data-ends] .row:last-child .leaf::after { content: '❦'; display: block; padding-top: 0.4rem; text-align: center; color: var(--ember); font-size: 1.3rem; }
  @container (min-width: 40rem) {
    .rows { padding: 0; background: linear-gradient(90deg, transparent calc(50% - 1.6rem), light-dark(#5a3d1a12, #00000040) 50%, transparent calc(50% + 1.6rem)); }
    .row { display: grid; grid-template-columns: 1fr 1fr; gap: 0; }
    .row > figure { width: 100%; max-width: 28.5rem; justify-self: center; }
    .row + .row { margin: 0; }
    .row > * { padding: 1.5rem 2.6rem 1.1rem; }
    .row.first > * { padding-top: 2.6rem; }
    .row:last-child > * { padding-bottom: 2.6rem; }
    .row > figure { margin: 0; }
    .blank { display: block; }
    h3 { font-size: clamp(2rem, 4cqi, 2.5rem); }
    .leaf p { font-size: clamp(1.2rem, 2.6cqi, 1.5rem); line-height: 1.6; }
  }
  @media (prefers-reduced-motion: no-preference) {
    .writing .now p:last-child::after { animation: blink 1s steps(2, jump-none) infinite; }
    @keyframes blink { to { opacity: 0; } }
  }
`);

/** The book. */
export class Book {
  #title = h('h3', { dir: 'auto' });
  #rows = h('div', { className: 'rows' });
  /** @type {Row[]} */
  #all = [];
  #words;
  #calls;

  element = h('article', { className: 'book' }, this.#rows);
  text = '';

  /** @param {() => import('../words.js').Words} words @param {import('./plate.js').Calls} calls */
  constructor(words, calls) {
    this.#words = words;
    this.#calls = calls;
  }

  get title() {
    return this.#title.textContent ?? '';
  }

  /** The pictures, in the order of the text. */
  get plates() {
    return this.#all.flatMap(({ plate }) => plate ?? []);
  }

  /** The text of each row, and what stands beside it. */
  get pages() {
    return this.#all
      .map((row, index) => ({ text: this.#textOf(index), plate: row.plate, leaf: row.leaf }))
      .filter(({ text, plate }) => text.trim() !== '' || plate);
  }

  localize() {
    this.element.setAttribute('aria-label', this.#words().story.book);
    for (const plate of this.plates) plate.localize();
  }

  /** Whether the text is being written. @param {boolean} writing */
  set writing(writing) {
    this.element.classList.toggle('writing', writing);
  }

  /** Whether its pictures can be changed. @param {boolean} busy */
  set busy(busy) {
    for (const plate of this.plates) plate.busy = busy;
  }

  /** Shows how a story would begin, before it is told. @param {string} prompt */
  offer(prompt) {
    this.begin(prompt, 0);
    this.element.toggleAttribute('data-waits', true);
    this.#all[0].element.append(h('figure', { 'aria-hidden': 'true' }, h('div', { className: 'cover' })));
  }

  /**
   * Begins a story.
   * @param {string} text
   * @param {number} squares that are kept free for pictures
   */
  begin(text, squares) {
    this.element.removeAttribute('data-waits');
    this.element.removeAttribute('data-ends');
    this.text = text;
    this.#all = [];
    this.#rows.replaceChildren();
    for (let index = 0; index < Math.max(1, squares); index++) this.#insert(index, squares > 0);
    this.#all[0].start = 0;
    this.#title.textContent = titleOf(text);
    this.#show();
  }

  /** @param {string} text what comes next */
  append(text) {
    this.text += text;
    const now = this.#all.findLast(({ start }) => start <= this.text.length);
    if (!now) return;
    const [first, ...paragraphs] = text.split(/\n+/);
    const last = now.leaf.querySelector('p:last-child');
    if (last) last.append(first);
    else now.leaf.append(paragraphOf(first));
    for (const paragraph of paragraphs) now.leaf.append(paragraphOf(paragraph));
  }

  /** Puts the text right, and gives it its title. @param {string} text @param {boolean} ends whether nothing is missing of it */
  finish(text, ends = this.element.hasAttribute('data-ends')) {
    this.element.toggleAttribute('data-ends', ends);
    this.text = text;
    this.#title.textContent = titleOf(text);
    const written = this.#all.filter(
      ({ start, plate }, index) => plate || (start < Infinity && this.#textOf(index).trim()),
    );
    for (const row of this.#all) {
      if (!written.includes(row) && written.length > 0) row.element.remove();
      else if (!row.plate) row.element.querySelector('.blank')?.remove();
    }
    this.#all = written.length > 0 ? written : this.#all.slice(0, 1);
    this.#show();
  }

  /** Gives a scene its place. @param {Scene} scene @returns {Plate} */
  add(scene) {
    const plate = new Plate(scene, this.#words, this.#calls);
    const at = this.#all.findLastIndex(({ start }) => start < scene.end);
    const row = this.#all[at];
    if (row.plate) {
      // The lines of another picture have these in them.
      const before = this.#insert(at, false);
      before.start = row.start;
      row.start = scene.end;
      this.#give(before, plate);
      this.#dropUnwritten();
    } else {
      this.#give(row, plate);
      const next = this.#all[at + 1] ?? this.#insert(at + 1, false);
      next.start = scene.end;
    }
    this.#show();
    return plate;
  }

  /** @param {Row} row @param {Plate} plate */
  #give(row, plate) {
    row.plate = plate;
    row.element.querySelector('figure')?.remove();
    row.element.append(plate.element);
  }

  /** One square fewer is needed for what comes. */
  #dropUnwritten() {
    const at = this.#all.findLastIndex(({ start, plate }) => start === Infinity && !plate);
    if (at < 0) return;
    const [{ element }] = this.#all.splice(at, 1);
    element.remove();
  }

  /** @param {number} at @param {boolean} hasSquare @returns {Row} */
  #insert(at, hasSquare) {
    const leaf = h('div', { className: 'leaf' });
    const element = h('div', { className: 'row' }, leaf);
    if (hasSquare) element.append(blankPlate());
    /** @type {Row} */
    const row = { start: Infinity, plate: null, element, leaf };
    this.#rows.insertBefore(element, this.#all[at]?.element ?? null);
    this.#all.splice(at, 0, row);
    return row;
  }

  /** @param {number} index */
  #textOf(index) {
    const [{ start }, next] = [this.#all[index], this.#all[index + 1]];
    return start === Infinity ? '' : this.text.slice(start, next?.start);
  }

  /** Writes what each row has to say, where that is something else now. */
  #show() {
    const last = this.#all.findLastIndex(({ start }) => start < Infinity);
    for (const [index, { element, leaf }] of this.#all.entries()) {
      element.classList.toggle('first', index === 0);
      leaf.classList.toggle('now', index === last);
      leaf.lang = languageOf(this.text);
      const paragraphs = this.#textOf(index).trim().split(/\n+/);
      const isSame =
        [...leaf.querySelectorAll('p')].map((p) => p.textContent?.trim()).join('\n') ===
        paragraphs.join('\n');
      if (!isSame) leaf.replaceChildren(...paragraphs.map(paragraphOf));
      if (index === 0) leaf.prepend(this.#title);
    }
  }
}

/** @param {string} textContent */
const paragraphOf = (textContent) => h('p', { textContent, dir: 'auto' });
