// Checkpoints: reading a safetensors file piece by piece, and making one of GPT-2's exact shape with random numbers in it,
// since half a gigabyte is no part of a repository and speed does not depend on what the numbers are.

import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/**
 * @typedef {{ dtype: string, shape: number[], offset: number, length: number }} Entry where a tensor lies in its file, in bytes
 * @typedef {Record<string, number>} Sizes vocab_size, n_positions, n_embd, n_layer and n_head
 */

/** GPT-2's smallest model, 124 million parameters. @type {Sizes} */
export const GPT2_124M = { vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 };

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
 * Makes a folder in the Hub's layout, as `openai-community/gpt2` has it: the same tensors under the same names, the causal
 * masks that nobody reads included. Does nothing when it is there.
 * @param {string} folder
 * @param {Sizes} sizes
 * @param {string} [tokenizer] a folder with vocab.json and merges.txt (and perhaps tokenizer.json); made up otherwise
 */
export function makeGpt2(folder, sizes, tokenizer) {
  mkdirSync(folder, { recursive: true });
  const write = (/** @type {string} */ name, /** @type {string} */ text) =>
    writeFileSync(path.join(folder, name), text);
  const end = sizes.vocab_size - 1;
  const ids = { bos_token_id: end, eos_token_id: end };
  const config = {
    ...{ model_type: 'gpt2', architectures: ['GPT2LMHeadModel'], activation_function: 'gelu_new' },
    ...{ layer_norm_epsilon: 1e-5, ...sizes, ...ids },
  };
  write('config.json', JSON.stringify(config, null, 2));
  write('generation_config.json', JSON.stringify({ _from_model_config: true, ...ids }, null, 2));
  const tokenizerFiles = ['vocab.json', 'merges.txt', 'tokenizer.json'];
  for (const name of tokenizerFiles) rmSync(path.join(folder, name), { force: true });
  if (tokenizer) {
    for (const name of tokenizerFiles) {
      const given = path.join(tokenizer, name);
      if (existsSync(given)) copyFileSync(given, path.join(folder, name));
    }
  } else {
    const { vocab, merges } = makeVocabulary(sizes.vocab_size);
    write('vocab.json', JSON.stringify(vocab));
    write('merges.txt', `#version: 0.2\n${merges.join('\n')}\n`);
  }
  const weights = path.join(folder, 'model.safetensors');
  if (existsSync(weights)) return;
  writeWeights(`${weights}.part`, sizes);
  renameSync(`${weights}.part`, weights); // an interrupted one is not mistaken for a whole one
}

/** The shapes of GPT-2's tensors. @param {Sizes} sizes @returns {[string, number[]][]} */
function tensorShapes({ vocab_size, n_positions, n_embd, n_layer }) {
  /** @type {(name: string, shape: number[]) => [string, number[]][]} */
  const withBias = (name, shape) => [
    [`${name}.weight`, shape],
    [`${name}.bias`, shape.slice(-1)],
  ];
  const blocks = Array.from({ length: n_layer }, (_, layer) => {
    const key = `h.${layer}`;
    return /** @type {[string, number[]][]} */ ([
      ...withBias(`${key}.ln_1`, [n_embd]),
      [`${key}.attn.bias`, [1, 1, n_positions, n_positions]],
      ...withBias(`${key}.attn.c_attn`, [n_embd, 3 * n_embd]),
      ...withBias(`${key}.attn.c_proj`, [n_embd, n_embd]),
      ...withBias(`${key}.ln_2`, [n_embd]),
      ...withBias(`${key}.mlp.c_fc`, [n_embd, 4 * n_embd]),
      ...withBias(`${key}.mlp.c_proj`, [4 * n_embd, n_embd]),
    ]);
  });
  return [
    ['wte.weight', [vocab_size, n_embd]],
    ['wpe.weight', [n_positions, n_embd]],
    ...blocks.flat(),
    ...withBias('ln_f', [n_embd]),
  ];
}

/** @param {string} file @param {Sizes} sizes */
function writeWeights(file, sizes) {
  /** @type {Record<string, object>} */
  const header = { __metadata__: { format: 'pt' } };
  const tensors = tensorShapes(sizes);
  let end = 0;
  for (const [name, shape] of tensors) {
    const start = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padding = Buffer.alloc((8 - (json.length % 8)) % 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length + padding.length));
  const descriptor = openSync(file, 'w');
  for (const bytes of [length, json, padding]) writeSync(descriptor, bytes);
  const next = normals(1);
  const piece = new Float32Array(1 << 20);
  for (const [name, shape] of tensors) {
    const size = shape.reduce((product, size) => product * size, 1);
    const fill = filler(name, sizes.n_positions, next);
    for (let start = 0; start < size; start += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, size - start));
      for (let index = 0; index < part.length; index++) part[index] = fill(start + index);
      writeSync(descriptor, new Uint8Array(part.buffer, 0, part.byteLength));
    }
  }
  closeSync(descriptor);
}

/** What a tensor is filled with. @param {string} name @param {number} n_positions @param {() => number} next */
function filler(name, n_positions, next) {
  if (name.endsWith('.attn.bias'))
    return (/** @type {number} */ index) => (index % n_positions <= Math.floor(index / n_positions) ? 1 : 0);
  if (/ln_.\.weight$/.test(name)) return () => 1 + next();
  return next;
}

/** Numbers of about a normal distribution with deviation 0.02, the same each time. @param {number} seed */
function normals(seed) {
  let state = seed;
  const uniform = () => {
    state ^= state << 13; // Marsaglia's xorshift32
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 32;
  };
  const scale = 0.02 * Math.sqrt(12 / 3); // a uniform number between −½ and ½ has variance 1/12
  return () => scale * (uniform() + uniform() + uniform());
}

/**
 * A byte-level vocabulary as large as wanted: the 256 bytes, then pairs of them, then the end of a text.
 * @param {number} size
 */
function makeVocabulary(size) {
  // GPT-2 writes a byte that is no visible Latin-1 character as one from 256 on.
  let invisible = 256;
  const bytes = Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(visible ? byte : invisible++);
  });
  const letters = [...bytes].sort((a, b) => Number(/[a-z]/.test(b)) - Number(/[a-z]/.test(a)));
  const pairs = letters.flatMap((first) => letters.map((second) => [first, second]));
  const merged = pairs.slice(0, size - 257);
  const tokens = [...bytes, ...merged.map((pair) => pair.join('')), '<|endoftext|>'];
  return {
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges: merged.map((pair) => pair.join(' ')),
  };
}
