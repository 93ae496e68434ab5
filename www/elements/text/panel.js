// The options of a text as fields, folded away.

import { attributeOf, optionOf, setAttribute } from '../attributes.js';
import { h, styleSheet } from '../dom.js';
import { GROUPS } from './options.js';

/** @param {string} name @param {import('../attributes.js').ValueKind} kind */
function fieldFor(name, kind) {
  if (kind === 'lines') return h('textarea', { name, rows: 2, dir: 'auto' });
  if (typeof kind === 'string') {
    return h('input', { type: 'text', inputMode: 'decimal', autocomplete: 'off', name });
  }
  const words = ['', ...kind].map((value) => h('option', { value, textContent: value || '–' }));
  return h('select', { name }, ...words);
}

export const panelSheet = styleSheet(`
  details { border-top: 1px solid var(--line); margin-top: 0.75rem; padding-top: 0.5rem; }
  summary { cursor: pointer; padding: 0.4rem 0; min-height: 2.5rem; border-radius: 0.4rem; font-weight: 600; }
  fieldset { border: 0; margin: 0.75rem 0 0; padding: 0; min-width: 0; }
  legend { padding: 0; font-size: 0.85rem; font-weight: 600; letter-spacing: 0.02em; color: var(--ember); }
  .fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); gap: 0.9rem 1.5rem; margin-top: 0.5rem; }
  .option { font-size: 0.85rem; color: var(--soft); }
  .option code { font-family: ui-monospace, monospace; font-size: 0.85rem; color: var(--ink); }
  .option :is(input, select, textarea) { width: 100%; }
`);

/** The fields of all options. */
export class OptionsPanel {
  #summary = h('summary');
  #hint = h('p', { className: 'hint' });
  /** @type {Map<string, HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>} */
  #fields = new Map();
  /** @type {Map<string, HTMLElement>} */
  #texts = new Map();

  element = h('details', {}, this.#summary, this.#hint);

  /** @param {string} form the id of the form that the fields belong to */
  constructor(form) {
    for (const [group, options] of Object.entries(GROUPS)) {
      const legend = h('legend');
      const rows = h('div', { className: 'fields' });
      this.#texts.set(group, legend);
      for (const [name, kind] of Object.entries(options)) {
        const [field, text] = [fieldFor(name, kind), h('span', { id: `about-${name}` })];
        field.setAttribute('aria-describedby', text.id);
        field.setAttribute('form', form);
        this.#fields.set(name, field);
        this.#texts.set(name, text);
        const labelled = h('label', {}, h('code', { textContent: name }), field);
        rows.append(h('div', { className: 'option' }, labelled, text));
      }
      this.element.append(h('fieldset', {}, legend, rows));
    }
  }

  /** @param {import('../words.js').Words} words */
  localize({ options, optionGroups, optionsTitle, optionsHint }) {
    this.#summary.textContent = optionsTitle;
    this.#hint.textContent = optionsHint;
    for (const [name, element] of this.#texts) {
      element.textContent = { ...optionGroups, ...options }[name] ?? '';
    }
  }

  /** Shows what an attribute asks for, if it is an option's. @param {Element} element @param {string} attribute */
  read(element, attribute) {
    const field = this.#fields.get(optionOf(attribute));
    if (!field) return;
    const text = element.getAttribute(attribute);
    field.value = field instanceof HTMLSelectElement && text === '' ? 'true' : (text ?? '');
  }

  /** Makes an element's attributes ask for what the fields say. @param {Element} element */
  write(element) {
    for (const [option, { value }] of this.#fields) {
      setAttribute(element, attributeOf(option), value.trim() ? value : null);
    }
  }
}
