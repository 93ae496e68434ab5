// Who may import whom in JavaScript: ARCHITECTURE.md's rule, held by reading the imports of every file in www.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';

import { LAYERS } from './layers.js';
import { filesIn, lineAt, read, withoutComments } from './sources.js';

/** @param {string} file */
const layerOf = (file) => Object.keys(LAYERS).find((layer) => file.startsWith(layer)) ?? file;

/**
 * What a source imports: each specifier with where it stands. One that is computed is `undefined`.
 * @param {string} source
 */
function importsIn(source) {
  const code = withoutComments(source, /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/)
    // Code in a template is text too.
    .replace(/`(?:\\.|[^`\\])*`/g, (text) => text.replace(/[^`\n]/g, ' '));
  const forms = [
    /^[ \t]*(?:import|export)\b[^'"`;()]*?\bfrom\s*['"](.+?)['"]/gm,
    /^[ \t]*import\s*['"](.+?)['"]/gm,
    /\bimport\s*\(\s*(?:(?:'(.+?)'|"(.+?)")\s*\))?/g,
  ];
  return forms.flatMap((form) =>
    [...code.matchAll(form)].map(({ index, 0: text, 1: one, 2: two }) => ({
      specifier: one ?? two,
      index: index + text.length - text.trimStart().length,
    })),
  );
}

/** Every import in www, from file to file. */
const imports = filesIn('www', '.js')
  .filter((file) => !file.startsWith('www/pkg/'))
  .flatMap((file) =>
    importsIn(read(file)).map(({ specifier, index }) => ({
      file,
      specifier,
      to: path.posix.join(path.posix.dirname(file), specifier ?? ''),
      where: lineAt(file, index),
    })),
  );

/** @param {(found: (typeof imports)[number]) => boolean} isWrong */
const wrong = (isWrong) => imports.filter(isWrong).map(({ where }) => where);

test('every form of import is seen, and nothing in comments and texts', () => {
  const source = [
    `import a from './1.js'; // import './no.js'`,
    `import { b,`,
    `  c } from "./2.js";`,
    `import './3.js';`,
    `export * from './4.js';`,
    `/** @type {import('./no.js').A} */`,
    `const d = 'image/*', e = await import('./5.js'), f = '*/';`,
    `const g = await import(d);`,
    "const h = `import('./no.js'); import './no.js';`;",
  ].join('\n');
  const specifiers = importsIn(source).map(({ specifier }) => specifier);
  assert.deepEqual(specifiers.sort(), ['./1.js', './2.js', './3.js', './4.js', './5.js', undefined]);
});

test('imports are files of www, known before the page runs', () => {
  assert.ok(imports.length > 50, 'they are found');
  const files = new Set([...filesIn('www', '.js'), 'www/pkg/hearth.js']);
  assert.deepEqual(
    wrong(({ specifier, to }) => !specifier?.startsWith('.') || !files.has(to)),
    [],
  );
});

test('a layer imports only those that the table gives it', () => {
  assert.deepEqual(
    wrong(({ file, to }) => layerOf(file) !== layerOf(to) && !LAYERS[layerOf(file)]?.includes(layerOf(to))),
    [],
  );
});

test('an element imports no other element, and what elements share imports none', () => {
  const files = filesIn('www/elements', '.js');
  const names = files.flatMap((file) => file.match(/\/hearth-(\w+)\.js$/)?.[1] ?? []);
  assert.ok(names.includes('digits'));
  /** The element that a file belongs to: by its own name, or its folder's. @param {string} file */
  const elementOf = (file) => {
    const [, name] = file.match(/\/hearth-(\w+)\.js$/) ?? file.match(/^www\/elements\/(\w+)\//) ?? [];
    return names.includes(name) ? name : undefined;
  };
  assert.deepEqual(
    wrong(({ file, to }) => {
      const element = elementOf(to);
      return file.startsWith('www/elements/') && element !== undefined && element !== elementOf(file);
    }),
    [],
  );
});

test('no file imports itself, over however many others', () => {
  /** @type {string[]} */
  const circles = [];
  const done = new Set();
  const visit = (/** @type {string} */ file, /** @type {string[]} */ way) => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    if (way.includes(file) || done.has(file)) return;
    for (const { to } of imports.filter((found) => found.file === file)) visit(to, [...way, file]);
    done.add(file);
  };
  for (const { file } of imports) visit(file, []);
  assert.deepEqual(circles, []);
});
