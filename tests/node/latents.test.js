import assert from 'node:assert/strict';
import { test } from 'node:test';

import { slerp, walk } from '../../www/elements/digits/latents.js';

const length = (/** @type {Float32Array} */ v) => Math.hypot(...v);

test('a spherical path begins and ends where it should and keeps its length', () => {
  const [from, to] = [new Float32Array([3, 0, 0]), new Float32Array([0, 3, 0])];
  assert.deepEqual([...slerp(from, to, 0)], [3, 0, 0]);
  const end = slerp(from, to, 1);
  assert.ok(Math.abs(end[0]) < 1e-6 && Math.abs(end[1] - 3) < 1e-6);
  for (const t of [0.1, 0.5, 0.9]) assert.ok(Math.abs(length(slerp(from, to, t)) - 3) < 1e-5);
});

test('points with no angle between them are joined by a straight line', () => {
  const zero = new Float32Array(2);
  const one = new Float32Array([1, 1]);
  assert.deepEqual([...slerp(one, one, 0.3)], [1, 1]);
  assert.deepEqual([...slerp(zero, one, 0.5)], [0.5, 0.5]);
});

test('a walk mixes the classes of its ends', () => {
  const digit = (/** @type {number} */ label) => ({
    latents: new Float32Array([1, label]),
    class_label: label,
  });
  const { latents, class_weights } = walk(digit(0), digit(2), 3, 4);
  assert.equal(latents.length, 6);
  assert.deepEqual([...(class_weights ?? [])], [1, 0, 0, 0, 0.5, 0, 0.5, 0, 0, 0, 1, 0]);
});

test('a walk between digits of one class keeps the class, and one without classes has none', () => {
  const digit = { latents: new Float32Array([1, 2]), class_label: 1 };
  assert.deepEqual([...(walk(digit, digit, 2, 2).class_weights ?? [])], [0, 1, 0, 1]);
  assert.equal(walk({ latents: digit.latents }, { latents: digit.latents }, 2, 0).class_weights, undefined);
});
