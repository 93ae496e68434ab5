// Where the build's tools come from.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { fetchPrograms } from '../../scripts/tools.js';

/** @type {string} */
let work;
before(() => (work = mkdtempSync(path.join(tmpdir(), 'hearth-release-'))));
after(() => rmSync(work, { recursive: true }));

test('the programs of a release are put where they are found, and nothing else of it', () => {
  const folder = path.join(work, 'wasm-bindgen-1.2.3-x');
  mkdirSync(folder);
  for (const name of ['wasm-bindgen', 'wasm2es6js', 'README.md', 'LICENSE-MIT'])
    writeFileSync(path.join(folder, name), name, { mode: 0o755 });
  const archive = path.join(work, 'release.tar.gz');
  execFileSync('tar', ['-czf', archive, '-C', work, path.basename(folder)]);
  const tools = path.join(work, 'tools');
  assert.equal(fetchPrograms(pathToFileURL(archive).href, tools), true);
  assert.deepEqual(readdirSync(path.join(tools, 'bin')).sort(), ['wasm-bindgen', 'wasm2es6js']);
  assert.equal(statSync(path.join(tools, 'bin', 'wasm-bindgen')).mode & 0o111, 0o111);
});

test('a release that is not there, or no archive, puts nothing anywhere', () => {
  const page = path.join(work, 'page.tar.gz');
  writeFileSync(page, '<!doctype html>');
  for (const file of [page, path.join(work, 'nothing.tar.gz')]) {
    const tools = path.join(work, 'none');
    assert.equal(fetchPrograms(pathToFileURL(file).href, tools), false);
    assert.equal(existsSync(tools), false);
  }
});
