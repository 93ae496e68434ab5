// What <hearth-training> makes of numbers and drawings.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { augment, labelOf, thickened } from '../../www/elements/training/augment.js';
import { Curve } from '../../www/elements/training/curve.js';
import { History } from '../../www/elements/training/history.js';
import { Moments } from '../../www/elements/training/moments.js';
import { Rescue } from '../../www/elements/training/rescue.js';
import { leadOf, stateOf, varietyOf } from '../../www/elements/training/state.js';

const SIZE = 28;

/** A drawing: a line down the middle. */
const line = () => {
  const drawing = new Uint8Array(SIZE * SIZE);
  for (let y = 5; y < 23; y++) drawing[y * SIZE + 14] = 255;
  return drawing;
};
/** A drawing: a square. */
const square = () => {
  const drawing = new Uint8Array(SIZE * SIZE);
  for (let at = 8; at <= 20; at++) {
    for (const [x, y] of [[at, 8], [at, 20], [8, at], [20, at]]) drawing[y * SIZE + x] = 255; // prettier-ignore
  }
  return drawing;
};
/** @param {ArrayLike<number>} pixels */
const ink = (pixels) => Array.from(pixels).reduce((sum, value) => sum + value, 0);

test('a few drawings become many pictures, no two of them alike, and the same again with the same seed', () => {
  const how = { size: SIZE, count: 40, seed: 7 };
  const { pixels, labels } = augment([line(), square()], how);
  assert.equal(pixels.length, 40 * SIZE * SIZE);
  assert.equal(labels, null);
  const pictures = Array.from({ length: 40 }, (_, i) =>
    pixels.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE),
  );
  assert.equal(new Set(pictures.map(String)).size, 40);
  assert.deepEqual(augment([line(), square()], how).pixels, pixels);
  assert.notDeepEqual(augment([line(), square()], { ...how, seed: 8 }).pixels, pixels);
});

test('a copy keeps the strokes of its drawing, somewhat thicker at the most', () => {
  const { pixels } = augment([line()], { size: SIZE, count: 60 });
  for (let index = 0; index < 60; index++) {
    const copy = pixels.subarray(index * SIZE * SIZE, (index + 1) * SIZE * SIZE);
    const ratio = ink(copy) / ink(line());
    assert.ok(ratio > 0.7 && ratio < 5, `picture ${index} has ${ratio.toFixed(2)} of the ink`);
    assert.ok(
      copy.some((value) => value > 120),
      `picture ${index} is not faint`,
    );
  }
});

test('thickening widens a stroke by its radius on each side, and by nothing leaves it', () => {
  assert.deepEqual([...Array.from(thickened(line(), SIZE, 0))], [...line()]);
  const row = Array.from(thickened(line(), SIZE, 1)).slice(14 * SIZE, 15 * SIZE);
  assert.deepEqual(
    row.flatMap((value, x) => (value === 255 ? x : [])),
    [13, 14, 15],
  );
  const half = Array.from(thickened(line(), SIZE, 0.5)).slice(14 * SIZE, 15 * SIZE);
  assert.equal(half[13], 127.5);
});

test('every class of a model has pictures, whether there are fewer drawings than classes or more', () => {
  for (const drawings of [1, 3, 7, 10, 12]) {
    const seen = new Set();
    for (let index = 0; index < 200; index++) {
      const which = index % drawings;
      const label = labelOf(which, Math.floor(index / drawings), drawings, 10);
      assert.ok(drawings >= 10 || label % drawings === which, 'a class belongs to one drawing');
      seen.add(label);
    }
    assert.equal(seen.size, 10, `${drawings} drawings`);
  }
  const { labels } = augment([line(), square(), line()], { size: SIZE, count: 30, num_classes: 10 });
  assert.equal(new Set(labels).size, 10);
});

test('a curve of ten thousand steps has few points, which are means and reach to its end', () => {
  const curve = new Curve(100);
  for (let step = 1; step <= 10_000; step++) {
    curve.push(step, [step, 7]);
    assert.ok(curve.length <= 100);
  }
  const { points } = curve;
  assert.ok(points.length > 50);
  assert.equal(points.at(-1)?.step_index, 10_000);
  for (const { values } of points) assert.equal(values[1], 7);
  const steps = points.map(({ step_index }) => step_index);
  assert.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  );
  // A point is the mean of the steps since the one before: the first of those that end at `step` with that stride.
  assert.equal(points[1].values[0], (steps[0] + 1 + steps[1]) / 2);
});

test('moments of a long training are thinned out evenly, and the first stays', () => {
  const moments = new Moments(60);
  for (let step_index = 0; step_index <= 10_000; step_index += 20) {
    moments.push({ step_index });
    assert.ok(moments.length <= 60);
  }
  const kept = Array.from({ length: moments.length }, (_, index) => moments.at(index).step_index);
  assert.ok(kept.length > 30);
  assert.equal(kept[0], 0);
  const gaps = new Set(kept.slice(1).map((step, index) => step - kept[index]));
  assert.equal(gaps.size, 1, `they are ${[...gaps]} steps apart`);
  assert.equal(moments.upTo(kept[1] + 1)?.step_index, kept[1]);
  assert.equal(moments.upTo(-1), undefined);
});

