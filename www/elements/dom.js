// DOM in few words: elements, fields with labels, style sheets.

/** @param {string} css */
export function styleSheet(css) {
  const sheet = new (globalThis.CSSStyleSheet ?? ServerSheet)();
  sheet.replaceSync(css);
  return sheet;
}

/** What a server has for a style sheet: nothing, as nothing is shown there. */
const ServerSheet = /** @type {typeof CSSStyleSheet} */ (
  /** @type {unknown} */ (
    class {
      replaceSync() {}
    }
  )
);

/**
 * Style sheets for a document. One that is constructed serves only the document that it was made in.
 * @param {Document} place
 * @param {readonly CSSStyleSheet[]} sheets
 */
export function sheetsIn(place, sheets) {
  const view = place.defaultView;
  if (view === window) return [...sheets];
  if (!view) return []; // what is in it is not seen
  return sheets.map(({ cssRules }) => {
    const copy = new view.CSSStyleSheet();
    copy.replaceSync([...cssRules].map(({ cssText }) => cssText).join('\n'));
    return copy;
  });
}

/** The `::part`s by which a page reaches what is in every element. @type {Readonly<Record<string, string>>} */
const PARTS = {
  button: 'button',
  canvas: 'picture',
  input: 'field',
  progress: 'progress',
  select: 'field',
  textarea: 'field',
};

/**
 * Builds an element. What pages may want to style is a part, called after what it is unless `part` says otherwise.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, unknown>} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  const part = name === 'button' && properties.className === 'main' ? 'main-button' : PARTS[name];
  if (part) element.setAttribute('part', part);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes('-') || key === 'role' || key === 'for') element.setAttribute(key, String(value));
    else if (key.startsWith('on'))
      element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else Reflect.set(element, key, value);
  }
  element.append(...children);
  return element;
}

/** A field with a name of its own, which `setLabel` writes. @param {HTMLElement} field */
export function label(field) {
  return h('label', {}, h('span'), field);
}

/** @param {HTMLElement} field @param {string} text */
export function setLabel(field, text) {
  const span = field.parentElement?.firstElementChild;
  if (span) span.textContent = text;
}

/** A field for a number. @param {string} name @param {number} maxLength */
export function numberField(name, maxLength) {
  return h('input', { type: 'text', inputMode: 'numeric', autocomplete: 'off', name, maxLength });
}
