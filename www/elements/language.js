// The language that an element speaks: that of the page around it if there are words in it, else the reader's.

import { wordsFor } from './words.js';

/** What an element is in, out of a shadow tree too. @param {Element} element @returns {Element | undefined} */
const around = (element) =>
  element.parentElement ?? /** @type {Partial<ShadowRoot>} */ (element.getRootNode()).host;

/** The words of the nearest language that there are words in, of the page's or the reader's. @param {Element} element */
export function wordsOf(element) {
  /** @type {string[]} */
  const tags = [];
  for (let at = /** @type {Element | undefined} */ (element); at; at = around(at)) {
    tags.push(at.getAttribute('lang') ?? '');
  }
  return wordsFor([...tags, ...navigator.languages]);
}

/** What each element does when its language may have changed. @type {Map<Element, () => void>} */
const followers = new Map();
/** @type {MutationObserver | undefined} */
let observer;

/** Has an element follow the language of what it is in now. @param {Element} element @param {() => void} onChange */
export function followLanguage(element, onChange) {
  followers.set(element, onChange);
  const changed = () => followers.forEach((onChange) => onChange());
  observer ??= new MutationObserver(changed);
  for (let at = /** @type {Element | undefined} */ (element); at; at = around(at)) {
    if (!at.parentElement) observer.observe(at.getRootNode(), { subtree: true, attributeFilter: ['lang'] });
  }
}

/** @param {Element} element */
export function unfollowLanguage(element) {
  followers.delete(element);
}
