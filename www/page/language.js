// The page's language: that of its address, else the browser's; a menu changes it. The page is not shown before this has run,
// so that nobody sees it in another language first.

import { words } from './words.js';

/** @typedef {keyof typeof words} Language */

const menu = /** @type {HTMLSelectElement} */ (document.getElementById('language'));

/** The language that was asked for, or the first of the browser's that there is. @returns {Language} */
function preferred() {
  const asked = [new URL(location.href).searchParams.get('lang') ?? '', ...navigator.languages];
  const known = asked.map((tag) => tag.toLowerCase().split('-')[0]).find((tag) => Object.hasOwn(words, tag));
  return /** @type {Language} */ (known ?? 'en');
}

/** The page's words in its language. */
export const spoken = () => words[/** @type {Language} */ (menu.value)];

/** @param {Language} tag */
function speak(tag) {
  menu.value = tag;
  document.documentElement.lang = tag;
  document.title = spoken().title;
  const said = (/** @type {string | undefined} */ name) =>
    spoken()[/** @type {keyof typeof words.en} */ (name)];
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('[data-text], [data-label]')
  )) {
    const { text, label } = element.dataset;
    if (text) element.textContent = said(text);
    if (label) element.setAttribute('aria-label', said(label));
  }
}

speak(preferred());
menu.addEventListener('change', () => {
  speak(/** @type {Language} */ (menu.value));
  const address = new URL(location.href);
  address.searchParams.set('lang', menu.value);
  history.replaceState(null, '', address);
});
