// The options of a training as fields, folded away. What is changed counts from the next step on.

import { attributeOf, optionOf, setAttribute } from '../attributes.js';
import { h, numberField, styleSheet } from '../dom.js';
import { CHOICES, DEFAULTS } from './options.js';

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

export const panelSheet = styleSheet(`
  details { border-top: 1px solid var(--line); margin-top: 0.75rem; padding-top: 0.5rem; }
  summary { cursor: pointer; padding: 0.4rem 0; min-height: 2.5rem; border-radius: 0.4rem; font-weight: 600; }
  .fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); gap: 0.9rem 1.5rem; margin-top: 0.5rem; }
  .option { font-size: 0.85rem; color: var(--soft); }
  .option :is(input, select) { width: 100%; }
`);

export class OptionsPanel {
  #summary = h('summary');
  #hint = h('p', { className: 'hint' });
  /** @type {Map<string, Field>} */
  #fields = new Map();
  /** @type {Map<string, { name: HTMLElement, about: HTMLElement }>} */
  #texts = new Map();

  element = h('details', {}, this.#summary, this.#hint);

  /** @param {Element} owner whose attributes the fields are */
  constructor(owner) {
    const rows = h('div', { className: 'fields' });
    for (const option of [...Object.keys(DEFAULTS), 'seed']) {
      const [field, name] = [fieldFor(option), h('span')];
      const about = h('span', { id: `about-${option}` });
      field.setAttribute('aria-describedby', about.id);
      field.addEventListener('change', () =>
        setAttribute(owner, attributeOf(option), field.value.trim() || null),
      );
      this.#fields.set(option, field);
      this.#texts.set(option, { name, about });
      rows.append(h('div', { className: 'option' }, h('label', {}, name, field), about));
    }
    this.element.append(rows);
  }

  /** @param {import('../words.js').Words} words */
  localize(words) {
    const { trainingOptions, trainingOptionHints } = words;
    this.#summary.textContent = words.optionsTitle;
    this.#hint.textContent = words.trainingOptionsHint;
    for (const [option, { name, about }] of this.#texts) {
      name.textContent = option === 'seed' ? words.seed : (trainingOptions[option] ?? option);
      about.textContent = trainingOptionHints[option] ?? '';
    }
    this.#field('seed').placeholder ||= words.random;
  }

  /** Shows what an attribute asks for, if it is an option's. @param {Element} element @param {string} attribute */
  read(element, attribute) {
    const option = optionOf(attribute);
    const field = this.#fields.get(option);
    if (!field) return;
    const text = element.getAttribute(attribute)?.trim() ?? '';
    if (!(field instanceof HTMLSelectElement)) return void (field.value = text);
    const value = text || String(Reflect.get(DEFAULTS, option));
    if (![...field.options].some((entry) => entry.value === value)) {
      field.append(h('option', { value, textContent: value })); // refusing it is up to the engine
    }
    field.value = value;
  }

  /** Shows the seed that the weights were drawn from. @param {number} seed */
  set seed(seed) {
    this.#field('seed').placeholder = String(seed);
  }

  /** @param {string} option */
  #field(option) {
    return /** @type {HTMLInputElement} */ (this.#fields.get(option));
  }
}

/** @param {string} option @returns {Field} */
function fieldFor(option) {
  if (option in CHOICES) {
    const entries = CHOICES[option].map((value) => h('option', { value, textContent: value }));
    return h('select', { name: option }, ...entries);
  }
  const field = numberField(option, 20);
  field.inputMode = 'decimal';
  const value = Reflect.get(DEFAULTS, option);
  field.placeholder = Array.isArray(value) ? value.join(' ') : String(value ?? '');
  return field;
}
