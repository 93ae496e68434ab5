// How a story begins: a line to write it into, beginnings to try, and a few numbers behind a fold.

import { attributeOf, optionOf, setAttribute } from '../attributes.js';
import { h, label, numberField, setLabel, styleSheet } from '../dom.js';
import { DEFAULTS, PRESETS } from './options.js';

export const formSheet = styleSheet(`
  .ask {
    display: flex; flex-wrap: nowrap; align-items: center; gap: 0.6rem; padding: 0.5rem; border: 1px solid var(--line); border-radius: 1rem;
    background: var(--paper); box-shadow: 0 0.6rem 1.9rem -1.1rem light-dark(#3a2a1555, #000);
  }
  .ask:focus-within { border-color: var(--ember); }
  .ask label { flex: 1; }
  .ask label span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .ask textarea {
    width: 100%; min-height: 2.9rem; padding: 0.5rem 0.75rem; border: 0; background: none; resize: none; font: 1.15rem/1.5 var(--serif);
    field-sizing: content; max-height: 12rem; outline-offset: -2px; border-radius: 0.6rem;
  }
  .ask .main { min-height: 2.9rem; padding-inline: 1.4rem; border-radius: 0.7rem; font-weight: 600; white-space: nowrap; }
  .chips { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-top: 0.75rem; }
  .chips button { min-height: 2.25rem; padding: 0.2rem 0.9rem; border-radius: 999px; color: var(--soft); font-size: 0.9rem; background: none; }
  .chips button:hover { color: var(--ink); }
  .more { display: flex; flex-wrap: wrap; gap: 0.75rem; padding-block: 0.5rem; }
  .more input { width: 6rem; }
  .more input[name='seed'] { width: 11rem; }
  details > summary { width: fit-content; padding: 0.35rem 0; border-radius: 0.25rem; color: var(--soft); font-size: 0.9rem; cursor: pointer; }
  summary:hover { color: var(--ink); }
  @media (max-width: 30rem) {
    .chips { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none; padding: 3px; } .chips button { flex: none; }
    .ask { flex-wrap: wrap; } .ask label, .ask .main { flex: 1 1 100%; } .ask textarea { field-sizing: fixed; height: 6.2rem; } }
`);

/** The form. */
export class StoryForm {
  #prompt = h('textarea', { name: 'prompt', rows: 1, dir: 'auto' });
  #tell = h('button', { className: 'main' });
  #chips = h('div', { className: 'chips', role: 'group' });
  #surprise = h('button', {
    type: 'button',
    onclick: () => this.#pick(Math.floor(Math.random() * PRESETS.length)),
  });
  #numbers = {
    num_scenes: numberField('num_scenes', 2),
    max_length: numberField('max_length', 5),
    seed: numberField('seed', 16),
  };
  #summary = h('summary');
  #onTell;

  element = h('form', { className: 'ask' }, label(this.#prompt), this.#tell);
  beginnings = this.#chips;
  /** What few visitors change. */
  options = h(
    'details',
    {},
    this.#summary,
    h('div', { className: 'more' }, ...Object.values(this.#numbers).map(label)),
  );

  /** @param {{ onTell: () => void }} calls */
  constructor({ onTell }) {
    this.#onTell = onTell;
    for (const [index] of PRESETS.entries()) {
      this.#chips.append(h('button', { type: 'button', onclick: () => this.#pick(index) }));
    }
    this.#chips.append(this.#surprise);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      onTell();
    });
    this.#prompt.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.element.requestSubmit();
    });
  }

  get prompt() {
    return this.#prompt.value;
  }

  /** @param {number} seed */
  set seed(seed) {
    this.#numbers.seed.value = String(seed);
  }

  /** @param {import('../words.js').Words} words */
  localize({ story, promptHint, presets, random, seed, optionsTitle }) {
    setLabel(this.#prompt, story.prompt);
    this.#prompt.placeholder = promptHint;
    this.#tell.textContent = story.tell;
    this.#chips.setAttribute('aria-label', presets);
    [...this.#chips.children].forEach((chip, index) => {
      chip.textContent = index < PRESETS.length ? story.presets[PRESETS[index].title] : story.surprise;
    });
    this.#summary.textContent = optionsTitle;
    for (const [name, field] of Object.entries(this.#numbers)) {
      setLabel(field, name === 'seed' ? seed : story.options[/** @type {keyof typeof DEFAULTS} */ (name)]);
      field.placeholder =
        name === 'seed' ? random : String(DEFAULTS[/** @type {keyof typeof DEFAULTS} */ (name)]);
    }
  }

  /** Shows what an attribute asks for. @param {Element} element @param {string} attribute */
  read(element, attribute) {
    const text = element.getAttribute(attribute) ?? '';
    if (attribute === 'prompt') this.#prompt.value = text;
    const option = optionOf(attribute);
    if (Object.hasOwn(this.#numbers, option)) Reflect.get(this.#numbers, option).value = text;
  }

  /** Makes an element's attributes ask for what the fields say. @param {Element} element */
  write(element) {
    setAttribute(element, 'prompt', this.#prompt.value);
    for (const [option, { value }] of Object.entries(this.#numbers)) {
      setAttribute(element, attributeOf(option), value.trim() || null);
    }
  }

  /** Fills in a beginning for a reader who brings none. @param {string} prompt */
  offer(prompt) {
    this.#prompt.value = prompt;
  }

  /** @param {number} index of a preset */
  #pick(index) {
    this.#prompt.value = PRESETS[index].prompt;
    this.#numbers.seed.value = '';
    this.#onTell();
  }
}
