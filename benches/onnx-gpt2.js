// A GPT-2's checkpoint as an ONNX model of the same arithmetic with a key-value cache, for onnxruntime and transformers.js
// to run. Inputs and outputs have the names that Hugging Face's optimum gives them.
//
// It is made to be fast there: onnxruntime's own joined operators where it has them (the ones its optimiser would look for),
// biases in the operator that follows, and logits of the last token only.

import { closeSync, linkSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

import { readFloats, readHeader } from './checkpoint.js';
import { FLOAT, INT64, MICROSOFT, attribute, constant, external, model, node } from './onnx.js';

/** @typedef {import('./onnx.js').Value} Value */

const DATA = 'model.onnx_data';

/**
 * Writes `model.onnx` and `model.onnx_data` into a folder.
 * @param {any} config the model's config.json
 * @param {string} checkpoint the path of its model.safetensors
 * @param {string} folder
 */
export function gpt2ToOnnx(config, checkpoint, folder) {
  const { activation_function = 'gelu_new', scale_attn_by_inverse_layer_idx: scaled } = config;
  if (activation_function !== 'gelu_new' || scaled || config.tie_word_embeddings === false)
    throw new Error('only the GPT-2 of its paper is written as ONNX');
  mkdirSync(folder, { recursive: true });
  const tensors = readHeader(checkpoint);
  // OpenAI's file names its tensors without the prefix that transformers saves them with.
  const prefix = tensors.has('wte.weight') ? '' : 'transformer.';
  const constants = writeData(checkpoint, tensors, prefix, path.join(folder, DATA));
  writeFileSync(path.join(folder, 'model.onnx'), graph(config, constants));
}

/**
 * The weights as constants that lie in `file`: the checkpoint itself, under another name, if it is of 32-bit floats.
 * @param {string} checkpoint
 * @param {Map<string, import('./checkpoint.js').Entry>} tensors
 * @param {string} prefix
 * @param {string} file
 */
function writeData(checkpoint, tensors, prefix, file) {
  rmSync(file, { force: true });
  // `attn.bias` is a causal mask in old checkpoints, and no weight.
  const weights = [...tensors].filter(([name]) => !/\.attn\.(masked_)?bias$/.test(name));
  const isFloat = weights.every(([, { dtype }]) => dtype === 'F32');
  if (isFloat) linkSync(checkpoint, file);
  const descriptor = isFloat ? null : openSync(file, 'w');
  let end = 0;
  const constants = weights.map(([name, entry]) => {
    let { offset, length } = entry;
    if (descriptor !== null) {
      const floats = readFloats(checkpoint, entry);
      [offset, length] = [end, floats.byteLength];
      end += writeSync(descriptor, new Uint8Array(floats.buffer, floats.byteOffset, length));
    }
    return external(name.slice(prefix.length), entry.shape, { location: DATA, offset, length });
  });
  if (descriptor !== null) closeSync(descriptor);
  return constants;
}

/** @param {any} config @param {Buffer[]} weights */
function graph({ vocab_size, n_embd, n_layer, n_head, layer_norm_epsilon }, weights) {
  const epsilon = attribute.float('epsilon', layer_norm_epsilon);
  const shapes = { rows: [-1n, BigInt(n_embd)], texts: [-1n, 1n, BigInt(vocab_size)] };
  const constants = [
    ...weights,
    constant('last', [1], BigInt64Array.of(-1n)),
    ...Object.entries(shapes).map(([name, sizes]) =>
      constant(name, [sizes.length], BigInt64Array.from(sizes)),
    ),
  ];
  const cache = ['batch_size', n_head, 'past_sequence_length', n_embd / n_head];
  const grown = cache.with(2, 'past_sequence_length + 1');
  // The mask is there for whoever feeds it, and not read: a text alone needs no padding.
  /** @type {Value[]} */
  const inputs = [
    ['input_ids', INT64, ['batch_size', 'sequence_length']],
    ['attention_mask', INT64, ['batch_size', 'past_sequence_length + 1']],
    ['position_ids', INT64, ['batch_size', 'sequence_length']],
  ];
  /** @type {Value[]} */
  const outputs = [['logits', FLOAT, ['batch_size', 1, vocab_size]]];
  const nodes = [
    node('Gather', ['wte.weight', 'input_ids'], 'tokens'),
    node('Gather', ['wpe.weight', 'position_ids'], 'positions'),
  ];
  /**
   * `sum = one + other + bias`, and its layer norm.
   * @param {string} norm @param {string} one @param {string} other @param {string} bias @param {string} sum
   */
  const addAndNorm = (norm, one, other, bias, sum) => {
    const joined = [one, other, `${norm}.weight`, `${norm}.bias`, ...(bias ? [bias] : [])];
    nodes.push(node('SkipLayerNormalization', joined, [`${norm}.y`, '', '', sum], [epsilon], MICROSOFT));
    return `${norm}.y`;
  };
  let [skip, added, bias] = ['tokens', 'positions', ''];
  for (let layer = 0; layer < n_layer; layer++) {
    const [block, key, value] = [`h.${layer}`, `${layer}.key`, `${layer}.value`];
    const [attention, mlp] = [`${block}.attn`, `${block}.mlp`];
    inputs.push([`past_key_values.${key}`, FLOAT, cache], [`past_key_values.${value}`, FLOAT, cache]);
    outputs.push([`present.${key}`, FLOAT, grown], [`present.${value}`, FLOAT, grown]);
    const x = addAndNorm(`${block}.ln_1`, skip, added, bias, `${block}.x`);
    const qkv = [`${attention}.q`, `${attention}.k`, `${attention}.v`];
    nodes.push(
      node('MatMul', [x, `${attention}.c_attn.weight`], `${attention}.qkv`),
      node('Split', [`${attention}.qkv`], qkv, [attribute.integer('axis', 2)]),
      node(
        'MultiHeadAttention',
        [
          ...[...qkv, `${attention}.c_attn.bias`, '', ''],
          ...[`past_key_values.${key}`, `past_key_values.${value}`],
        ],
        [`${attention}.y`, `present.${key}`, `present.${value}`],
        [attribute.integer('num_heads', n_head), attribute.integer('unidirectional', 1)],
        MICROSOFT,
      ),
      node('MatMul', [`${attention}.y`, `${attention}.c_proj.weight`], `${attention}.out`),
    );
    const y = addAndNorm(
      `${block}.ln_2`,
      `${block}.x`,
      `${attention}.out`,
      `${attention}.c_proj.bias`,
      `${block}.z`,
    );
    nodes.push(
      node('MatMul', [y, `${mlp}.c_fc.weight`], `${mlp}.hidden`),
      node('FastGelu', [`${mlp}.hidden`, `${mlp}.c_fc.bias`], `${mlp}.gelu`, [], MICROSOFT),
      node('MatMul', [`${mlp}.gelu`, `${mlp}.c_proj.weight`], `${mlp}.out`),
    );
    [skip, added, bias] = [`${block}.z`, `${mlp}.out`, `${mlp}.c_proj.bias`];
  }
  const x = addAndNorm('ln_f', skip, added, bias, '');
  nodes.push(
    node('Gather', [x, 'last'], 'x.last', [attribute.integer('axis', 1)]),
    node('Reshape', ['x.last', 'rows'], 'x.rows'),
    node('Gemm', ['x.rows', 'wte.weight'], 'scores', [attribute.integer('transB', 1)]),
    node('Reshape', ['scores', 'texts'], 'logits'),
  );
  return model('gpt2', { nodes, constants, inputs, outputs });
}
