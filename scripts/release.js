// npm run release: builds, tests what would be published, and publishes it.
//
//   npm run release -- --dry-run         says what it would do, and changes nothing
//   npm run release -- minor --dry-run   the same for another part of the version: major, minor or patch (the default)
//
// Versions are semantic: what the package exports, its types, attributes, events and codes of errors are what they promise. Below
// 1.0 a minor version may change any of it, and the changelog says so.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { build, wasmHash } from './build.js';
import { packageFolder, name } from './package.js';
import { Failure, output, root, run, script } from './shell.js';

const CHANGELOG = 'CHANGELOG.md';
const PARTS = ['major', 'minor', 'patch'];
const HEAD = '## Unreleased\n';

/** @param {string} file */
const read = (file) => readFileSync(path.join(root, file), 'utf8');

/**
 * The next version.
 * @param {string} version
 * @param {string} part
 */
export function next(version, part) {
  const index = PARTS.indexOf(part);
  if (index < 0) throw new Failure(`there is no ${part} of a version; there is ${PARTS.join(', ')}`);
  const numbers = version.split('.').map(Number);
  return numbers.map((number, at) => (at < index ? number : at === index ? number + 1 : 0)).join('.');
}

/**
 * A changelog in which what was not released is, and what it says of it.
 * @param {string} changelog
 * @param {string} version
 * @param {string} date
 */
export function released(changelog, version, date) {
  const [before, after] = changelog.split(HEAD);
  const entry = after?.split(/^## /m)[0].trim();
  if (!entry)
    throw new Failure(`${CHANGELOG} has nothing under “${HEAD.trim()}”: there is nothing to release`);
  const head = `## ${version} (${date})\n`;
  return { changelog: `${before}${HEAD}\n${head}${after}`, entry: `${head}\n${entry}` };
}

if (process.argv[1] === import.meta.filename) {
  script(() => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean', default: false } },
    });
    const isDry = values['dry-run'];
    const { version } = JSON.parse(read('package.json'));
    const to = next(version, positionals[0] ?? 'patch');
    const { changelog, entry } = released(read(CHANGELOG), to, new Date().toISOString().slice(0, 10));
    if (!isDry && output('git', ['status', '--porcelain'])?.trim())
      throw new Failure('Commit or put away what has changed: a release is what is committed.');

    build();
    if (!isDry) {
      run('npm', ['version', to, '--no-git-tag-version']);
      writeFileSync(path.join(root, CHANGELOG), changelog);
    }
    run(process.execPath, [path.join('scripts', 'test.js'), 'package']);
    console.log(`\n${name} ${version} → ${to}\nsha256 ${wasmHash()}  hearth.wasm\n\n${entry}\n`);
    run('npm', ['publish', packageFolder, '--access', 'public', ...(isDry ? ['--dry-run'] : [])]);
    if (isDry) return console.log('Nothing was changed, and nothing was published.');
    console.log(
      `Published. What is left: git commit -am 'Release ${to}' && git tag v${to} && git push --tags`,
    );
  });
}
