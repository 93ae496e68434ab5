import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { en } from '../../www/elements/words/en.js';
import { zh } from '../../www/elements/words/zh.js';

const read = (/** @type {string} */ file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

/** The names in a dictionary, those of dictionaries within it too. @param {object} words @returns {string[]} */
const names = (words) =>
  Object.entries(words).flatMap(([name, word]) =>
    typeof word === 'object' ? names(word).map((inner) => `${name}.${inner}`) : name,
  );

test('elements say in Chinese what they say in English, but for the names of devices', () => {
  const missing = names(en).filter((name) => !names(zh).includes(name));
  assert.deepEqual(missing, ['gpu', 'cpu']);
  assert.deepEqual(
    names(zh).filter((name) => !names(en).includes(name)),
    [],
  );
});

test('every option of a text is in the README, the types and the panel, with a sentence', () => {
  const table = read('README.md').match(/### Text[^]*?### Digits/)?.[0] ?? '';
  const types = read('www/types.d.ts').match(/interface WriteOptions \{[^]*?\n\}/)?.[0] ?? '';
  const inReadme = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name).sort();
  const inTypes = [...types.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name).sort();
  assert.deepEqual(inTypes, inReadme);
  const elsewhere = ['seed', 'signal']; // a field of its own, and nothing for a panel
  assert.deepEqual([...Object.keys(en.options), ...elsewhere].sort(), inReadme);
  const panel = read('www/elements/text/panel.js');
  for (const name of Object.keys(en.options)) assert.match(panel, new RegExp(`^ {4}${name}: `, 'm'));
});
