// The documents as they are built: every link leads somewhere, every table is whole, every sample says what it is for.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';

import { buildDocs, folder } from '../../scripts/docs/build.js';
import { samplesIn } from '../../scripts/docs/markdown.js';
import { PAGES } from '../../scripts/docs/pages.js';
import { types } from '../../scripts/docs/tables.js';
import { declarationsIn } from '../../scripts/docs/types.js';
import { root } from '../../scripts/shell.js';
import { tagOf } from '../../docs/assets/gallery/tag.js';
import { filesIn, read } from './sources.js';

/** Pages for people who use Hearth; the others are about its code, and their samples are notes. */
const MANUAL = ['README.md', ...filesIn('docs', '.md')].filter(
  (file) => !/weights|engine|kernels/.test(path.basename(file)),
);

/** @param {string} name */
const built = (name) => read(`docs/${name}.html`);

before(buildDocs);

describe('the pages that are built', () => {
  test('each source is a page, and each page has one heading of the first level', () => {
    const sources = PAGES.map(({ source }) => source);
    assert.deepEqual(
      filesIn('docs', '.md').filter((file) => !sources.includes(file)),
      [],
    );
    for (const { name } of PAGES) assert.equal(built(name).match(/<h1[ >]/g)?.length, 1, name);
  });

  test('every link leads to a page, a heading or a file that is there', () => {
    const ids = new Map(
      PAGES.map(({ name }) => [
        `${name}.html`,
        new Set([...built(name).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)),
      ]),
    );
    /** @type {string[]} */
    const broken = [];
    for (const { name } of PAGES) {
      for (const [, href] of built(name).matchAll(/ (?:href|src)="([^"]*)"/g)) {
        if (/^(?:https?|data):/.test(href)) continue;
        const [file, id] = href.split('#');
        const page = file || `${name}.html`;
        const isThere = existsSync(path.join(folder, page));
        if (!isThere || (id && !ids.get(page)?.has(id))) broken.push(`${name}: ${href}`);
      }
    }
    assert.deepEqual(broken, []);
  });

  test('no comment for a table is left', () => {
    for (const { name } of PAGES) assert.doesNotMatch(built(name), /<!-- [\w-]+: /, name);
  });

  test('every options of a call, and every type, stand on a page', () => {
    const text = MANUAL.map(read).join('\n');
    const asked = [...text.matchAll(/<!-- (?:options|attributes): ([^>]*?) -->/g)].map(([, names]) => names);
    const shown = new Set(asked.flatMap((names) => names.split(' except ')[0].split(' ')));
    const inherited = [...types.values()].flatMap(({ bases }) => bases);
    const options = [...types.keys()].filter((name) => /Options$|^\w+Call$/.test(name));
    const small = [
      'AttentionOptions',
      'EncodeOptions',
      'TextPipelineOptions',
      'TrainingPipelineOptions',
      'WriteCall',
    ];
    assert.deepEqual(
      options.filter((name) => ![...shown, ...inherited, ...small].includes(name)),
      [],
    );
    const all = built('types');
    for (const name of types.keys()) assert.match(all, new RegExp(`<h3 id="${name.toLowerCase()}">`));
  });

  test('a table has every member of its interface, with what the declaration says', () => {
    const source = read('www/types.d.ts');
    const [, body = ''] = source.match(/interface WriteOptions \{([^]*?)\n\}/) ?? [];
    const names = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
    assert.ok(names.length > 20);
    const page = built('api-text');
    for (const name of names) assert.match(page, new RegExp(`<tr><td><code>${name}</code></td>`));
    assert.match(page, /No n-gram of this size occurs twice/);
  });
});

describe('declarations', () => {
  test('are read with their comments, bases and members', () => {
    const [first, second] = declarationsIn(`
/** What it is. */
export interface A extends B, Pick<C, 'c'> {
  /**
   * Two
   * lines.
   */
  readonly one?: { deep: string; deeper: number };
  two(x: string): void;
  (y: number): string;
}

export type D = 'x' | { y: number; z: string };
`);
    assert.deepEqual([first.name, first.doc, first.bases], ['A', 'What it is.', ['B', 'Pick']]);
    assert.deepEqual(
      first.members.map(({ name, kind, optional, type, doc }) => [name, kind, optional, type, doc]),
      [
        ['one', 'property', true, '{ deep: string; deeper: number }', 'Two lines.'],
        ['two', 'method', false, 'two(x: string): void', ''],
        ['', 'call', false, '(y: number): string', ''],
      ],
    );
    assert.deepEqual([second.name, second.text], ['D', "'x' | { y: number; z: string }"]);
  });
});

describe('samples', () => {
  for (const document of MANUAL) {
    test(`every sample of ${document} is run, and says so`, () => {
      const unmarked = samplesIn(read(document))
        .filter(({ language, words }) => ['js', 'html'].includes(language) && !words.includes('run'))
        .map(({ line, code }) => `${document}:${line}: ${code.split('\n')[0]}`);
      assert.deepEqual(unmarked, []);
    });
  }

  test('README.md is short', () => {
    assert.ok(read('README.md').split('\n').length <= 131);
    assert.ok(existsSync(path.join(root, 'docs/assets/hearth.png')));
  });
});

test('a tag has its attributes and looks, with quotes that are safe', () => {
  const css = (/** @type {string} */ selector) => `${selector} {\n  --ember: #0a7;\n}`;
  const tag = tagOf('hearth-text', { prompt: 'say "no" & go', controls: '' }, { css });
  assert.match(tag, /<hearth-text prompt="say &quot;no&quot; &amp; go" controls><\/hearth-text>/);
  assert.match(tag, /<style>\n {2}hearth-text \{\n {4}--ember: #0a7;/);
});
