// A checkpoint of GPT-2's exact shape with random numbers in it.

import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { bits, normals, writeCheckpoint } from './checkpoint.js';

/**
 * @typedef {import('./checkpoint.js').Tensor} Tensor
 * @typedef {Record<string, number>} Sizes vocab_size, n_positions, n_embd, n_layer and n_head
 */

/** GPT-2's smallest model, 124 million parameters. @type {Sizes} */
export const GPT2_124M = { vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 };

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
  if (!existsSync(weights)) writeCheckpoint(weights, 'F32', tensorShapes(sizes), fillerOf(sizes));
}

/** The shapes of GPT-2's tensors. @param {Sizes} sizes @returns {Tensor[]} */
function tensorShapes({ vocab_size, n_positions, n_embd, n_layer }) {
  /** @type {(name: string, shape: number[]) => Tensor[]} */
  const withBias = (name, shape) => [
    [`${name}.weight`, shape],
    [`${name}.bias`, shape.slice(-1)],
  ];
  const blocks = Array.from({ length: n_layer }, (_, layer) => {
    const key = `h.${layer}`;
    return /** @type {Tensor[]} */ ([
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

/** What a tensor is filled with. @param {Sizes} sizes */
function fillerOf({ n_positions }) {
  const next = normals(bits(1), 0.02);
  const isSeen = (/** @type {number} */ index) =>
    index % n_positions <= Math.floor(index / n_positions) ? 1 : 0;
  return (/** @type {string} */ name) => {
    const number = name.endsWith('.attn.bias')
      ? isSeen
      : /ln_.\.weight$/.test(name)
        ? () => 1 + next()
        : next;
    return (/** @type {Float32Array | Uint16Array} */ part, /** @type {number} */ start) => {
      for (let index = 0; index < part.length; index++) part[index] = number(start + index);
    };
  };
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
