import assert from 'node:assert/strict';
import { test } from 'node:test';
import zlib from 'node:zlib';

import { apng, chunksOf, crc32 } from '../../www/elements/image/apng.js';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** @param {string} type @param {Uint8Array} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

/**
 * A grey PNG whose pixels are all the same, with its data in this many chunks, and a comment.
 * @param {number} grey @param {{ width?: number, height?: number, pieces?: number, colours?: number }} [how]
 */
function png(grey, { width = 3, height = 2, pieces = 1, colours = 0 } = {}) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colours, 0, 0, 0], 8);
  const row = Buffer.from([0, ...new Array(width).fill(grey)]);
  const data = zlib.deflateSync(Buffer.concat(new Array(height).fill(row)));
  const size = Math.ceil(data.length / pieces);
  const parts = Array.from({ length: pieces }, (_, at) => data.subarray(at * size, (at + 1) * size));
  return new Uint8Array(
    Buffer.concat([
      SIGNATURE,
      chunk('IHDR', header),
      chunk('tEXt', Buffer.from('Comment\0none')),
      ...parts.map((part) => chunk('IDAT', part)),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  );
}

/** Every chunk, after a look at its checksum. @param {Uint8Array} bytes */
function checked(bytes) {
  const view = Buffer.from(bytes);
  let at = SIGNATURE.length;
  return chunksOf(bytes).map(({ type, data }) => {
    assert.equal(view.readUInt32BE(at), data.length);
    const crc = view.readUInt32BE(at + 8 + data.length);
    assert.equal(crc, crc32(view.subarray(at + 4, at + 8 + data.length)), `the checksum of ${type}`);
    at += 12 + data.length;
    return { type, data: Buffer.from(data) };
  });
}

test('checksums are those of PNG', () => {
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  assert.equal(crc32(Buffer.from('IEND')), 0xae426082);
  assert.equal(crc32(new Uint8Array()), 0);
});

test('an animation has its frames in order, numbered throughout, each with its delay', () => {
  const bytes = apng([png(10), png(20, { pieces: 2 }), png(30)], (index) => 40 + index);
  assert.deepEqual(Buffer.from(bytes.subarray(0, 8)), SIGNATURE);
  const chunks = checked(bytes);
  assert.deepEqual(
    chunks.map(({ type }) => type),
    ['IHDR', 'acTL', 'fcTL', 'IDAT', 'fcTL', 'fdAT', 'fdAT', 'fcTL', 'fdAT', 'IEND'],
  );
  const control = chunks[1].data;
  assert.deepEqual([control.readUInt32BE(0), control.readUInt32BE(4)], [3, 0]);
  const numbered = chunks.filter(({ type }) => type === 'fcTL' || type === 'fdAT');
  assert.deepEqual(
    numbered.map(({ data }) => data.readUInt32BE(0)),
    [0, 1, 2, 3, 4, 5],
  );
  const frames = chunks.filter(({ type }) => type === 'fcTL').map(({ data }) => data);
  frames.forEach((frame, index) => {
    assert.equal(frame.length, 26);
    assert.deepEqual(
      [4, 8, 12, 16].map((at) => frame.readUInt32BE(at)),
      [3, 2, 0, 0],
    );
    assert.deepEqual(
      [20, 22].map((at) => frame.readUInt16BE(at)),
      [40 + index, 1000],
    );
    assert.deepEqual([...frame.subarray(24)], [0, 0]);
  });
});

test('the pixels of every frame are those of its picture', () => {
  const chunks = checked(apng([png(10), png(20, { pieces: 3 })], () => 50, { plays: 2 }));
  assert.equal(chunks[1].data.readUInt32BE(4), 2);
  const first = zlib.inflateSync(chunks.filter(({ type }) => type === 'IDAT')[0].data);
  const second = chunks.filter(({ type }) => type === 'fdAT').map(({ data }) => data.subarray(4));
  assert.deepEqual([...first], [0, 10, 10, 10, 0, 10, 10, 10]);
  assert.deepEqual([...zlib.inflateSync(Buffer.concat(second))], [0, 20, 20, 20, 0, 20, 20, 20]);
});

test('a delay longer than a frame can have is as long as it can be', () => {
  const [, , frame] = checked(apng([png(1)], () => 1e6));
  assert.deepEqual([frame.data.readUInt16BE(20), frame.data.readUInt16BE(22)], [0xffff, 1000]);
});

test('what makes no animation is refused', () => {
  const make = (/** @type {Uint8Array[]} */ ...pngs) => apng(pngs, () => 50);
  assert.throws(() => make(), /at least one picture/);
  assert.throws(() => make(png(1), png(1, { width: 4 })), /picture 1 is of another size/);
  assert.throws(() => make(png(1, { colours: 3 })), /no palette/);
  assert.throws(() => make(new Uint8Array(20)), /this is no PNG/);
  assert.throws(() => make(png(1).subarray(0, 50)), /ends too early/);
});
