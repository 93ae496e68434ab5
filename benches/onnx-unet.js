// A U-Net's checkpoint as an ONNX model of the same arithmetic, for onnxruntime to run: the operators that PyTorch's exporter
// makes of diffusers' `UNet2DModel`, of the options that the shipped model has.

import { readFloats, readHeader } from './checkpoint.js';
import { FLOAT, INT64, attribute, constant, model, node } from './onnx.js';

/**
 * One picture: `sample`, `timestep` and `class_labels` in, `out` out.
 * @param {any} config the model's config.json
 * @param {string} checkpoint the path of its .safetensors
 */
export function unetToOnnx(config, checkpoint) {
  const { block_out_channels: channels, norm_num_groups: groups, sample_size: size } = config;
  const last = channels.length - 1;
  const tensors = readHeader(checkpoint);
  const constants = [...tensors].map(([name, entry]) => {
    const floats = readFloats(checkpoint, entry);
    // A 2-D weight is `[out, in]`; `MatMul` takes it the other way round.
    const isTurned = /to_(q|k|v|out\.0)\.weight$/.test(name);
    return isTurned
      ? constant(name, entry.shape.toReversed(), transposed(floats, entry.shape))
      : constant(name, entry.shape, floats);
  });
  /** @type {Buffer[]} */
  const nodes = [];
  let count = 0;

  /** An operator with one output, which it names. @param {string} type @param {string[]} inputs @param {Buffer[]} [attributes] */
  const op = (type, inputs, attributes) => {
    const output = `${type}.${count++}`;
    nodes.push(node(type, inputs, output, attributes));
    return output;
  };
  /** @param {number[]} shape @param {Float32Array | BigInt64Array} data */
  const fixed = (shape, data) => {
    const name = `constant.${count++}`;
    constants.push(constant(name, shape, data));
    return name;
  };
  const whole = (/** @type {number[]} */ values) =>
    fixed([values.length], BigInt64Array.from(values, BigInt));
  const reshape = (/** @type {string} */ x, /** @type {number[]} */ shape) =>
    op('Reshape', [x, whole(shape)]);
  const turn = (/** @type {string} */ x, /** @type {number[]} */ perm) =>
    op('Transpose', [x], [attribute.integers('perm', perm)]);
  const silu = (/** @type {string} */ x) => op('Mul', [x, op('Sigmoid', [x])]);
  const gemm = (/** @type {string} */ x, /** @type {string} */ key) =>
    op('Gemm', [x, `${key}.weight`, `${key}.bias`], [attribute.integer('transB', 1)]);
  const conv = (/** @type {string} */ x, /** @type {string} */ key, stride = 1) => {
    const kernel = tensors.get(`${key}.weight`)?.shape[2] ?? 0;
    return op(
      'Conv',
      [x, `${key}.weight`, `${key}.bias`],
      [
        attribute.integers('kernel_shape', [kernel, kernel]),
        attribute.integers('strides', [stride, stride]),
        attribute.integers('pads', new Array(4).fill(kernel >> 1)),
      ],
    );
  };
  const norm = (/** @type {string} */ x, /** @type {string} */ key, /** @type {number} */ side) => {
    const width = tensors.get(`${key}.weight`)?.shape[0] ?? 0;
    const flat = reshape(x, [1, groups, -1]);
    const parameters = [
      fixed([groups], new Float32Array(groups).fill(1)),
      fixed([groups], new Float32Array(groups)),
    ];
    const normed = op(
      'InstanceNormalization',
      [flat, ...parameters],
      [attribute.float('epsilon', config.norm_eps)],
    );
    const scaled = op('Mul', [
      reshape(normed, [1, width, side, side]),
      reshape(`${key}.weight`, [1, width, 1, 1]),
    ]);
    return op('Add', [scaled, reshape(`${key}.bias`, [1, width, 1, 1])]);
  };

  const half = channels[0] / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp((-Math.log(10_000) * i) / (half - config.freq_shift)),
  );
  const angles = op('Mul', ['timestep', fixed([1, half], frequencies)]);
  const waves = op('Concat', [op('Cos', [angles]), op('Sin', [angles])], [attribute.integer('axis', 1)]);
  let embedding = gemm(silu(gemm(waves, 'time_embedding.linear_1')), 'time_embedding.linear_2');
  embedding = op('Add', [embedding, op('Gather', ['class_embedding.weight', 'class_labels'])]);
  const temb = silu(embedding);

  const resnet = (/** @type {string} */ x, /** @type {string} */ key, /** @type {number} */ side) => {
    let y = conv(silu(norm(x, `${key}.norm1`, side)), `${key}.conv1`);
    const time = gemm(temb, `${key}.time_emb_proj`);
    y = op('Add', [y, reshape(time, [1, -1, 1, 1])]);
    y = conv(silu(norm(y, `${key}.norm2`, side)), `${key}.conv2`);
    return op('Add', [tensors.has(`${key}.conv_shortcut.weight`) ? conv(x, `${key}.conv_shortcut`) : x, y]);
  };
  const attention = (/** @type {string} */ x, /** @type {string} */ key, /** @type {number} */ side) => {
    const width = channels[last];
    const heads = width / config.attention_head_dim;
    const pixels = turn(reshape(norm(x, `${key}.group_norm`, side), [1, width, side * side]), [0, 2, 1]);
    const linear = (/** @type {string} */ x, /** @type {string} */ name) =>
      op('Add', [op('MatMul', [x, `${key}.${name}.weight`]), `${key}.${name}.bias`]);
    const part = (/** @type {string} */ name, /** @type {number[]} */ perm) =>
      turn(reshape(linear(pixels, name), [1, side * side, heads, width / heads]), perm);
    const scale = fixed([1], Float32Array.of((width / heads) ** -0.5));
    const scores = op('MatMul', [op('Mul', [part('to_q', [0, 2, 1, 3]), scale]), part('to_k', [0, 2, 3, 1])]);
    const probs = op('Softmax', [scores], [attribute.integer('axis', 3)]);
    const mixed = turn(op('MatMul', [probs, part('to_v', [0, 2, 1, 3])]), [0, 2, 1, 3]);
    const out = linear(reshape(mixed, [1, side * side, width]), 'to_out.0');
    return op('Add', [reshape(turn(out, [0, 2, 1]), [1, width, side, side]), x]);
  };
  const layer = (
    /** @type {string} */ x,
    /** @type {string} */ block,
    /** @type {number} */ n,
    /** @type {number} */ side,
  ) => {
    const y = resnet(x, `${block}.resnets.${n}`, side);
    return tensors.has(`${block}.attentions.${n}.to_q.weight`)
      ? attention(y, `${block}.attentions.${n}`, side)
      : y;
  };

  let x = conv('sample', 'conv_in');
  const skips = [x];
  for (let level = 0; level <= last; level++) {
    for (let n = 0; n < config.layers_per_block; n++) {
      x = layer(x, `down_blocks.${level}`, n, size >> level);
      skips.push(x);
    }
    if (level < last) skips.push((x = conv(x, `down_blocks.${level}.downsamplers.0.conv`, 2)));
  }
  x = layer(x, 'mid_block', 0, size >> last);
  x = resnet(x, 'mid_block.resnets.1', size >> last);
  for (let index = 0; index <= last; index++) {
    for (let n = 0; n <= config.layers_per_block; n++) {
      const joined = op('Concat', [x, /** @type {string} */ (skips.pop())], [attribute.integer('axis', 1)]);
      x = layer(joined, `up_blocks.${index}`, n, size >> (last - index));
    }
    if (index === last) break;
    const doubled = op(
      'Resize',
      [x, '', fixed([4], Float32Array.of(1, 1, 2, 2))],
      [
        attribute.text('mode', 'nearest'),
        attribute.text('coordinate_transformation_mode', 'asymmetric'),
        attribute.text('nearest_mode', 'floor'),
      ],
    );
    x = conv(doubled, `up_blocks.${index}.upsamplers.0.conv`);
  }
  x = conv(silu(norm(x, 'conv_norm_out', size)), 'conv_out');
  nodes.push(node('Identity', [x], 'out'));
  return model('unet', {
    nodes,
    constants,
    inputs: [
      ['sample', FLOAT, [1, config.in_channels, size, size]],
      ['timestep', FLOAT, [1, 1]],
      ['class_labels', INT64, [1]],
    ],
    outputs: [['out', FLOAT, [1, config.out_channels, size, size]]],
  });
}

/** @param {Float32Array} values @param {number[]} shape */
function transposed(values, [rows, columns]) {
  return Float32Array.from(values, (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]);
}
