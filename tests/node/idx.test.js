// Files of MNIST's format: the one that ships, damaged ones, and what else comes in their place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { bytesOf } from '../browser/harness.js';
import { digitsOf } from '../../www/tasks/data.js';
import { readIdx } from '../../www/tasks/idx.js';

/** @param {number[]} sizes @param {ArrayLike<number>} data @param {number} [type] */
function idx(sizes, data, type = 8) {
  const head = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
  head.setUint8(2, type);
  head.setUint8(3, sizes.length);
  sizes.forEach((size, index) => head.setUint32(4 + 4 * index, size));
  return Uint8Array.from([...new Uint8Array(head.buffer), ...Array.from(data)]);
}

/** @param {Uint8Array} bytes @param {{ rank?: 1 | 3, count?: number }} [wanted] */
const read = (bytes, wanted) => readIdx('the file', new Uint8Array(bytes), { rank: 3, ...wanted });
/** @param {Uint8Array} bytes @param {RegExp} message @param {{ rank?: 1 | 3 }} [wanted] */
const refused = (bytes, message, wanted) =>
  assert.rejects(read(bytes, wanted), { code: 'data-invalid', message });
const text = (/** @type {string} */ text) => new TextEncoder().encode(text);

test('the digits that ship are ten thousand, of every class', async () => {
  const images = await read(bytesOf('data/mnist/images-idx3-ubyte.gz'));
  const labels = await read(bytesOf('data/mnist/labels-idx1-ubyte.gz'), { rank: 1 });
  assert.deepEqual(images.sizes, [10_000, 28, 28]);
  assert.equal(images.data.length, 10_000 * 784);
  assert.equal(Math.max(...images.data.subarray(0, 784)), 255);
  assert.deepEqual(labels.sizes, [10_000]);
  assert.deepEqual([...labels.data.subarray(0, 5)], [5, 0, 4, 1, 9]);
  assert.deepEqual([...new Set(labels.data)].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a file is read plain or packed, as a whole or from its beginning', async () => {
  const plain = idx([3, 1, 2], [1, 2, 3, 4, 5, 6]);
  for (const bytes of [plain, gzipSync(plain)]) {
    assert.deepEqual([...(await read(bytes)).data], [1, 2, 3, 4, 5, 6]);
    const first = await read(bytes, { count: 2 });
    assert.deepEqual(
      [first.sizes, [...first.data]],
      [
        [2, 1, 2],
        [1, 2, 3, 4],
      ],
    );
    assert.equal((await read(bytes, { count: 9 })).sizes[0], 3);
  }
});

test('what is no IDX is refused, and the message says what it is', async () => {
  await refused(text('<!doctype html><title>Not found</title>'), /the file is a web page/);
  await refused(text('version https://git-lfs.github.com/spec/v1'), /pointer of Git LFS/);
  await refused(text('PK\x03\x04 and so on, a zip file'), /begins with 50 4b 03 04/);
  await refused(new Uint8Array(), /ends after 0 bytes/);
  await refused(idx([1, 1, 1], [1], 13), /numbers of type 0d/);
  await refused(idx([1], [1]), /has 1 size; pictures have 3/);
  await refused(idx([1, 1, 1], [1]), /has 3 sizes; labels have 1/, { rank: 1 });
  await refused(Uint8Array.of(0x1f, 0x8b, 9, 0, 0, 0, 0, 0, 0, 0, 1, 2), /gzip cannot unpack it/);
});

test('sizes that do not fit the bytes are refused', async () => {
  await refused(idx([3, 1, 2], [1, 2, 3, 4, 5]), /3 pictures of 1 × 2, and ends after 5 of 6 bytes/);
  await refused(idx([2, 1, 2], [1, 2, 3, 4, 5]), /goes on after the 4 bytes/);
  await refused(idx([4], [1, 2]), /4 labels, and ends after 2/, { rank: 1 });
});

test('a claim of a thousand million pictures costs no memory', async () => {
  const before = process.memoryUsage().arrayBuffers;
  await refused(idx([1e9, 28, 28], [1, 2, 3]), /1,000,000,000 pictures of 28 × 28, and ends after 3 of/);
  await refused(gzipSync(idx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], [1])), /ends after 1 of/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e7);
});

test('what a file unpacks to beyond its sizes is not unpacked', async () => {
  const bomb = gzipSync(Buffer.concat([idx([2, 1, 1], [1, 2]), Buffer.alloc(1e8)]));
  const before = process.memoryUsage().arrayBuffers;
  await refused(bomb, /goes on after the 2 bytes/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 5e7);
});

test("a page's own pictures are taken if they fit together", async () => {
  const own = { pixels: new Uint8Array(8), height: 2, width: 2 };
  assert.deepEqual(await digitsOf(own, {}), { ...own, labels: null });
  /** @param {object} change @param {RegExp} message */
  const wrong = (change, message) =>
    assert.rejects(digitsOf({ ...own, ...change }, {}), { code: 'data-invalid', message });
  await wrong({ labels: new Uint8Array(3) }, /2 pictures, and there are 3 labels/);
  await wrong({ pixels: new Uint8Array(7) }, /7 bytes, which are no whole pictures/);
  await wrong({ pixels: new Uint8Array(4) }, /one picture; a training needs two or more/);
  await wrong({ pixels: new Uint8Array(0) }, /no picture/);
  await wrong({ pixels: [1, 2, 3] }, /must be a Uint8Array/);
  await wrong({ height: 0 }, /0 × 2/);
  for (const data of [undefined, null, 7]) {
    await assert.rejects(digitsOf(/** @type {any} */ (data), {}), { code: 'invalid-option' });
  }
});
