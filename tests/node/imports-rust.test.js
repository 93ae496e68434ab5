// Who may import whom in Rust: ARCHITECTURE.md's rule, held by reading the paths in every file of src.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, MODULES } from './layers.js';
import { filesIn, lineAt, read, withoutComments } from './sources.js';

/** The crates that are JavaScript's, which only `web` names. */
const HOST = /\b(?:wasm_bindgen\w*|js_sys|web_sys)\b/g;

/** Texts and characters. */
const STRINGS = /r#"[^]*?"#|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\\n])'/;

/** A source with blanks in place of its comments and texts. @param {string} source */
const codeOf = (source) =>
  withoutComments(source, STRINGS).replace(new RegExp(STRINGS, 'g'), (text) => text.replace(/./g, ' '));

/** The paths that a `use` names: `a::{b, c::d}` is `a::b` and `a::c::d`. @param {string} tree @returns {string[]} */
function pathsIn(tree) {
  const open = tree.indexOf('{');
  if (open < 0) return [tree.trim()];
  const prefix = tree.slice(0, open).trim();
  let depth = 0;
  const parts = [''];
  for (const letter of tree.slice(open + 1, tree.lastIndexOf('}'))) {
    if (letter === '{') depth += 1;
    if (letter === '}') depth -= 1;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  const inner = parts.filter((part) => part.trim() !== '');
  return inner.flatMap((part) => pathsIn(part)).map((rest) => prefix + rest);
}

/**
 * The paths within the crate that a source names, with where they stand.
 * @param {string} source
 * @param {string[]} module the source's own, as names from the crate's root
 */
function importsIn(source, module) {
  const code = codeOf(source);
  // Within `mod name { … }` there is one more module, which ends where its indentation does.
  const inner = [...code.matchAll(/^([ \t]*)(?:pub(?:\(.*?\))? )?mod (\w+) \{\n[^]*?^\1\}/gm)];
  const uses = /\buse\s+((?:crate|super|self)::[^;]+);/g;
  const paths = /\b(?:crate|super)(?:::\w+)+/g;
  const used = [...code.matchAll(uses)].flatMap(({ index, 1: tree }) =>
    pathsIn(tree).map((path) => ({ path, index })),
  );
  const rest = code.replace(uses, (use) => use.replace(/./g, ' '));
  const found = [...used, ...[...rest.matchAll(paths)].map(({ index, 0: path }) => ({ path, index }))];
  return found.map(({ path, index }) => {
    const around = inner.filter((mod) => mod.index < index && index < mod.index + mod[0].length);
    let names = [...module, ...around.map(([, , name]) => name)];
    for (const name of path.replace(/ as \w+$/, '').split('::')) {
      if (name === 'crate') names = [];
      else if (name === 'super') names = names.slice(0, -1);
      else if (name !== 'self') names.push(name);
    }
    return { names, index };
  });
}

const files = filesIn('src', '.rs').filter((file) => file !== 'src/lib.rs');

/** The module that a file is, as names from the crate's root. @param {string} file */
const namesOf = (file) => file.replace(/^src\/|(\/mod)?\.rs$/g, '').split('/');

/** Every path from one module to another. */
const imports = files.flatMap((file) =>
  importsIn(read(file), namesOf(file)).map(({ names, index }) => ({
    from: namesOf(file)[0],
    to: names[0],
    where: lineAt(file, index),
  })),
);

test('every form of a path is seen, and nothing in comments and texts', () => {
  const source = [
    'use super::run::{self, Run};',
    'use crate::{error::{Error, Result}, kernels as k};',
    'use burn::tensor::Tensor; // use crate::no;',
    'fn a() -> crate::rng::Rng { super::super::nn::b("crate::no") }',
    'mod tests {',
    '    use super::*;',
    '    use super::super::call::Call;',
    '}',
  ].join('\n');
  const seen = importsIn(source, ['diffusion', 'edit']).map(({ names }) => names.join('::'));
  assert.deepEqual(seen.sort(), [
    'diffusion::call::Call',
    'diffusion::edit::*',
    'diffusion::run',
    'diffusion::run::Run',
    'error::Error',
    'error::Result',
    'kernels',
    'nn::b',
    'rng::Rng',
  ]);
});

test('every module of src is in the table', () => {
  const known = [...BASE, ...Object.keys(MODULES), 'web'];
  assert.deepEqual(
    files.filter((file) => !known.includes(namesOf(file)[0])),
    [],
  );
});

test('a module imports only those that the table gives it', () => {
  assert.ok(imports.length > 200, 'they are found');
  const may = (/** @type {string} */ from, /** @type {string} */ to) =>
    from === to || BASE.includes(to) || (from === 'web' ? to in MODULES : MODULES[from]?.includes(to));
  assert.deepEqual(
    imports.filter(({ from, to }) => !may(from, to)).map(({ where }) => where),
    [],
  );
});

test('only web names what is JavaScript’s', () => {
  const named = filesIn('src', '.rs')
    .filter((file) => !file.startsWith('src/web/'))
    .flatMap((file) => [...codeOf(read(file)).matchAll(HOST)].map(({ index }) => lineAt(file, index)));
  assert.deepEqual(named, []);
});
