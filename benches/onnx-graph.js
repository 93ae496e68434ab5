// An ONNX model under construction: operators that name their own outputs, and the layers that diffusers' networks share, from
// a checkpoint's tensors by their names. What onnxruntime has a joined operator for is written as one, as its own optimiser
// for transformers does.

import { readFloats, readHeader } from './checkpoint.js';
import { MICROSOFT, attribute, constant, model, node } from './onnx.js';

/** @typedef {import('./onnx.js').Value} Value */
/** @typedef {string} Name what an operator gives, or a constant */

export class Graph {
  #checkpoint;
  #tensors;
  /** @type {Buffer[]} */
  #nodes = [];
  /** @type {Map<Name, Buffer>} */
  #constants = new Map();
  #count = 0;

  /** @param {string} checkpoint the path of its .safetensors */
  constructor(checkpoint) {
    this.#checkpoint = checkpoint;
    this.#tensors = readHeader(checkpoint);
  }

  /** Whether there is a tensor of this name. @param {Name} name */
  has(name) {
    return this.#tensors.has(name);
  }

  /** The shape of a tensor. @param {Name} name */
  shape(name) {
    const shape = this.#tensors.get(name)?.shape;
    if (!shape) throw new Error(`${this.#checkpoint} has no ${name}`);
    return shape;
  }

  /** A tensor of the checkpoint. @param {Name} name */
  weight(name) {
    const entry = this.#tensors.get(name);
    if (!entry) throw new Error(`${this.#checkpoint} has no ${name}`);
    if (!this.#constants.has(name)) {
      this.#constants.set(name, constant(name, entry.shape, readFloats(this.#checkpoint, entry)));
    }
    return name;
  }

  /** @param {number[]} shape @param {Float32Array | BigInt64Array} data */
  fixed(shape, data) {
    const name = `constant.${this.#count++}`;
    this.#constants.set(name, constant(name, shape, data));
    return name;
  }

  /** Whole numbers. @param {readonly number[]} values */
  integers(values) {
    return this.fixed([values.length], BigInt64Array.from(values, BigInt));
  }

  /**
   * An operator with several outputs.
   * @param {string} type
   * @param {Name[]} inputs
   * @param {number} outputs
   * @param {Buffer[]} [attributes]
   * @param {string} [domain]
   * @returns {Name[]}
   */
  ops(type, inputs, outputs, attributes, domain) {
    const count = this.#count++;
    const names = Array.from({ length: outputs }, (_, index) => `${type}.${count}.${index}`);
    this.#nodes.push(node(type, inputs, names, attributes, domain));
    return names;
  }

  /** An operator with one output. @param {string} type @param {Name[]} inputs @param {Buffer[]} [attributes] @param {string} [domain] */
  op(type, inputs, attributes, domain) {
    return this.ops(type, inputs, 1, attributes, domain)[0];
  }

  /** @param {Name} x @param {readonly number[]} shape */
  reshape(x, shape) {
    return this.op('Reshape', [x, this.integers(shape)]);
  }

  /** @param {Name} x @param {number[]} perm */
  turn(x, perm) {
    return this.op('Transpose', [x], [attribute.integers('perm', perm)]);
  }

  /** @param {Name} x @param {Name} y */
  add(x, y) {
    return this.op('Add', [x, y]);
  }

  /** @param {Name[]} parts @param {number} axis */
  join(parts, axis) {
    return this.op('Concat', parts, [attribute.integer('axis', axis)]);
  }

  /** @param {Name} x */
  silu(x) {
    return this.op('QuickGelu', [x], [attribute.float('alpha', 1)], MICROSOFT);
  }

  /** A linear layer over `[rows, inputs]`. @param {Name} x @param {string} key */
  linear(x, key) {
    const bias = this.has(`${key}.bias`) ? [this.weight(`${key}.bias`)] : [];
    return this.op('Gemm', [x, this.weight(`${key}.weight`), ...bias], [attribute.integer('transB', 1)]);
  }

  /** A convolution that keeps the picture's size, or halves it. @param {Name} x @param {string} key */
  conv(x, key, stride = 1) {
    const kernel = this.shape(`${key}.weight`)[2];
    return this.op(
      'Conv',
      [x, this.weight(`${key}.weight`), this.weight(`${key}.bias`)],
      [
        attribute.integers('kernel_shape', [kernel, kernel]),
        attribute.integers('strides', [stride, stride]),
        attribute.integers('pads', new Array(4).fill(kernel >> 1)),
      ],
    );
  }

  /** Each pixel as four, and a convolution. @param {Name} x @param {string} key */
  doubled(x, key) {
    const attributes = [
      attribute.text('mode', 'nearest'),
      attribute.text('coordinate_transformation_mode', 'asymmetric'),
      attribute.text('nearest_mode', 'floor'),
    ];
    const scales = this.fixed([4], Float32Array.of(1, 1, 2, 2));
    return this.conv(this.op('Resize', [x, '', scales], attributes), key);
  }

