// A GPT-2's checkpoint as an ONNX model of the same arithmetic with a key-value cache, for onnxruntime and transformers.js
// to run. Inputs and outputs have the names that Hugging Face's optimum gives them.
//
// It is made to be fast there: onnxruntime's own joined operators where it has them (the ones its optimiser would look for),
// biases in the operator that follows, logits of the last token only, and one row a token for `Gemm` with a transposed
// weight: on WebGPU in software it reads a prompt 2.5 times as fast as `MatMul` and writes a token 1.15 times as fast.

import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { writeFileSync, writeSync } from 'node:fs';
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
 * The weights as constants that lie in `file`, which is written unless it is newer than the checkpoint.
 * @param {string} checkpoint
 * @param {Map<string, import('./checkpoint.js').Entry>} tensors
 * @param {string} prefix
 * @param {string} file
 */
function writeData(checkpoint, tensors, prefix, file) {
  const isThere = existsSync(file) && statSync(file).mtimeMs > statSync(checkpoint).mtimeMs;
  const descriptor = isThere ? null : openSync(`${file}.part`, 'w');
  let end = 0;
  const constants = [];
  for (const [name, entry] of tensors) {
    if (/\.attn\.(masked_)?bias$/.test(name)) continue; // a causal mask in old checkpoints, and no weight
    const isTurned = /\.c_\w+\.weight$/.test(name); // `[in, out]` in the checkpoint
    const shape = isTurned ? entry.shape.toReversed() : entry.shape;
    const length = 4 * shape.reduce((product, size) => product * size, 1);
    if (descriptor !== null) {
      const floats = readFloats(checkpoint, entry);
      const data = isTurned ? transposed(floats, shape) : floats;
      writeSync(descriptor, new Uint8Array(data.buffer, data.byteOffset, length));
    }
    constants.push(external(name.slice(prefix.length), shape, { location: DATA, offset: end, length }));
    end += length;
  }
  if (descriptor !== null) {
    closeSync(descriptor);
    renameSync(`${file}.part`, file);
  }
  return constants;
}

/** The transpose of a matrix. @param {Float32Array} matrix @param {number[]} shape that it will have */
function transposed(matrix, [rows, columns]) {
  const turned = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      turned[row * columns + column] = matrix[column * rows + row];
  }
  return turned;
}

/** @param {any} config @param {Buffer[]} weights */
function graph({ vocab_size, n_embd, n_layer, n_head, layer_norm_epsilon }, weights) {
  const epsilon = attribute.float('epsilon', layer_norm_epsilon);
  const [width, vocabulary] = [BigInt(n_embd), BigInt(vocab_size)];
  const shapes = { rows: [-1n, width], qkv: [1n, -1n, 3n * width], texts: [1n, 1n, vocabulary] };
  const constants = [
    ...weights,
    constant('last', [1], BigInt64Array.of(-1n)),
    ...Object.entries(shapes).map(([name, sizes]) =>
      constant(name, [sizes.length], BigInt64Array.from(sizes)),
    ),
  ];
  const cache = [1, n_head, 'past_sequence_length', n_embd / n_head];
  const grown = cache.with(2, 'past_sequence_length + 1');
  // The mask is there for whoever feeds it, and not read: one text needs no padding.
  /** @type {Value[]} */
  const inputs = [
    ['input_ids', INT64, [1, 'sequence_length']],
    ['attention_mask', INT64, [1, 'past_sequence_length + 1']],
    ['position_ids', INT64, [1, 'sequence_length']],
  ];
  /** @type {Value[]} */
  const outputs = [['logits', FLOAT, [1, 1, vocab_size]]];
  const nodes = [
    node('Gather', ['wte.weight', 'input_ids'], 'tokens'),
    node('Gather', ['wpe.weight', 'position_ids'], 'positions'),
    node('Reshape', ['tokens', 'rows'], 'tokens.rows'),
    node('Reshape', ['positions', 'rows'], 'positions.rows'),
  ];
  /** @param {string} input @param {string} weight `[out, in]` @param {string} output */
  const linear = (input, weight, output) =>
    node('Gemm', [input, `${weight}.weight`], output, [attribute.integer('transB', 1)]);
  /**
   * `sum = one + other + bias`, and its layer norm.
   * @param {string} norm @param {string} one @param {string} other @param {string} bias @param {string} sum
   */
  const addAndNorm = (norm, one, other, bias, sum) => {
    const joined = [one, other, `${norm}.weight`, `${norm}.bias`, ...(bias ? [bias] : [])];
    nodes.push(node('SkipLayerNormalization', joined, [`${norm}.y`, '', '', sum], [epsilon], MICROSOFT));
    return `${norm}.y`;
  };
  let [skip, added, bias] = ['tokens.rows', 'positions.rows', ''];
  for (let layer = 0; layer < n_layer; layer++) {
    const [block, key, value] = [`h.${layer}`, `${layer}.key`, `${layer}.value`];
    const [attention, mlp] = [`${block}.attn`, `${block}.mlp`];
    inputs.push([`past_key_values.${key}`, FLOAT, cache], [`past_key_values.${value}`, FLOAT, cache]);
    outputs.push([`present.${key}`, FLOAT, grown], [`present.${value}`, FLOAT, grown]);
    const x = addAndNorm(`${block}.ln_1`, skip, added, bias, `${block}.x`);
    const qkv = [`${attention}.q`, `${attention}.k`, `${attention}.v`];
    nodes.push(
      linear(x, `${attention}.c_attn`, `${attention}.qkv.rows`),
      node('Reshape', [`${attention}.qkv.rows`, 'qkv'], `${attention}.qkv`),
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
      node('Reshape', [`${attention}.y`, 'rows'], `${attention}.y.rows`),
      linear(`${attention}.y.rows`, `${attention}.c_proj`, `${attention}.out`),
    );
    const y = addAndNorm(
      `${block}.ln_2`,
      `${block}.x`,
      `${attention}.out`,
      `${attention}.c_proj.bias`,
      `${block}.z`,
    );
    nodes.push(
      linear(y, `${mlp}.c_fc`, `${mlp}.hidden`),
      node('FastGelu', [`${mlp}.hidden`, `${mlp}.c_fc.bias`], `${mlp}.gelu`, [], MICROSOFT),
      linear(`${mlp}.gelu`, `${mlp}.c_proj`, `${mlp}.out`),
    );
    [skip, added, bias] = [`${block}.z`, `${mlp}.out`, `${mlp}.c_proj.bias`];
  }
  const x = addAndNorm('ln_f', skip, added, bias, '');
  nodes.push(
    node('Gather', [x, 'last'], 'x.last'),
    linear('x.last', 'wte', 'scores'),
    node('Reshape', ['scores', 'texts'], 'logits'),
  );
  return model('gpt2', { nodes, constants, inputs, outputs });
}
