// The demo page: its language, and the address that reproduces the picture on show.

import '../elements/hearth-digits.js';
import { words } from './words.js';

/** @typedef {keyof typeof words} Language */

const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const digits = find('digits');
const language = /** @type {HTMLSelectElement} */ (find('language'));
const address = new URL(location.href);

/** The attributes of the digits that a link carries. */
const SHARED = ['seed', 'class-labels', 'batch-size', 'truncation', 'device', 'model'];

/** The language that was asked for, or the first of the browser's that there is. @returns {Language} */
function preferredLanguage() {
  const asked = [address.searchParams.get('lang') ?? '', ...navigator.languages];
  const known = asked.map((tag) => tag.toLowerCase().split('-')[0]).find((tag) => tag in words);
  return /** @type {Language} */ (known ?? 'en');
}

/** @param {Language} tag */
function speak(tag) {
  language.value = tag;
  document.documentElement.lang = tag;
  document.title = words[tag].title;
  for (const element of document.querySelectorAll('[data-text]')) {
    const name = /** @type {keyof typeof words.en} */ (/** @type {HTMLElement} */ (element).dataset.text);
    element.textContent = words[tag][name];
  }
}

speak(preferredLanguage());
language.addEventListener('change', () => {
  speak(/** @type {Language} */ (language.value));
  address.searchParams.set('lang', language.value);
  history.replaceState(null, '', address);
});

for (const name of SHARED) {
  const value = address.searchParams.get(name);
  if (value !== null) digits.setAttribute(name, value);
}

// The address always draws the picture on show, so that reloading and sharing it just work.
digits.addEventListener('complete', (event) => {
  const { seed } = /** @type {CustomEvent} */ (event).detail;
  for (const name of SHARED) {
    const value = name === 'seed' ? String(seed) : digits.getAttribute(name);
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  history.replaceState(null, '', address);
  find('shared').textContent = '';
});

find('share').addEventListener('click', async () => {
  const { copied, notCopied } = words[/** @type {Language} */ (language.value)];
  const done = await navigator.clipboard?.writeText(address.href).then(
    () => true,
    () => false,
  );
  find('shared').textContent = done ? copied : notCopied;
});

const script = new URL('../elements/hearth-digits.js', import.meta.url);
find('snippet').textContent =
  `<script type="module" src="${script}"></script>\n<hearth-digits class-labels="2 0 2 6" controls></hearth-digits>`;
