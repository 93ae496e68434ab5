import assert from 'node:assert/strict';
import { test } from 'node:test';

import { continuation } from '../../www/elements/text/continuation.js';

test('a continuation has what is left of its text, or as much again', () => {
  const asked = { max_new_tokens: 20, min_new_tokens: 8, num_return_sequences: 3, top_k: 5 };
  const after = (/** @type {number} */ written, atLeast = 0) =>
    continuation(asked, { prompt: 4, written, atLeast });
  assert.deepEqual(after(5), { max_new_tokens: 15, min_new_tokens: 3, top_k: 5 });
  assert.deepEqual(after(20), { max_new_tokens: 20, min_new_tokens: 0, top_k: 5 });
  assert.equal(after(20, 1).min_new_tokens, 1);
  const whole = continuation({ max_length: 30 }, { prompt: 4, written: 6, atLeast: 0 });
  assert.equal(whole.max_new_tokens, 20);
});
