// A picture of the book: a square that is kept for it, its caption, and what can be done with both.

import { h, label, setLabel, styleSheet } from '../dom.js';
import { paint } from '../pixels.js';
import { languageOf } from './title.js';

/**
 * @typedef {import('../words.js').Words} Words
 * @typedef {import('../../types.d.ts').GeneratedImage} GeneratedImage
 * @typedef {Pick<import('../../types.d.ts').Scene, 'scene_index' | 'start' | 'end' | 'caption'>} Scene
 *
 * @typedef {object} Calls
 * @property {(plate: Plate) => void} onAnother
 * @property {(plate: Plate, caption: string) => void} onCaption
 */

/** No more of a caption is read out. */
const MAX_ALT = 300;

export const plateSheet = styleSheet(`
  figure { margin: 0; min-width: 0; }
  .frame {
    position: relative; aspect-ratio: 1; overflow: hidden; border-radius: 0.75rem; background: var(--glow);
  }
  .frame canvas { display: block; width: 100%; height: 100%; object-fit: contain; }
  .frame canvas:not(.fine) { image-rendering: auto; }
  .frame p {
    position: absolute; inset: 0; margin: 0; padding: 1rem; display: grid; place-content: center; text-align: center;
    color: var(--soft); font: italic 1rem/1.4 var(--serif);
  }
  [data-state='drawing'] canvas { filter: saturate(0.85); }
  .drawn { position: absolute; inset: auto 0 0; height: 3px; background: var(--line); }
  .drawn i { display: block; height: 100%; width: calc(100% * var(--fraction, 0)); background: var(--ember); }
  [data-state='waiting'] .frame { background: var(--glow); }
  .blank .frame { border: 1px dashed var(--line); background: none; }
  figcaption { margin-top: 0.6rem; color: var(--soft); font-size: 0.875rem; line-height: 1.45; }
  figcaption .caption { overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
  .does { display: flex; flex-wrap: wrap; gap: 0 1rem; min-height: 2rem; }
  .does button, .link {
    min-height: 2rem; padding: 0; border: 0; border-radius: 0.25rem; background: none; color: var(--soft); font-size: 0.875rem;
    text-decoration: underline; text-decoration-color: var(--line); text-underline-offset: 0.25em;
  }
  .does button:hover { color: var(--ink); text-decoration-color: var(--ember); }
  [aria-disabled='true'] { opacity: 0.55; cursor: default; }
  figure form { margin-top: 0.5rem; }
  figure form label { flex: 1 1 100%; }
  figure form textarea { width: 100%; max-height: 20rem; field-sizing: content; resize: vertical; font-size: 0.9375rem; line-height: 1.45; }
  figure .cut { margin: 0.25rem 0 0; color: var(--ember); font-size: 0.8125rem; overflow-wrap: anywhere; }
  @media (prefers-reduced-motion: no-preference) {
    [data-state='waiting'] .frame { animation: wait 2.4s ease-in-out infinite alternate; }
    @keyframes wait { to { background: var(--leaf); } }
    [data-state='done'] canvas { animation: appear 0.5s; }
    @keyframes appear { from { opacity: 0.6; } }
  }
`);

/** A square where a picture may come. */
export function blankPlate() {
  return h('figure', { className: 'blank', 'aria-hidden': 'true' }, h('div', { className: 'frame' }));
}

/** A picture. */
export class Plate {
  #words;
  #calls;
  #canvas = h('canvas', { width: 8, height: 8, hidden: true, role: 'img' });
  #message = h('p');
  #bar = h('i');
  #progress = h('div', { className: 'drawn', hidden: true }, this.#bar);
  #caption = h('span', { className: 'caption', dir: 'auto' });
  #another = h('button', { type: 'button', onclick: () => this.#busy || this.#calls.onAnother(this) });
  #change = h('button', { type: 'button', onclick: () => this.#busy || this.#edit(true) });
  #does = h('div', { className: 'does' }, this.#another, this.#change);
  #field = h('textarea', { rows: 3, dir: 'auto', name: 'caption' });
  #draw = h('button', { className: 'main' });
  #cancel = h('button', { type: 'button', onclick: () => this.#edit(false) });
  #form = h('form', { hidden: true, onsubmit: (/** @type {Event} */ event) => this.#submit(event) });
  #cut = h('p', { className: 'cut', hidden: true });
  #busy = false;

