// The documents name files and functions: each must be there, so that a renamed one is renamed in them too.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { root } from '../../scripts/shell.js';
import { LAYERS, MODULES } from './layers.js';
import { filesIn, read } from './sources.js';

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...filesIn('docs', '.md')];
/** Those about the code. */
const INSIDE = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/weights.md', 'docs/engine.md', 'docs/kernels.md'];

const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
/** A path from the repository's root, and what is named in it, if anything. */
const NAMED = new RegExp(
  `^((?:${folders.map(({ name }) => name).join('|')})/[\\w./-]*|[A-Z]+\\.md)(?:: (.+))?$`,
);

/** What is built, and so not there before. */
const BUILT = ['www/pkg/', 'training/runs/', 'training/data/'];

/** A document without its blocks of code. @param {string} document */
const prose = (document) => read(document).replace(/^( *)```[^]*?^\1```/gm, '');

/** Everything in backticks that names a file. @param {string} text */
const namesIn = (text) =>
  [...text.matchAll(/`([^`]+)`/g)].flatMap(([, span]) => {
    const [, file, names] = span.replace(/\s+/g, ' ').match(NAMED) ?? [];
    return file && !BUILT.some((built) => file.startsWith(built)) ? [{ span, file, names }] : [];
  });

/**
 * Whether a source defines a name: in Rust, JavaScript, Python or WGSL, as an item, a method or a property.
 * @param {string} source
 * @param {string} name
 */
function defines(source, name) {
  const item = `\\b(?:fn|struct|enum|trait|type|mod|impl|const|static|let|var|function\\*?|class|interface|def) ${name}\\b`;
  const method = `^ +(?:(?:static|async|get|set) )*[*#]?${name}\\(.*\\{$`;
  const property = `^ *${name}(?:\\(|:| =) `;
  return [item, method, property].some((form) => new RegExp(form, 'm').test(source));
}

/** What is wrong with the names in a text. @param {string} text */
function missingIn(text) {
  return namesIn(text).flatMap(({ span, file, names }) => {
    if (!existsSync(path.join(root, file))) return [span];
    if (!names) return [];
    const source = read(file);
    return names.split(/::|\./).every((name) => defines(source, name)) ? [] : [span];
  });
}

/** The rows of a table whose first cell is code: that, and the code in the second. @param {string} head of the first column */
function tableOf(head) {
  const [, table = ''] = prose('ARCHITECTURE.md').split(new RegExp(`^\\| ${head} .*\n\\|.*\n`, 'm'));
  const rows = table.split('\n\n')[0].matchAll(/^\| `([^`]+)` *\|([^|]*)\|/gm);
  return Object.fromEntries(
    [...rows].map(([, name, cell]) => [name, [...cell.matchAll(/`([^`]+)`/g)].map(([, one]) => one)]),
  );
}

/** @param {Record<string, string[]>} table */
const sorted = (table) =>
  Object.fromEntries(Object.entries(table).map(([name, others]) => [name, others.toSorted()]));

test('a name that is not there is seen, and what names no file is passed over', () => {
  const file = 'tests/node/docs.test.js';
  const text = `\`${file}\` \`${file}: missingIn\` \`${file}: elsewhere\` \`tests/gone.js\` \`cpu.rs\` \`www/pkg/\``;
  assert.deepEqual(missingIn(text), [`${file}: elsewhere`, 'tests/gone.js']);
});

for (const document of DOCUMENTS) {
  test(`what ${document} names is there`, () => {
    const text = prose(document);
    if (INSIDE.includes(document)) assert.ok(namesIn(text).length > 5, 'it names some');
    assert.deepEqual(missingIn(text), []);
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, link]) => link);
    const broken = links.filter((link) => !existsSync(path.join(root, path.dirname(document), link)));
    assert.deepEqual(broken, []);
  });
}

test('ARCHITECTURE.md says who may import whom as the tests hold it', () => {
  const there = (/** @type {string} */ name) =>
    ['', '.rs'].some((end) => existsSync(path.join(root, 'src', name + end)));
  const modules = Object.entries(MODULES).filter(([name]) => there(name));
  const allowed = modules.map(([name, others]) => [name, others.filter(there)]);
  const { web, ...shown } = tableOf('module of `src/`');
  assert.deepEqual(web, []); // `web` may import all
  assert.deepEqual(sorted(shown), sorted(Object.fromEntries(allowed)));
  const { 'www/pkg/': _, ...layers } = LAYERS;
  assert.deepEqual(sorted(tableOf('files of `www/`')), sorted(layers));
});
