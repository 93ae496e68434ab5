// The options of a text as attributes of an element, and as a panel of fields.

import { h } from '../base.js';

/**
 * What an option's value is.
 * @typedef {'number' | 'numbers' | 'lines' | readonly string[]} Kind one of a few words, `true` and `false` among them
 */

const FLAG = /** @type {const} */ (['true', 'false']);

/** Every option of a call, in the groups of the panel. @type {Record<string, Record<string, Kind>>} */
export const GROUPS = {
  length: {
    max_new_tokens: 'number',
    max_length: 'number',
    min_new_tokens: 'number',
    eos_token_id: 'numbers',
    stop_strings: 'lines',
    return_full_text: FLAG,
  },
  drawing: {
    do_sample: FLAG,
    temperature: 'number',
    top_k: 'number',
    top_p: 'number',
    min_p: 'number',
    typical_p: 'number',
  },
  repetition: {
    repetition_penalty: 'number',
    no_repeat_ngram_size: 'number',
    bad_words: 'lines',
  },
  several: {
    num_return_sequences: 'number',
    num_beams: 'number',
    length_penalty: 'number',
    early_stopping: [...FLAG, 'never'],
  },
  telling: {
    top_logprobs: 'number',
  },
};

/** @type {[name: string, kind: Kind][]} */
const OPTIONS = Object.values(GROUPS).flatMap((group) => Object.entries(group));

/** The attribute of an option. @param {string} name */
const attribute = (name) => name.replaceAll('_', '-');

export const OPTION_ATTRIBUTES = OPTIONS.map(([name]) => attribute(name));

/**
 * What a text means as a value. A text that means none goes on as it is, and is refused with the option's name.
 * @param {string} text
 * @param {Kind} kind
 */
export function valueOf(text, kind) {
  const number = (/** @type {string} */ word) => (Number.isNaN(Number(word)) ? word : Number(word));
  switch (kind) {
    case 'number':
      return text.trim() === '' ? undefined : number(text);
    case 'numbers':
      return text
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(number);
    case 'lines':
      return text.split(/\r?\n/).filter(Boolean);
    default:
      if (text === '') return true; // an attribute without a value, as `<hearth-text do-sample>`
      return FLAG.includes(/** @type {any} */ (text)) ? text === 'true' : text;
  }
}

/** The options that an element's attributes ask for. @param {Element} element @returns {Record<string, any>} */
export function optionsOf(element) {
  /** @type {Record<string, any>} */
  const options = {};
  for (const [name, kind] of OPTIONS) {
    const text = element.getAttribute(attribute(name));
    if (text !== null) options[name] = valueOf(text, kind);
  }
  return options;
}

/** An option's value as its attribute has it. @param {unknown} value @param {Kind} kind */
function textOf(value, kind) {
  return Array.isArray(value) ? value.join(kind === 'lines' ? '\n' : ' ') : String(value);
}

/** Makes an element's attributes ask for these options and no others. @param {Element} element @param {object} options */
export function setOptions(element, options) {
  for (const [name, kind] of OPTIONS) {
    const value = Reflect.get(options, name);
    if (value === undefined) element.removeAttribute(attribute(name));
    else element.setAttribute(attribute(name), textOf(value, kind));
  }
}

/** @param {string} name @param {Kind} kind */
function fieldFor(name, kind) {
  if (kind === 'lines') return h('textarea', { name, rows: 2 });
  if (typeof kind === 'string') {
    return h('input', { type: 'text', inputMode: 'decimal', autocomplete: 'off', name });
  }
  const words = ['', ...kind].map((value) => h('option', { value, textContent: value || '–' }));
  return h('select', { name }, ...words);
}

export const optionsSheet = new CSSStyleSheet();
optionsSheet.replaceSync(`
  details { border-top: 1px solid var(--line); margin-top: 0.75rem; padding-top: 0.5rem; }
  summary { cursor: pointer; padding: 0.4rem 0; min-height: 2.5rem; border-radius: 0.4rem; font-weight: 600; }
  fieldset { border: 0; margin: 0.75rem 0 0; padding: 0; min-width: 0; }
  legend { padding: 0; font-size: 0.85rem; font-weight: 600; letter-spacing: 0.02em; color: var(--ember); }
  .options { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); gap: 0.9rem 1.5rem; margin-top: 0.5rem; }
  .option { font-size: 0.85rem; color: var(--soft); }
  .option code { font-family: ui-monospace, monospace; font-size: 0.85rem; color: var(--ink); }
  .option :is(input, select, textarea) { width: 100%; }
`);

/** The fields of all options, folded away. */
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
      const rows = h('div', { className: 'options' });
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

  /** Shows what an attribute asks for, if it is an option's. @param {Element} element @param {string} changed */
  read(element, changed) {
    const name = changed.replaceAll('-', '_');
    const field = this.#fields.get(name);
    if (field) {
      const text = element.getAttribute(attribute(name)) ?? '';
      field.value =
        field instanceof HTMLSelectElement && element.hasAttribute(attribute(name)) ? text || 'true' : text;
    }
  }

  /** Makes an element's attributes ask for what the fields say. @param {Element} element */
  write(element) {
    for (const [name, field] of this.#fields) {
      if (field.value.trim() === '') element.removeAttribute(attribute(name));
      else element.setAttribute(attribute(name), field.value);
    }
  }
}
