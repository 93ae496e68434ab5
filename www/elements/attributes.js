// Options as attributes of an element: their names there, and their values as text.

/**
 * The kind of an option's value; a list has the words that it can be, `true` and `false` among them. A blank attribute is an
 * empty list for `numbers` (no token ends a text), itself for `text`, and no value for `labels` (no class is asked for) or
 * for a `name`.
 * @typedef {'number' | 'numbers' | 'labels' | 'name' | 'text' | 'lines' | readonly string[]} ValueKind
 *
 * Options by their names.
 * @typedef {Readonly<Record<string, ValueKind>>} ValueKinds
 */

/** The options that every element has. @type {ValueKinds} */
const OF_EVERY_ELEMENT = { seed: 'number' };

/** The attribute of an option. @param {string} option */
export const attributeOf = (option) => option.replaceAll('_', '-');

/** The option of an attribute. @param {string} attribute */
export const optionOf = (attribute) => attribute.replaceAll('-', '_');

/** A random seed. */
export const randomSeed = () => Math.floor(Math.random() * 1e9);

/**
 * The number in a text; undefined if it is blank. A text that is not a number is returned as it is, so that the engine
 * refuses it by the name of its option.
 * @param {string} text
 * @returns {any}
 */
export function numberOf(text) {
  if (text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

/** The parts of a list. @param {string} text with commas or white space between them */
const partsOf = (text) => text.split(/[\s,]+/).filter(Boolean);

/** The labels in a text; undefined if it has none. Only plain digits are a number here. @param {string} text */
function labelsOf(text) {
  const parts = partsOf(text);
  if (parts.length === 0) return undefined;
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/**
 * The value in a text, or undefined.
 * @param {string} text
 * @param {ValueKind} kind
 */
function valueOf(text, kind) {
  switch (kind) {
    case 'number':
      return numberOf(text);
    case 'numbers':
      return partsOf(text).map(numberOf);
    case 'labels':
      return labelsOf(text);
    case 'name':
      return text.trim() || undefined;
    case 'text':
      return text;
    case 'lines':
      return text.split(/\r?\n/).filter(Boolean);
    default:
      // An attribute without a value is set, as in `<hearth-text do-sample>`.
      if (text === '' || text === 'true') return true;
      return text === 'false' ? false : text;
  }
}

/** A value as text. @param {unknown} value @param {ValueKind} kind */
function textOf(value, kind) {
  return Array.isArray(value) ? value.join(kind === 'lines' ? '\n' : ' ') : String(value);
}

/**
 * The options that an element's attributes ask for, `seed` included.
 * @param {Pick<Element, 'getAttribute'>} element
 * @param {ValueKinds} kinds
 * @returns {Record<string, any>}
 */
export function optionsOf(element, kinds) {
  /** @type {Record<string, any>} */
  const options = {};
  for (const [option, kind] of Object.entries({ ...OF_EVERY_ELEMENT, ...kinds })) {
    const text = element.getAttribute(attributeOf(option));
    const value = text === null ? undefined : valueOf(text, kind);
    if (value !== undefined) options[option] = value;
  }
  return options;
}

/**
 * Makes an element's attributes ask for these options and no others. The seed stays.
 * @param {Element} element
 * @param {ValueKinds} kinds
 * @param {object} options
 */
export function setOptions(element, kinds, options) {
  for (const [option, kind] of Object.entries(kinds)) {
    const value = Reflect.get(options, option);
    setAttribute(element, attributeOf(option), value === undefined ? null : textOf(value, kind));
  }
}

/** Sets an attribute, or takes it away. @param {Element} element @param {string} name @param {string | null} value */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}
