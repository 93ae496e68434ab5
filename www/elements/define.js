// How an element's class and a page that has the element already come together; and a server, which has no elements.

/** What elements are made of. On a server they are only imported: it is the page that defines them. */
export const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

/**
 * Defines an element and returns its class. A page may have the script twice, from two hosts or under two addresses. The copy
 * that comes first serves all of its elements, and every later one exports the class of the first.
 * @template {CustomElementConstructor} Class
 * @param {string} name
 * @param {Class} own
 * @returns {Class}
 */
export function define(name, own) {
  if (!globalThis.customElements) return own;
  const first = customElements.get(name);
  if (!first) customElements.define(name, own);
  else console.info(`This page has <${name}> already: the script that came first serves it.`);
  return /** @type {Class} */ (first ?? own);
}

/**
 * Sets again the properties that a page set while its class was not there. Until then they are the element's own and hide the
 * setters of the class, as class fields of a subclass do.
 * @param {HTMLElement} element
 */
export function upgradeProperties(element) {
  for (const [name, value] of Object.entries(element)) {
    if (!(name in element.constructor.prototype)) continue;
    Reflect.deleteProperty(element, name);
    Reflect.set(element, name, value); // false, and no error, if it is read-only
  }
}
