// Makes dist/package, the folder that is published: www with few files, and what npm and bundlers must know of them.

import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root, script } from './shell.js';

/** The folder that is made. */
export const packageFolder = path.join(root, 'dist', 'package');

const www = path.join(root, 'www');
const own = path.join(root, 'package');

/** The elements, by their scripts: a new one is in the package as soon as it is there. */
export const elements = readdirSync(path.join(www, 'elements')).flatMap(
  (file) => file.match(/^hearth-(\w+)\.js$/)?.[1] ?? [],
);

/** What the repository's package.json says of the package too. */
const { name, version, description, license } = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
);
export { name, version };

/** What can be imported, by its name in the package: the types and the module. @type {Record<string, { types: string, default?: string }>} */
const exported = {
  '.': { types: './types.d.ts', default: './hearth.js' },
  './elements': { types: './elements/index.d.ts', default: './elements/index.js' },
  ...Object.fromEntries(
    elements.map((element) => [
      `./elements/hearth-${element}.js`,
      { types: `./elements/${element}/types.d.ts`, default: `./elements/hearth-${element}.js` },
    ]),
  ),
  './offline': { types: './offline.d.ts', default: './offline.js' },
  './react': { types: './react.d.ts', default: './react.js' },
  './types': { types: './types.d.ts' },
};

const manifest = {
  name,
  version,
  description,
  license,
  keywords: ['gpt-2', 'diffusion', 'gan', 'webgpu', 'wasm', 'custom-elements', 'text-generation'],
  type: 'module',
  exports: exported,
  // For tools that read no `exports`. Every other name is that of a file.
  main: './hearth.js',
  types: './types.d.ts',
  // What bundlers leave out if nothing of it is used: all but the scripts that define elements.
  sideEffects: ['./elements/*.js'],
  peerDependencies: { react: '>=18' },
  peerDependenciesMeta: { react: { optional: true } },
};

/** Has esbuild take the package's own places of files. @type {import('esbuild').Plugin} */
const places = {
  name: 'places of files',
  setup({ onResolve }) {
    onResolve({ filter: /\/files\.js$/ }, () => ({ path: path.join(own, 'files.js') }));
  },
};

/** The modules: each that is exported, those that they share, and the worker in one script of any type. */
async function bundle() {
  const { build } = await import('esbuild');
  const options = /** @type {const} */ ({
    bundle: true,
    minify: true,
    target: 'es2023',
    legalComments: 'none',
    outdir: packageFolder,
    logLevel: 'warning',
  });
  const entries = {
    hearth: path.join(www, 'hearth.js'),
    offline: path.join(www, 'offline.js'),
    react: path.join(own, 'react.js'),
    ...Object.fromEntries(
      elements.map((element) => [
        `elements/hearth-${element}`,
        path.join(www, 'elements', `hearth-${element}.js`),
      ]),
    ),
  };
  await build({
    ...options,
    entryPoints: entries,
    format: 'esm',
    splitting: true,
    external: ['react'],
    plugins: [places],
  });
  await build({
    ...options,
    entryPoints: { 'hearth-worker': path.join(www, 'engine', 'worker', 'worker.js') },
    format: 'iife',
    // The glue would look for the wasm beside itself; the page says where it is.
    define: { 'import.meta.url': 'location.href' },
  });
}

/** Makes the folder anew, from the built engine. */
export async function makePackage() {
  rmSync(packageFolder, { recursive: true, force: true });
  await bundle();
  const copy = (/** @type {string} */ from, /** @type {string} */ to) => {
    mkdirSync(path.dirname(path.join(packageFolder, to)), { recursive: true });
    copyFileSync(path.join(root, from), path.join(packageFolder, to));
  };
  copy('www/pkg/hearth_bg.wasm', 'hearth.wasm');
  for (const file of ['LICENSE', 'CHANGELOG.md']) copy(file, file);
  copy('package/README.md', 'README.md');
  for (const file of ['types.d.ts', 'offline.d.ts', 'elements/types.d.ts']) copy(`www/${file}`, file);
  for (const element of elements) {
    const types = `elements/${element}/types.d.ts`;
    copy(`www/${types}`, types);
  }
  const write = (/** @type {string} */ file, /** @type {string} */ text) =>
    writeFileSync(path.join(packageFolder, file), text);
  const react = readFileSync(path.join(own, 'react.d.ts'), 'utf8').replaceAll('../www/', './');
  write('react.d.ts', `${react}\nimport type {} from './elements/index.d.ts';\n`);
  const all = (/** @type {(element: string) => string} */ module) =>
    elements.map((element) => `export * from './${module(element)}';\n`).join('');
  write(
    'elements/index.js',
    all((element) => `hearth-${element}.js`),
  );
  write(
    'elements/index.d.ts',
    `export type * from './types.js';\n` + all((element) => `${element}/types.js`),
  );
  write('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
}

if (process.argv[1] === import.meta.filename) script(makePackage);
