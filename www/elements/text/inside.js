// What a visitor can see inside a text: the probability of each token, or what a head attends to.

import { h, label, setLabel, styleSheet } from '../dom.js';

/** @typedef {import('./view.js').Mode} Mode */

export const insideSheet = styleSheet(`
  .inside { border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.5rem 0.75rem 0.75rem; margin-top: 0.75rem; }
  .inside .tools { gap: 0.5rem 1.25rem; min-height: 4rem; }
  .modes { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin: 0; }
  .modes label { display: flex; gap: 0.4rem; align-items: center; font-size: 0.95rem; min-height: 2rem; color: var(--ink); }
  .modes input { accent-color: var(--ember); width: 1.1rem; height: 1.1rem; margin: 0; }
  .legend { display: flex; align-items: center; gap: 0.5rem; font-size: 0.85rem; color: var(--soft); }
  .legend span:nth-child(2) {
    inline-size: 5rem; block-size: 1.2rem; border-radius: 0.2rem; border-bottom: 3px solid var(--ember);
    background: linear-gradient(to right, transparent, color-mix(in srgb, var(--ember) 42%, transparent));
  }
  .heads { display: flex; gap: 0.75rem; }
`);

/** The switch, and what it unfolds. */
export class InsidePanel {
  #calls;
  #probabilities = h('input', { type: 'radio', name: 'mode', checked: true });
  #attention = h('input', { type: 'radio', name: 'mode' });
  #names = [h('span'), h('span')];
  #modes = h(
    'fieldset',
    { className: 'modes', onchange: () => this.#calls.onMode() },
    h('label', {}, this.#probabilities, this.#names[0]),
    h('label', {}, this.#attention, this.#names[1]),
  );
  #legend = h('div', { className: 'legend' }, h('span'), h('span'), h('span'));
  #layer = h('select', { name: 'layer' });
  #head = h('select', { name: 'head' });
  #heads = h(
    'div',
    { className: 'heads', onchange: () => this.#calls.onHead() },
    label(this.#layer),
    label(this.#head),
  );
  #hint = h('p', { className: 'hint' });

  button = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => this.#toggle() });
  element = h(
    'div',
    { className: 'inside', hidden: true },
    h('div', { className: 'tools' }, this.#modes, this.#legend, this.#heads),
    this.#hint,
  );

  /** @param {{ onMode: () => void, onHead: () => void }} calls when something else is to be seen, or another head */
  constructor(calls) {
    this.#calls = calls;
  }

  /** @returns {Mode} */
  get mode() {
    if (this.element.hidden) return 'reading';
    return this.#attention.checked ? 'attention' : 'probabilities';
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    this.button.textContent = words.lookInside;
    this.#modes.setAttribute('aria-label', words.insideMode);
    this.#names[0].textContent = words.probabilities;
    this.#names[1].textContent = words.attention;
    const [first, , last] = this.#legend.children;
    [first.textContent, last.textContent] = [words.expected, words.surprising];
    setLabel(this.#layer, words.layer);
    setLabel(this.#head, words.head);
  }

  /** Says what there is to see. @param {import('../words.js').Words} words @param {boolean} hasProbabilities */
  explain(words, hasProbabilities) {
    const isHead = this.mode === 'attention';
    this.#legend.hidden = isHead;
    this.#heads.hidden = !isHead;
    const probabilities = hasProbabilities ? words.probabilitiesHint : words.noProbabilities;
    this.#hint.textContent = isHead ? words.attentionHint : probabilities;
  }

  /** The chosen head of a model. @param {{ n_layer: number, n_head: number }} info */
  headOf({ n_layer, n_head }) {
    return { layer: choiceOf(this.#layer, n_layer), head: choiceOf(this.#head, n_head) };
  }

  #toggle() {
    this.element.hidden = !this.element.hidden;
    this.button.setAttribute('aria-pressed', String(!this.element.hidden));
    this.#calls.onMode();
  }
}

/** The index that is chosen in a menu of `count` entries. @param {HTMLSelectElement} field @param {number} count */
function choiceOf(field, count) {
  if (field.length !== count) {
    const option = (/** @type {unknown} */ _, /** @type {number} */ index) =>
      h('option', { value: index, textContent: index + 1 });
    field.replaceChildren(...Array.from({ length: count }, option));
  }
  return Number(field.value);
}