  /** @param {Name} x of `side` × `side` pixels @param {string} key @param {number} side @param {{ groups: number, eps: number }} norms */
  groupNorm(x, key, side, { groups, eps }) {
    const [channels] = this.shape(`${key}.weight`);
    const ones = this.fixed([groups], new Float32Array(groups).fill(1));
    const zeros = this.fixed([groups], new Float32Array(groups));
    const flat = this.reshape(x, [1, groups, -1]);
    const epsilon = attribute.float('epsilon', eps);
    const normed = this.op('InstanceNormalization', [flat, ones, zeros], [epsilon]);
    const ofChannels = (/** @type {string} */ name) =>
      this.reshape(this.weight(`${key}.${name}`), [1, channels, 1, 1]);
    const scaled = this.op('Mul', [this.reshape(normed, [1, channels, side, side]), ofChannels('weight')]);
    return this.add(scaled, ofChannels('bias'));
  }

  /** @param {Name} x @param {string} key @param {number} eps */
  layerNorm(x, key, eps) {
    const parameters = [this.weight(`${key}.weight`), this.weight(`${key}.bias`)];
    return this.op('LayerNormalization', [x, ...parameters], [attribute.float('epsilon', eps)]);
  }

  /** `x + y`, and its layer norm before it. @param {Name} x @param {Name} y @param {string} key @param {number} eps */
  addAndNorm(x, y, key, eps) {
    const inputs = [x, y, this.weight(`${key}.weight`), this.weight(`${key}.bias`)];
    const [normed, , , sum] = this.ops(
      'SkipLayerNormalization',
      inputs,
      4,
      [attribute.float('epsilon', eps)],
      MICROSOFT,
    );
    return [normed, sum];
  }

  /**
   * Attention of `queries [n, width]` to `keys` and `values [m, width]`.
   * @param {Name} queries @param {Name} keys @param {Name} values @param {number} heads @param {boolean} [isCausal]
   */
  attention(queries, keys, values, heads, isCausal = false) {
    const texts = [queries, keys, values].map((x) => this.op('Unsqueeze', [x, this.integers([0])]));
    const attributes = [
      attribute.integer('num_heads', heads),
      ...(isCausal ? [attribute.integer('unidirectional', 1)] : []),
    ];
    const mixed = this.op('MultiHeadAttention', texts, attributes, MICROSOFT);
    return this.op('Squeeze', [mixed, this.integers([0])]);
  }

  /** `ResnetBlock2D`. @param {Name} x @param {string} key @param {number} side @param {{ groups: number, eps: number }} norms @param {Name} [temb] */
  resnet(x, key, side, norms, temb) {
    let y = this.conv(this.silu(this.groupNorm(x, `${key}.norm1`, side, norms)), `${key}.conv1`);
    if (temb) y = this.add(y, this.reshape(this.linear(temb, `${key}.time_emb_proj`), [1, -1, 1, 1]));
    y = this.conv(this.silu(this.groupNorm(y, `${key}.norm2`, side, norms)), `${key}.conv2`);
    return this.add(this.has(`${key}.conv_shortcut.weight`) ? this.conv(x, `${key}.conv_shortcut`) : x, y);
  }

  /** A picture's pixels as rows. @param {Name} x of `side` × `side` pixels @param {number} channels @param {number} side */
  toPixels(x, channels, side) {
    return this.turn(this.reshape(x, [channels, side * side]), [1, 0]);
  }

  /** The reverse. @param {Name} rows @param {number} channels @param {number} side */
  fromPixels(rows, channels, side) {
    return this.reshape(this.turn(rows, [1, 0]), [1, channels, side, side]);
  }

  /** Diffusers' `Attention` among the pixels of a picture. @param {Name} x @param {string} key @param {number} side @param {number} heads @param {{ groups: number, eps: number }} norms */
  pixelAttention(x, key, side, heads, norms) {
    const [channels] = this.shape(`${key}.group_norm.weight`);
    const pixels = this.toPixels(this.groupNorm(x, `${key}.group_norm`, side, norms), channels, side);
    const [queries, keys, values] = ['to_q', 'to_k', 'to_v'].map((name) =>
      this.linear(pixels, `${key}.${name}`),
    );
    const mixed = this.linear(this.attention(queries, keys, values, heads), `${key}.to_out.0`);
    return this.add(this.fromPixels(mixed, channels, side), x);
  }

  /**
   * The whole model.
   * @param {string} name
   * @param {Value[]} inputs
   * @param {Value} output
   * @param {Name} result what the output is
   */
  build(name, inputs, output, result) {
    const nodes = [...this.#nodes, node('Identity', [result], output[0])];
    return model(name, { nodes, constants: [...this.#constants.values()], inputs, outputs: [output] });
  }
}
