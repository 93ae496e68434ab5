// What is made of servers' answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  compare,
  impostor,
  isIdentical,
  positionOf,
  statusOf,
  versionOf,
} from '../../www/engine/worker/answer.js';

/** @param {string} name @param {string} text @param {string} [type] */
const came = (name, text, type) =>
  impostor(name, new Headers(type ? { 'content-type': type } : {}), new TextEncoder().encode(text));

/** @param {number} status @param {Record<string, string>} [headers] */
const answer = (status, headers) => new Response(null, { status, headers });

/** @param {Partial<import('../../www/engine/worker/answer.js').Version>} version */
const version = (version) => ({ etag: null, modified: null, lengths: [], ...version });

test('a web page is known by its type and by its first bytes', () => {
  const pages = [
    ['config.json', '<!doctype html>'],
    ['config.json', '\ufeff\n <html lang="en">', 'application/json'],
    ['config.json', 'Not found', 'text/html'],
    ['model.safetensors', '<!doctype html>'],
    ['model.safetensors', 'Not found', 'text/html; charset=utf-8'],
    ['merges.txt', '<p>', 'text/html'],
    ['merges.txt', '<!DOCTYPE html>'],
    ['merges.txt', '<?xml version="1.0"?>'],
  ];
  for (const [name, text, type] of pages) assert.equal(came(name, text, type), 'web page', `${name} ${text}`);
});

test('a file is a file, whatever its server calls it', () => {
  const files = [
    ['config.json', '{"a": 1}', 'text/html'],
    ['config.json', ' [1]'],
    ['config.json', '', 'application/json'],
    ['model.safetensors', '<\0\0\0\0\0\0\0{}', 'text/html'],
    ['model.safetensors', '<!\0\0\0\0\0\0{}'],
    ['merges.txt', '<s >'],
    ['merges.txt', '#version: 0.2', 'text/html'],
  ];
  for (const [name, text, type] of files) assert.equal(came(name, text, type), undefined, `${name} ${text}`);
  assert.equal(came('model.safetensors', 'version https://git-lfs.github.com/spec/v1\n'), 'pointer');
});

test('a refusal says what it may mean', () => {
  assert.equal(statusOf(answer(404)), '404');
  assert.match(
    statusOf(new Response(null, { status: 403, statusText: 'Forbidden' })),
    /^403 Forbidden: .*not there/,
  );
  assert.match(statusOf(answer(401)), /^401: .*login/);
});

test('a 206 says where it begins, by its range or by its length', () => {
  /** @type {[Record<string, string>, number | null][]} */
  const answers = [
    [{ 'content-range': 'bytes 400-999/1000' }, 400],
    [{ 'content-range': 'bytes 0-999/1000' }, 0],
    [{ 'content-range': 'bytes 0-999/1000', 'content-length': '1000' }, 0],
    [{ 'content-range': 'bytes 400-999/1000', 'content-length': '1000' }, null],
    [{ 'content-length': '600' }, 400],
    [{ 'content-length': '1000' }, 0],
    [{ 'content-length': '500' }, null],
    [{ 'content-type': 'multipart/byteranges; boundary=x', 'content-length': '600' }, null],
    [{}, null],
  ];
  for (const [headers, position] of answers) {
    assert.equal(positionOf(answer(206, headers), 400, [1000]), position, JSON.stringify(headers));
  }
  assert.equal(positionOf(answer(200, { 'content-length': '600' }), 400, [1000]), 0);
});

test('the length of a part and of a compressed body are not the file’s', () => {
  const lengths = (/** @type {number} */ status, /** @type {Record<string, string>} */ headers) =>
    versionOf(answer(status, headers)).lengths;
  assert.deepEqual(lengths(200, { 'content-length': '9' }), [9]);
  assert.deepEqual(lengths(200, { 'content-length': '9', 'content-encoding': 'gzip' }), []);
  assert.deepEqual(lengths(206, { 'content-length': '9', 'content-range': 'bytes 1-9/10' }), [10]);
  assert.deepEqual(lengths(206, { 'content-length': '9' }), []);
});

test('versions are compared by the strongest thing that both have', () => {
  const [one, two] = ['"1"', '"2"'];
  assert.equal(compare(version({ etag: one }), version({ etag: 'W/"1"' })), 'same');
  assert.equal(compare(version({ etag: one }), version({ etag: '"1-gzip"' })), 'same');
  assert.equal(compare(version({ etag: one, modified: 'a' }), version({ etag: one, modified: 'b' })), 'same');
  assert.equal(
    compare(version({ etag: one, modified: 'a' }), version({ etag: two, modified: 'a' })),
    'changed',
  );
  assert.equal(compare(version({ etag: one, modified: 'a' }), version({ modified: 'b' })), 'changed');
  assert.equal(
    compare(version({ modified: 'a', lengths: [8, 9] }), version({ modified: 'a', lengths: [9] })),
    'same',
  );
  assert.equal(
    compare(version({ modified: 'a', lengths: [8] }), version({ modified: 'a', lengths: [9] })),
    'changed',
  );
  assert.equal(compare(version({ lengths: [8] }), version({ lengths: [9] })), 'changed');
  assert.equal(compare(version({ lengths: [9] }), version({ lengths: [9] })), 'unknown');
  assert.equal(compare(version({}), version({ etag: one })), 'unknown');
});

test('parts fit together only where a strong ETag or a date, and the length, say so', () => {
  const [a, b] = [version({ etag: '"1"', lengths: [9] }), version({ modified: 'a', lengths: [9] })];
  assert.ok(isIdentical(a, a) && isIdentical(b, b));
  assert.ok(!isIdentical(a, b));
  assert.ok(!isIdentical(a, { ...a, lengths: [] }));
  assert.ok(!isIdentical(a, { ...a, lengths: [8] }));
  assert.ok(!isIdentical(a, { ...a, etag: '"2"' }));
  const weak = { ...a, etag: 'W/"1"' };
  assert.ok(!isIdentical(weak, weak));
  const dated = { ...weak, modified: 'a' };
  assert.ok(isIdentical(dated, dated));
  assert.ok(!isIdentical(version({ lengths: [9] }), version({ lengths: [9] })));
});
