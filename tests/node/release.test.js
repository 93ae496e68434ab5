// What a release does to versions and to the changelog.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { next, released } from '../../scripts/release.js';
import { read } from './sources.js';

test('a part of the version goes up, and those after it begin anew', () => {
  assert.equal(next('0.1.9', 'patch'), '0.1.10');
  assert.equal(next('0.1.9', 'minor'), '0.2.0');
  assert.equal(next('1.2.3', 'major'), '2.0.0');
  assert.throws(() => next('1.2.3', 'middle'), /major, minor, patch/);
});

test('what was not released becomes an entry, and an empty place is left for what comes', () => {
  const before = '# Changelog\n\n## Unreleased\n\n- A map.\n\n## 0.1.0\n\n- Digits.\n';
  const { changelog, entry } = released(before, '0.2.0', '2026-12-01');
  assert.equal(entry, '## 0.2.0 (2026-12-01)\n\n- A map.');
  assert.equal(
    changelog,
    '# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-12-01)\n\n- A map.\n\n## 0.1.0\n\n- Digits.\n',
  );
  assert.throws(() => released(changelog, '0.3.0', '2026-12-02'), /nothing to release/);
});

test('the changelog has the form that a release needs', () => {
  assert.match(released(read('CHANGELOG.md'), '9.0.0', '2026-12-01').changelog, /^## 9\.0\.0 /m);
});