test('a training that is back at an earlier step forgets what came after, and goes on from there', () => {
  const history = new History();
  const shown = { images: [], verdicts: undefined };
  const push = (/** @type {number} */ step_index) => {
    history.push({ type: 'step', step_index, d_loss: 1, g_loss: 1, d_real: 0.5, d_fake: 0.5 });
    if (step_index % 4 === 0) history.show(shown, { num_classes: 0, real: 0 });
  };
  history.begin();
  for (let step = 1; step <= 12; step++) push(step);
  history.moveTo(6);
  assert.deepEqual([history.step_index, history.curve.length, history.moments.length], [6, 6, 1]);
  for (let step = 7; step <= 9; step++) push(step);
  const steps = history.curve.points.map(({ step_index }) => step_index);
  assert.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(history.moments.at(1).step_index, 8);
  const before = () => history.before;
  assert.equal(before(), null, 'it is the same training');
  for (let step = 10; step <= 20; step++) push(step);
  history.begin();
  assert.deepEqual([before()?.curve.length, history.moments.length], [20, 0]);
  assert.equal(before()?.moments.upTo(15)?.step_index, 12, 'what the training before had shown by a step');
});

test('a training whose device is lost goes on from what was saved last, and from the same moment only once', async (context) => {
  let now = 0;
  context.mock.method(performance, 'now', () => now);
  /** @type {unknown[]} */
  const calls = [];
  const note = (/** @type {string} */ name) => async (/** @type {any} */ argument) =>
    void calls.push([name, argument]);
  let saved = 0;
  const train = /** @type {any} */ ({
    device: 'webgpu',
    save: async () => `checkpoint ${++saved}`,
    ...{ open: note('open'), change: note('change'), reset: note('reset') },
  });
  const rescue = new Rescue();
  rescue.begin(7);
  now = 5_000;
  await rescue.keep(train);
  await rescue.restore(train, { loss: 'hinge', seed: 1 });
  assert.deepEqual(
    calls.splice(0),
    [['reset', { loss: 'hinge', seed: 7 }]],
    'nothing is saved in the first seconds',
  );
  assert.equal(rescue.isFresh, false);
  for (now of [16_000, 18_000, 27_000]) await rescue.keep(train);
  assert.deepEqual([saved, rescue.isFresh], [2, true]);
  await rescue.restore(train, { loss: 'hinge', seed: 1 });
  assert.deepEqual(calls.splice(0), [
    ['open', 'checkpoint 2'],
    ['change', { loss: 'hinge' }],
  ]);
  rescue.begin(8, new Blob(['a file']));
  await rescue.restore(train, {});
  assert.ok(/** @type {any} */ (calls[0])[1] instanceof Blob, 'an opened checkpoint is where it began');
  now = 90_000;
  await rescue.keep(/** @type {any} */ ({ ...train, device: 'cpu' }));
  assert.equal(saved, 2, 'a CPU is never lost');
});

/** @type {import('../../www/elements/training/state.js').Numbers} */
const USUAL = {
  step_index: 1000,
  d_real: 0.6,
  d_fake: 0.4,
  loss: 'bce',
  label_smoothing: 0,
  widest: 1,
  variety: 0.9,
};
/** @param {Partial<typeof USUAL>} numbers */
const state = (numbers) => stateOf({ ...USUAL, ...numbers });

test('numbers say who is ahead', () => {
  assert.equal(state({}), 'balanced');
  assert.equal(state({ d_real: 0.97, d_fake: 0.02 }), 'discriminatorWins');
  assert.equal(state({ d_real: 0.8, d_fake: 0.2 }), 'discriminatorAhead');
  assert.equal(state({ d_real: 0.51, d_fake: 0.5 }), 'undecided');
  assert.equal(state({ d_real: 0.4, d_fake: 0.7 }), 'generatorAhead');
  assert.equal(state({ step_index: 5, d_real: 0.99, d_fake: 0 }), 'begins');
});

test('smoothed labels are no weakness, and other losses have other scales', () => {
  assert.equal(state({ d_real: 0.8, d_fake: 0.02, label_smoothing: 0.2 }), 'discriminatorWins');
  assert.equal(state({ d_real: 0.8, d_fake: 0.02 }), 'discriminatorAhead');
  assert.equal(state({ loss: 'hinge', d_real: 1.1, d_fake: -1 }), 'discriminatorWins');
  assert.equal(state({ loss: 'hinge', d_real: 0.3, d_fake: -0.3 }), 'balanced');
  assert.equal(leadOf({ loss: 'hinge', d_real: 1, d_fake: -1, label_smoothing: 0 }), 1);
  assert.equal(state({ loss: 'wasserstein', d_real: 0.02, d_fake: 0.01, widest: 0.1 }), 'distanceFalls');
  assert.equal(state({ loss: 'wasserstein', d_real: 0.1, d_fake: 0.01, widest: 0.1 }), 'distanceStays');
});

test('pictures that look alike are a collapse, but not at the beginning, when all are noise', () => {
  assert.equal(state({ variety: 0.1 }), 'alike');
  assert.equal(state({ variety: 0.1, step_index: 500 }), 'balanced');
  assert.equal(state({ variety: null }), 'balanced');
});

test('the variety of pictures is that within their classes', () => {
  const [black, white] = [new Uint8Array(4), new Uint8Array(4).fill(255)];
  assert.equal(varietyOf([black, white, black, white], 2), 0, 'the same picture of each class again');
  assert.equal(varietyOf([black, black, white, white], 2), 255);
  assert.equal(varietyOf([black, white], 0), 255);
  assert.equal(varietyOf([black], 0), 0);
});
