// A U-Net's checkpoint as an ONNX model of the same arithmetic, for onnxruntime to run: diffusers' `UNet2DModel` and
// `UNet2DConditionModel` with the options that the models here have, for one picture.

import { FLOAT, INT64, MICROSOFT, attribute } from './onnx.js';
import { Graph } from './onnx-graph.js';

/**
 * @typedef {import('./onnx-graph.js').Name} Name
 * @typedef {import('./onnx.js').Value} Value
 */

/**
 * `sample` and `timestep` in, and `class_labels` or `encoder_hidden_states` of a text; `out` out.
 * @param {any} config the model's config.json
 * @param {string} checkpoint the path of its .safetensors
 * @param {number} [tokens] of a text
 */
export function unetToOnnx(config, checkpoint, tokens = 77) {
  const { block_out_channels: channels, sample_size: size, in_channels, out_channels } = config;
  const last = channels.length - 1;
  const norms = { groups: config.norm_num_groups, eps: config.norm_eps };
  const graph = new Graph(checkpoint);
  const temb = graph.silu(timestepEmbedding(graph, config));

  const layer = (
    /** @type {Name} */ x,
    /** @type {string} */ block,
    /** @type {number} */ n,
    /** @type {number} */ level,
  ) => {
    const side = size >> level;
    const y = graph.resnet(x, `${block}.resnets.${n}`, side, norms, temb);
    const key = `${block}.attentions.${n}`;
    const heads = config.attention_head_dim;
    if (graph.has(`${key}.to_q.weight`)) {
      return graph.pixelAttention(y, key, side, channels[level] / heads, norms);
    }
    // diffusers calls it the size of a head, but here it is the number of heads.
    return graph.has(`${key}.proj_in.weight`)
      ? transformer(graph, y, key, side, heads[level], norms.groups)
      : y;
  };

  let x = graph.conv('sample', 'conv_in');
  const skips = [x];
  for (let level = 0; level <= last; level++) {
    for (let n = 0; n < config.layers_per_block; n++) {
      x = layer(x, `down_blocks.${level}`, n, level);
      skips.push(x);
    }
    if (level < last) skips.push((x = graph.conv(x, `down_blocks.${level}.downsamplers.0.conv`, 2)));
  }
  x = layer(x, 'mid_block', 0, last);
  x = graph.resnet(x, 'mid_block.resnets.1', size >> last, norms, temb);
  for (let index = 0; index <= last; index++) {
    for (let n = 0; n <= config.layers_per_block; n++) {
      const joined = graph.join([x, /** @type {Name} */ (skips.pop())], 1);
      x = layer(joined, `up_blocks.${index}`, n, last - index);
    }
    if (index < last) x = graph.doubled(x, `up_blocks.${index}.upsamplers.0.conv`);
  }
  x = graph.conv(graph.silu(graph.groupNorm(x, 'conv_norm_out', size, norms)), 'conv_out');
  /** @type {Value} */
  const condition = hasText(config)
    ? ['encoder_hidden_states', FLOAT, [tokens, config.cross_attention_dim]]
    : ['class_labels', INT64, [1]];
  /** @type {Value[]} */
  const inputs = [['sample', FLOAT, [1, in_channels, size, size]], ['timestep', FLOAT, [1, 1]], condition];
  return graph.build('unet', inputs, ['out', FLOAT, [1, out_channels, size, size]], x);
}

/** @param {any} config */
const hasText = (config) => config._class_name === 'UNet2DConditionModel';

/** The embedding of `timestep`, and of `class_labels`. @param {Graph} graph @param {any} config */
function timestepEmbedding(graph, config) {
  const half = config.block_out_channels[0] / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp((-Math.log(10_000) * i) / (half - config.freq_shift)),
  );
  const angles = graph.op('Mul', ['timestep', graph.fixed([1, half], frequencies)]);
  const waves = graph.join([graph.op('Cos', [angles]), graph.op('Sin', [angles])], 1);
  const hidden = graph.silu(graph.linear(waves, 'time_embedding.linear_1'));
  const embedding = graph.linear(hidden, 'time_embedding.linear_2');
  if (hasText(config)) return embedding;
  return graph.add(embedding, graph.op('Gather', [graph.weight('class_embedding.weight'), 'class_labels']));
}

/**
 * `Transformer2DModel` of one block with linear projections, whose pixels attend to each other and to
 * `encoder_hidden_states`.
 * @param {Graph} graph
 * @param {Name} x
 * @param {string} key
 * @param {number} side
 * @param {number} heads
 * @param {number} groups
 */
function transformer(graph, x, key, side, heads, groups) {
  const EPS = 1e-5;
  const [channels] = graph.shape(`${key}.norm.weight`);
  const block = `${key}.transformer_blocks.0`;
  const attention = (/** @type {string} */ name, /** @type {Name} */ from, /** @type {Name} */ to) => {
    const part = (/** @type {Name} */ x, /** @type {string} */ which) =>
      graph.linear(x, `${block}.${name}.${which}`);
    const mixed = graph.attention(part(from, 'to_q'), part(to, 'to_k'), part(to, 'to_v'), heads);
    return part(mixed, 'to_out.0');
  };
  const normed = graph.groupNorm(x, `${key}.norm`, side, { groups, eps: 1e-6 });
  let pixels = graph.linear(graph.toPixels(normed, channels, side), `${key}.proj_in`);
  let y = graph.layerNorm(pixels, `${block}.norm1`, EPS);
  [y, pixels] = graph.addAndNorm(attention('attn1', y, y), pixels, `${block}.norm2`, EPS);
  const text = attention('attn2', y, 'encoder_hidden_states');
  [y, pixels] = graph.addAndNorm(text, pixels, `${block}.norm3`, EPS);
  const [hidden, gate] = graph.ops('Split', [graph.linear(y, `${block}.ff.net.0.proj`)], 2, [
    attribute.integer('axis', 1),
  ]);
  const gated = graph.op('Mul', [hidden, graph.op('Gelu', [gate], [], MICROSOFT)]);
  pixels = graph.add(graph.linear(gated, `${block}.ff.net.2`), pixels);
  return graph.add(graph.fromPixels(graph.linear(pixels, `${key}.proj_out`), channels, side), x);
}
