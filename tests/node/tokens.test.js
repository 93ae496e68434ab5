import assert from 'node:assert/strict';
import { test } from 'node:test';

import { completed, piecesOf, shown, surprise } from '../../www/elements/text/tokens.js';
import { percent } from '../../www/elements/units.js';
import { wordsFor } from '../../www/elements/words.js';

/** @param {string[]} tokens @param {string} text */
const pieces = (tokens, text) => piecesOf(tokens, text).map(({ text, first, end }) => [text, first, end]);

test('tokens that are whole characters are a piece each', () => {
  assert.deepEqual(pieces(['Once', ' upon', ''], 'Once upon'), [
    ['Once', 0, 1],
    [' upon', 1, 2],
    ['', 2, 3],
  ]);
});

test('tokens that are parts of a character are one piece with it', () => {
  const part = '\ufffd';
  assert.deepEqual(pieces([part, part, ' go', part], '🚀 go人'), [
    ['🚀', 0, 2],
    [' go', 2, 3],
    ['人', 3, 4],
  ]);
  assert.deepEqual(pieces(['a', ` ${part}`, part, 'b'], 'a 🚀b'), [
    ['a', 0, 1],
    [' 🚀', 1, 3],
    ['b', 3, 4],
  ]);
});

test('parts whose character never comes stay what they are', () => {
  assert.deepEqual(pieces(['a', '\ufffd'], 'a'), [
    ['a', 0, 1],
    ['\ufffd', 1, 2],
  ]);
});

test('spaces, ends and parts can be seen where a token stands alone', () => {
  const words = wordsFor(['en']);
  assert.equal(shown(' the', words), '·the');
  assert.equal(shown('\n', words), '↵');
  assert.equal(shown('', words), words.endOfText);
  assert.equal(shown('\ufffd', words), words.partOfCharacter);
  assert.equal(completed('\ufffd'), '');
  assert.equal(completed(' the'), ' the');
});

test('probabilities have as many digits as they are worth', () => {
  const cases = { 1: '100%', 0.1: '10%', 0.0994: '9.9%', 0.00123: '0.1%', 0.0005: '<0.1%', 0: '<0.1%' };
  for (const [probability, expected] of Object.entries(cases))
    assert.equal(percent(Number(probability)), expected);
});

test('a certain token is no surprise and a rare one is a whole one', () => {
  assert.equal(surprise(1) + 0, 0);
  assert.ok(Math.abs(surprise(0.001) - 1) < 1e-9);
  assert.equal(surprise(0), 1);
});
