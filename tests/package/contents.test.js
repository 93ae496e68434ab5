// What is in the package, and how much of it a page gets.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';

import { build } from 'esbuild';

import { elements } from '../../scripts/package.js';
import { root } from '../../scripts/shell.js';
import { copied, output, packed, workshop } from './workshop.js';

/** The most bytes that the package may have as npm sends it. */
const MOST_PACKED = 5_000_000;
/** The most bytes, as brotli, of what a page loads before a model is asked for. */
const MOST_FIRST = 12_000;

/** A module of somebody's, bundled for production. @param {string} source */
async function bundled(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: workshop },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0].text;
}

test('the package has the engine, the modules and their types, and nothing else', () => {
  const files = packed.files.map(({ path }) => path).filter((file) => !/^chunk-\w+\.js$/.test(file));
  assert.deepEqual(
    files.sort(),
    [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      ...elements.map((element) => `elements/${element}/types.d.ts`),
      ...elements.map((element) => `elements/hearth-${element}.js`),
      ...['elements/index.d.ts', 'elements/index.js', 'elements/types.d.ts'],
      ...['hearth-worker.js', 'hearth.js', 'hearth.wasm'],
      ...['offline.d.ts', 'offline.js', 'package.json', 'react.d.ts', 'react.js', 'types.d.ts'],
    ].sort(),
  );
  assert.ok(packed.size <= MOST_PACKED, `${packed.size.toLocaleString('en')} bytes`);
});

test('what it exports is there, and nothing of the repository’s own is exported', async () => {
  const names = Object.keys(
    JSON.parse(readFileSync(path.join(workshop, 'node_modules/hearth-web/package.json'), 'utf8')).exports,
  );
  assert.deepEqual(
    names.sort(),
    [
      ...['.', './elements', './offline', './react', './types'],
      ...elements.map((element) => `./elements/hearth-${element}.js`),
    ].sort(),
  );
});

test('a server can import all of it, and nothing happens', () => {
  const file = path.join(workshop, 'server.js');
  writeFileSync(
    file,
    `import { configure, pipeline } from 'hearth-web';
     import * as elements from 'hearth-web/elements';
     ${elements.map((element) => `import 'hearth-web/elements/hearth-${element}.js';`).join('\n')}
     import { models } from 'hearth-web/offline';
     import { useText } from 'hearth-web/react';
     import { createElement } from 'react';
     import { renderToString } from 'react-dom/server';
     configure({ modelsUrl: '/models/' });
     const html = renderToString(createElement(() => useText('models/gpt2-stories').state));
     console.log(typeof pipeline, (await models()).length, Object.keys(elements).length, html);`,
  );
  assert.equal(output(process.execPath, [file], workshop), `function 0 ${elements.length} idle\n`);
});

test('who imports the API alone gets no element, and little before a model is asked for', async () => {
  const api = await bundled(`import { pipeline } from 'hearth-web'; globalThis.pipeline = pipeline;`);
  assert.doesNotMatch(api, /attachShadow|customElements|hearth-digits/);
  const first = brotliCompressSync(api).length;
  console.log(`The first JavaScript: ${first.toLocaleString('en')} bytes as brotli`);
  assert.ok(first <= MOST_FIRST, `${first} bytes`);
});

test('who imports nothing that is used gets nothing, and who imports an element gets that one alone', async () => {
  assert.equal(await bundled(`import 'hearth-web';`), '');
  const digits = await bundled(`import 'hearth-web/elements/hearth-digits.js';`);
  assert.match(digits, /"hearth-digits"/);
  assert.doesNotMatch(digits, /"hearth-text"/);
  const all = await bundled(`import 'hearth-web/elements';`);
  for (const element of elements) assert.ok(all.includes(`"hearth-${element}"`), element);
});

/** A module that compiles if each element's types have the attributes that it follows, and no others. */
async function attributesModule() {
  /** What is not followed, but read when it is needed. */
  const read = `'loading' | 'autoplay'`;
  const names = elements.map(async (element) => {
    const [Element] = Object.values(await import(`../../www/elements/hearth-${element}.js`));
    const attributes = Element.observedAttributes.map((/** @type {string} */ name) => `'${name}'`);
    return `'hearth-${element}': ${attributes.join(' | ')};`;
  });
  return `
    import type { ElementAttributes } from 'hearth-web/elements';
    type Names = { ${(await Promise.all(names)).join('\n')} };
    type Missing = { [Tag in keyof Names]: Exclude<Names[Tag], keyof ElementAttributes[Tag]> }[keyof Names];
    type More = { [Tag in keyof Names]: Exclude<keyof ElementAttributes[Tag], Names[Tag] | ${read}> }[keyof Names];
    export const none = (of: [Missing, More, Exclude<keyof ElementAttributes, keyof Names>]): [never, never, never] => of;`;
}

test('strict TypeScript knows the API, the elements with their attributes, and the hooks', async () => {
  const folder = copied('typescript', 'typescript');
  writeFileSync(path.join(folder, 'attributes.ts'), await attributesModule());
  const tsc = path.join(root, 'node_modules', '.bin', 'tsc');
  assert.equal(output(tsc, ['-p', '.'], folder), '');
});
