// IDX, the format of MNIST: a magic number, sizes, bytes. Plain, or compressed with gzip.
//
//   0  0  8  rank    then `rank` sizes, each of 32 bits, big-endian; then the bytes of all entries, one entry after the other
//
// https://yann.lecun.com/exdb/mnist/ describes it. A file is read as far as its sizes say. What they claim is never
// allocated before it has come.

import { HearthError } from '../engine/errors.js';

/** Of unsigned bytes. */
const BYTES = 8;

/**
 * @typedef {object} Idx
 * @property {number[]} sizes how many entries, then the size of each
 * @property {Uint8Array<ArrayBuffer>} data
 */

/** @param {string} name @param {string} what */
const invalid = (name, what) => new HearthError('data-invalid', `${name} ${what}`);

/**
 * The contents of an IDX file.
 * @param {string} name what it is called in messages
 * @param {Uint8Array<ArrayBuffer>} bytes of the file, as it came
 * @param {{ rank: 1 | 3, count?: number }} wanted 3 for pictures, 1 for labels, and how many of them: all by default
 * @returns {Promise<Idx>}
 */
export async function readIdx(name, bytes, { rank, count }) {
  refuseOther(name, bytes);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const reader = new Reader(name, isGzip ? unpacked(name, bytes) : [bytes]);
  checkMagic(name, await reader.take(4), rank);
  const view = new DataView((await reader.take(4 * rank)).buffer);
  const sizes = Array.from({ length: rank }, (_, index) => view.getUint32(4 * index));
  const total = sizes[0];
  if (count !== undefined && count < total) sizes[0] = count;
  const data = await reader.take(product(sizes), (length) => {
    const claim = `${total.toLocaleString('en')} ${rank === 3 ? `pictures of ${sizes[1]} × ${sizes[2]}` : 'labels'}`;
    return `says that it has ${claim}, and ends after ${length.toLocaleString('en')} of ${product(sizes).toLocaleString('en')} bytes`;
  });
  if (sizes[0] === total && !(await reader.isAtEnd())) {
    throw invalid(name, `goes on after the ${product(sizes).toLocaleString('en')} bytes that its sizes say`);
  }
  return { sizes, data };
}

/** What many hosts send for a file that is not there, or in its place. @param {string} name @param {Uint8Array} bytes */
function refuseOther(name, bytes) {
  const opening = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  if (opening.startsWith('<')) {
    throw invalid(
      name,
      'is a web page, as many hosts send one for a file that is not there; IDX was expected',
    );
  }
  if (opening.startsWith('version https://git-lfs'))
    throw invalid(name, 'is a pointer of Git LFS, and not the file itself');
}

/** @param {string} name @param {Uint8Array} head @param {number} rank */
function checkMagic(name, head, rank) {
  const magic = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (head[0] !== 0 || head[1] !== 0) {
    throw invalid(name, `begins with ${magic}; an IDX file begins with 00 00 08 0${rank}`);
  }
  if (head[2] !== BYTES)
    throw invalid(name, `has numbers of type ${magic.slice(6, 8)}; it must have bytes, type 08`);
  if (head[3] !== rank) {
    const what = rank === 3 ? 'pictures have 3: how many, height, width' : 'labels have 1: how many';
    throw invalid(name, `has ${head[3]} ${head[3] === 1 ? 'size' : 'sizes'}; ${what}`);
  }
}

/** @param {readonly number[]} sizes */
const product = (sizes) => sizes.reduce((all, size) => all * size, 1);

/** The bytes that gzip has packed, as they are unpacked. @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
async function* unpacked(name, bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch {
    throw invalid(name, 'is damaged: gzip cannot unpack it');
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Takes bytes from chunks, and no more chunks than it needs. */
class Reader {
  #name;
  #chunks;
  /** @type {Uint8Array} */
  #left = new Uint8Array();

  /** @param {string} name @param {Iterable<Uint8Array> | AsyncIterable<Uint8Array>} chunks */
  constructor(name, chunks) {
    this.#name = name;
    this.#chunks = (async function* () {
      yield* chunks;
    })();
  }

  /** @param {number} count @param {(length: number) => string} [shortage] what to say of a file that ends before */
  async take(count, shortage = (length) => `ends after ${length} bytes; an IDX file is longer`) {
    /** @type {Uint8Array[]} */
    const parts = [];
    let length = 0;
    while (length < count) {
      if (this.#left.length === 0 && !(await this.#next())) throw invalid(this.#name, shortage(length));
      const part = this.#left.subarray(0, count - length);
      this.#left = this.#left.subarray(part.length);
      length += part.length;
      parts.push(part);
    }
    const bytes = new Uint8Array(length);
    let position = 0;
    for (const part of parts) {
      bytes.set(part, position);
      position += part.length;
    }
    return bytes;
  }

  async isAtEnd() {
    while (this.#left.length === 0) if (!(await this.#next())) return true;
    return false;
  }

  async #next() {
    const { done, value } = await this.#chunks.next();
    if (!done) this.#left = value;
    return !done;
  }
}
