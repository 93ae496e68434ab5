import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { desaturate, invert, isLight, shrink, strip } from '../../www/elements/pixels.js';

/** As much of a browser's as these need. */
class Pixels {
  colorSpace = 'srgb';

  /** @param {number | Uint8ClampedArray} first @param {number} second @param {number} [third] */
  constructor(first, second, third) {
    const isData = typeof first !== 'number';
    this.width = isData ? second : first;
    this.height = isData ? (third ?? first.length / 4 / second) : second;
    this.data = isData ? first : new Uint8ClampedArray(first * second * 4);
  }
}

before(() => {
  Object.assign(globalThis, { ImageData: Pixels });
});

/** A grey picture, opaque. @param {number} width @param {number[]} greys */
const grey = (width, greys) =>
  new ImageData(Uint8ClampedArray.from(greys.flatMap((value) => [value, value, value, 255])), width);

/** @param {ImageData} image */
const greys = ({ data }) => Array.from({ length: data.length / 4 }, (_, at) => data[at * 4]);

test('pictures stand side by side, row by row', () => {
  const whole = strip([grey(2, [1, 2, 3, 4]), grey(2, [5, 6, 7, 8]), grey(2, [9, 10, 11, 12])]);
  assert.deepEqual([whole.width, whole.height], [6, 2]);
  assert.deepEqual(greys(whole), [1, 2, 5, 6, 9, 10, 3, 4, 7, 8, 11, 12]);
  const one = grey(1, [7]);
  assert.equal(strip([one]), one);
});

test('a picture is made small by the means of its squares', () => {
  const small = shrink(grey(4, [0, 10, 100, 100, 20, 30, 100, 200]), 2);
  assert.deepEqual([small.width, small.height], [2, 1]);
  assert.deepEqual(greys(small), [15, 125]);
  assert.ok(
    small.data.every((byte, at) => at % 4 < 3 || byte === 255),
    'it is opaque',
  );
});

test('paper is light, and its negative is not', () => {
  const paper = grey(2, [250, 240, 20, 255]);
  assert.ok(isLight(paper));
  assert.ok(!isLight(invert(paper)));
  assert.deepEqual(greys(paper), [5, 15, 235, 0]);
  assert.equal(paper.data[3], 255);
});

test('colours become as light as they look', () => {
  const image = new ImageData(Uint8ClampedArray.from([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255]), 3);
  assert.deepEqual(greys(desaturate(image)), [76, 150, 29]);
});
