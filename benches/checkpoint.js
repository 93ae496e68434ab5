// Safetensors files: reading one piece by piece, and writing one of random numbers, since gigabytes are no part of a repository
// and speed does not depend on what the numbers are.

import { closeSync, openSync, readSync, renameSync, writeSync } from 'node:fs';

/**
 * @typedef {{ dtype: string, shape: number[], offset: number, length: number }} Entry where a tensor lies in its file, in bytes
 * @typedef {[name: string, shape: number[]]} Tensor
 */

/** The tensors of a safetensors file. @param {string} file @returns {Map<string, Entry>} */
export function readHeader(file) {
  const length = Number(readBytes(file, 0, 8).readBigUInt64LE());
  const header = JSON.parse(readBytes(file, 8, length).toString());
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, { dtype, shape, data_offsets }]) => {
        const [start, end] = data_offsets;
        return [name, { dtype, shape, offset: 8 + length + start, length: end - start }];
      }),
  );
}

/** @param {string} file @param {number} offset @param {number} length */
function readBytes(file, offset, length) {
  const bytes = Buffer.alloc(length);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, bytes, 0, length, offset);
  closeSync(descriptor);
  return bytes;
}

/** A tensor as 32-bit floats. @param {string} file @param {Entry} entry */
export function readFloats(file, { dtype, offset, length }) {
  const bytes = readBytes(file, offset, length);
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, length / 4);
  const bits = new Uint16Array(bytes.buffer, bytes.byteOffset, length / 2);
  if (dtype === 'F16') return Float32Array.from(bits, half);
  if (dtype === 'BF16') return new Float32Array(Uint32Array.from(bits, (bits) => bits << 16).buffer);
  throw new Error(`${file}: ${dtype} is not read here`);
}

/** @param {number} bits of an IEEE half */
function half(bits) {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/**
 * Writes a file of numbers in `F32` or `F16`, a piece at a time, so that it can be larger than the memory.
 * @param {string} file
 * @param {'F32' | 'F16'} dtype
 * @param {readonly Tensor[]} tensors
 * @param {(name: string, shape: number[]) => (part: Float32Array | Uint16Array, start: number) => void} fillerOf what fills a
 *   part of a tensor, given where it starts; with the bits of halves for `F16`
 */
export function writeCheckpoint(file, dtype, tensors, fillerOf) {
  const Numbers = dtype === 'F32' ? Float32Array : Uint16Array;
  /** @type {Record<string, object>} */
  const header = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, shape] of tensors) {
    const start = end;
    end += Numbers.BYTES_PER_ELEMENT * sizeOf(shape);
    header[name] = { dtype, shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padding = Buffer.alloc((8 - (json.length % 8)) % 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length + padding.length));
  const descriptor = openSync(`${file}.part`, 'w');
  for (const bytes of [length, json, padding]) writeSync(descriptor, bytes);
  const piece = new Numbers(1 << 20);
  for (const [name, shape] of tensors) {
    const [size, fill] = [sizeOf(shape), fillerOf(name, shape)];
    for (let start = 0; start < size; start += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, size - start));
      fill(part, start);
      writeSync(descriptor, new Uint8Array(part.buffer, 0, part.byteLength));
    }
  }
  closeSync(descriptor);
  renameSync(`${file}.part`, file); // an interrupted one is not mistaken for a whole one
}

/** @param {readonly number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);

/** Whole numbers up to 2³² without a pattern that would show, the same each time. @param {number} seed */
export function bits(seed) {
  let state = seed;
  return () => {
    state ^= state << 13; // Marsaglia's xorshift32
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Numbers of about a normal distribution with this deviation. @param {() => number} next @param {number} deviation */
export function normals(next, deviation) {
  const scale = (deviation * Math.sqrt(12 / 3)) / 2 ** 32; // a uniform number between −½ and ½ has variance 1/12
  return () => scale * (next() + next() + next() - 1.5 * 2 ** 32);
}
