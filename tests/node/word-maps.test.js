import assert from 'node:assert/strict';
import { test } from 'node:test';

import { colourOf, heatOf } from '../../www/elements/image/inside/heat.js';
import { Mean, mapOf, weightsAt } from '../../www/elements/image/inside/maps.js';

/** Two pictures of 2 × 3 places: the first of two words, the second of one. */
const attentions = {
  words: [['a', 'fox'], ['bears']],
  height: 2,
  width: 3,
  values: Float32Array.from({ length: 18 }, (_, at) => at),
};

test('each word of each picture has its own map', () => {
  assert.deepEqual([...mapOf(attentions, 0, 0)], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...mapOf(attentions, 0, 1)], [6, 7, 8, 9, 10, 11]);
  assert.deepEqual([...mapOf(attentions, 1, 0)], [12, 13, 14, 15, 16, 17]);
});

test('a place attends to every word of its own picture', () => {
  assert.deepEqual(weightsAt(attentions, { picture: 0, x: 0, y: 0 }), [0, 6]);
  assert.deepEqual(weightsAt(attentions, { picture: 0, x: 0.99, y: 0.6 }), [5, 11]);
  assert.deepEqual(weightsAt(attentions, { picture: 1, x: 0.4, y: 0.6 }), [16]);
});

test('the mean is that of all steps, and they stay what they were', () => {
  const mean = new Mean();
  assert.deepEqual([mean.value], [null]);
  const steps = [1, 2, 6].map((factor) => ({
    ...attentions,
    values: attentions.values.map((value) => value * factor),
  }));
  for (const step of steps) mean.add(step);
  assert.deepEqual(mean.value?.words, attentions.words);
  mean.value?.values.forEach((value, at) => assert.ok(Math.abs(value - 3 * at) < 1e-4, `${at}: ${value}`));
  assert.equal(steps[0].values[17], 17);
});

test('more attention is lighter, over black and over white', () => {
  for (const behind of [0, 255]) {
    const lights = Array.from({ length: 101 }, (_, percent) => {
      const [red, green, blue, alpha] = colourOf(percent / 100);
      return (0.2126 * red + 0.7152 * green + 0.0722 * blue) * alpha + behind * (1 - alpha);
    });
    for (let at = 1; at < lights.length; at++)
      assert.ok(lights[at] > lights[at - 1], `${at}% over ${behind}`);
  }
});

test('a map is coloured by its own maximum, and one of nothing by nothing', () => {
  const bytes = (/** @type {number} */ share) =>
    colourOf(share).map((number, channel) => Math.round(channel === 3 ? number * 255 : number));
  assert.deepEqual([...heatOf(Float32Array.of(0, 0.002))], [...bytes(0), ...bytes(1)]);
  assert.deepEqual([...heatOf(Float32Array.of(0))], bytes(0));
});