  element = h('figure');
  /** @type {GeneratedImage | null} */
  image = null;
  /** What its picture was drawn from. @type {number | null} */
  seed = null;

  /** @param {Scene} scene @param {() => Words} words @param {Calls} calls */
  constructor(scene, words, calls) {
    this.scene = scene;
    this.caption = scene.caption;
    this.#words = words;
    this.#calls = calls;
    this.#form.append(label(this.#field), this.#draw, this.#cancel);
    this.#field.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#edit(false);
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    const caption = h('figcaption', {}, this.#caption, this.#does, this.#form, this.#cut);
    const frame = h('div', { className: 'frame' }, this.#canvas, this.#message, this.#progress);
    this.element.append(frame, caption);
    this.state = 'waiting';
    this.localize();
  }

  /** @param {'waiting' | 'drawing' | 'done' | 'empty'} state */
  set state(state) {
    this.element.dataset.state = state;
    this.#progress.hidden = state !== 'drawing';
    this.#message.hidden = state === 'done' || !this.#canvas.hidden;
    this.#say();
  }

  get state() {
    return /** @type {any} */ (this.element.dataset.state);
  }

  /** Whether nothing can be asked of it. @param {boolean} busy */
  set busy(busy) {
    this.#busy = busy;
    for (const button of [this.#another, this.#change]) button.setAttribute('aria-disabled', String(busy));
  }

  localize() {
    const { story, stop: _, ...words } = this.#words();
    setLabel(this.#field, story.caption);
    this.#draw.textContent = words.draw;
    this.#cancel.textContent = story.cancel;
    this.#change.textContent = story.changeCaption;
    this.#say();
  }

  /** Shows how far it is. @param {ImageData | undefined} image @param {number} fraction */
  preview(image, fraction) {
    if (image) this.#paint(image);
    this.state = 'drawing';
    this.#bar.style.setProperty('--fraction', String(fraction));
  }

  /** @param {GeneratedImage} image */
  show(image) {
    this.image = image;
    this.seed = image.seed;
    this.#paint(image);
    this.state = 'done';
    const { truncated } = image;
    this.#cut.hidden = truncated === undefined;
    this.#cut.textContent = truncated === undefined ? '' : this.#words().promptCut(clipped(truncated));
  }

  /** It is no longer drawn. What it was before stays. */
  rest() {
    if (this.image) this.show(this.image);
    else {
      this.#canvas.hidden = true;
      this.state = 'empty';
    }
  }

  /** @param {string} caption */
  rename(caption) {
    this.caption = caption;
    this.#say();
  }

  #say() {
    const { story } = this.#words();
    const { state } = this;
    const alt = clipped(this.caption);
    this.#caption.textContent = this.caption;
    this.#caption.lang = languageOf(this.caption);
    this.#canvas.setAttribute('aria-label', alt);
    this.#message.textContent = state === 'empty' ? story.notDrawn : story.waiting;
    this.#another.textContent = state === 'empty' ? story.drawIt : story.anotherPicture;
    this.#another.setAttribute('aria-label', `${this.#another.textContent}: ${alt}`);
    this.#change.setAttribute('aria-label', `${story.changeCaption}: ${alt}`);
  }

  /** @param {ImageData} image */
  #paint(image) {
    paint(this.#canvas, image);
    this.#canvas.hidden = false;
    this.#message.hidden = true;
  }

  /** @param {boolean} open */
  #edit(open) {
    this.#form.hidden = !open;
    this.#does.hidden = this.#caption.hidden = open;
    if (open) this.#field.value = this.caption;
    (open ? this.#field : this.#change).focus();
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const caption = this.#field.value.trim();
    if (this.#busy || !caption) return;
    this.#edit(false);
    this.#calls.onCaption(this, caption);
  }
}

/** @param {string} text */
const clipped = (text) => (text.length > MAX_ALT ? `${text.slice(0, MAX_ALT)}…` : text);
