import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { CODES } from '../../www/engine/errors.js';
import { words as pageWords } from '../../www/page/words.js';
import { manifest } from '../../scripts/manifest.js';
import { filesIn } from './sources.js';

const read = (/** @type {string} */ file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('the manifest has the hash of every weight file that ships', () => {
  const { files } = JSON.parse(read('models/manifest.json'));
  assert.ok(Object.keys(files).length > 0);
  assert.equal(read('models/manifest.json'), manifest());
});

test('every error code has a cause and a remedy in the documents, and is in the types', () => {
  const [errors, types] = [read('docs/errors.md'), read('www/types.d.ts')];
  for (const code of Object.keys(CODES)) {
    const section = errors.split(/^## /m).find((section) => section.startsWith(`${code}\n`)) ?? '';
    assert.match(section, /\*\*Cause\.\*\*[^]*\*\*Remedy\.\*\*/, `docs/errors.md lacks ${code}`);
    assert.ok(types.includes(`'${code}'`), `types.d.ts does not list ${code}`);
  }
});

test('the page says everything in every language', () => {
  const english = Object.keys(pageWords.en).sort();
  for (const [language, words] of Object.entries(pageWords)) {
    assert.deepEqual(Object.keys(words).sort(), english, language);
  }
  const html = read('index.html');
  for (const [, name, text] of html.matchAll(/data-text="(\w+)"[^<>]*>([^<]*)</g)) {
    assert.equal(text.replace(/\s+/g, ' ').trim(), pageWords.en[/** @type {'title'} */ (name)], name); // before a script runs
  }
  const inPage = [...html.matchAll(/data-(?:text|label)="(\w+)"/g)].map(([, name]) => name);
  for (const name of inPage) assert.ok(english.includes(name), `index.html uses ${name}`);
  const code = filesIn('www/page', '.js').map(read).join('\n');
  for (const name of english) {
    const isSaid =
      inPage.includes(name) ||
      new RegExp(`(spoken\\(\\)|words)\\.${name}\\b|\\b${name}\\b[^;]*\\} = spoken`).test(code);
    assert.ok(isSaid, `nothing says ${name}`);
  }
});
