// Prompts to try, and new ones out of their parts: the words that the picture book draws best.

import { h, styleSheet } from '../dom.js';

export const ideasSheet = styleSheet(`
  .ideas { display: flex; gap: 0.4rem; margin-top: 0.9rem; padding-bottom: 0.4rem; overflow-x: auto; scrollbar-width: thin; }
  .ideas[hidden] { display: none; }
  .ideas button { flex: none; font-size: 0.9rem; border-radius: 1.25rem; }
  .ideas .surprise { border-color: var(--ember); }
`);

/**
 * What a language has to say.
 * @typedef {object} Ideas
 * @property {string} title of the row
 * @property {string} surprise of the button that makes up a prompt
 * @property {readonly string[]} prompts
 * @property {Readonly<Record<'land' | 'sea' | 'space', { subjects: readonly string[], places: readonly string[] }>>} worlds
 *   who belongs where
 * @property {readonly string[]} times
 * @property {(subject: string, place: string, time: string) => string} compose
 */

/** The row of buttons. */
export class IdeaButtons {
  #onChoose;
  #surprise = h('button', {
    type: 'button',
    className: 'surprise',
    onclick: () => this.#onChoose(this.#madeUp()),
  });
  /** @type {Ideas | null} */
  #ideas = null;

  element = h('div', { className: 'ideas', role: 'group' }, this.#surprise);

  /** @param {(prompt: string) => void} onChoose */
  constructor(onChoose) {
    this.#onChoose = onChoose;
  }

  /** @param {Ideas} ideas */
  localize(ideas) {
    this.#ideas = ideas;
    this.element.setAttribute('aria-label', ideas.title);
    this.#surprise.textContent = ideas.surprise;
    const button = (/** @type {string} */ prompt) =>
      h('button', { type: 'button', onclick: () => this.#onChoose(prompt) }, prompt);
    this.element.replaceChildren(this.#surprise, ...ideas.prompts.map(button));
  }

  #madeUp() {
    const { worlds, times, compose } = /** @type {Ideas} */ (this.#ideas);
    const world = oneOf(Object.values(worlds));
    const time = world === worlds.land ? oneOf(times) : '';
    return compose(oneOf(world.subjects), oneOf(world.places), time);
  }
}

/** @template T @param {readonly T[]} all @returns {T} */
function oneOf(all) {
  return all[Math.floor(Math.random() * all.length)];
}
