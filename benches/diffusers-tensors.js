// The tensors of diffusers' and transformers' checkpoints, by their configurations: names and shapes, in no particular order.
// What Stable Diffusion has is here, and no more.

/** @typedef {import('./checkpoint.js').Tensor} Tensor */

/** @param {string} key @param {number[]} shape @returns {Tensor[]} */
const withBias = (key, shape) => [
  [`${key}.weight`, shape],
  [`${key}.bias`, shape.slice(0, 1)],
];
const norm = (/** @type {string} */ key, /** @type {number} */ channels) => withBias(key, [channels]);
const linear = (/** @type {string} */ key, /** @type {number} */ inputs, /** @type {number} */ outputs) =>
  withBias(key, [outputs, inputs]);
const conv = (
  /** @type {string} */ key,
  /** @type {number} */ inputs,
  /** @type {number} */ outputs,
  size = 3,
) => withBias(key, [outputs, inputs, size, size]);

/** `count` parts of a list. @param {string} key @param {number} count @param {(key: string, index: number) => Tensor[]} part */
const list = (key, count, part) =>
  Array.from({ length: count }, (_, index) => part(`${key}.${index}`, index)).flat();

/** @param {string} key @param {number} inputs @param {number} outputs @param {number} [temb] size of a timestep's embedding */
function resnet(key, inputs, outputs, temb) {
  return [
    ...norm(`${key}.norm1`, inputs),
    ...conv(`${key}.conv1`, inputs, outputs),
    ...(temb ? linear(`${key}.time_emb_proj`, temb, outputs) : []),
    ...norm(`${key}.norm2`, outputs),
    ...conv(`${key}.conv2`, outputs, outputs),
    ...(inputs === outputs ? [] : conv(`${key}.conv_shortcut`, inputs, outputs, 1)),
  ];
}

/** @param {string} key @param {number} width @param {number} context size of what is attended to @returns {Tensor[]} */
function attention(key, width, context) {
  return [
    [`${key}.to_q.weight`, [width, width]],
    [`${key}.to_k.weight`, [width, context]],
    [`${key}.to_v.weight`, [width, context]],
    ...linear(`${key}.to_out.0`, width, width),
  ];
}

/** A `Transformer2DModel` of one block. @param {string} key @param {number} width @param {number} context */
function transformer(key, width, context) {
  const block = `${key}.transformer_blocks.0`;
  return [
    ...norm(`${key}.norm`, width),
    ...linear(`${key}.proj_in`, width, width),
    ...norm(`${block}.norm1`, width),
    ...attention(`${block}.attn1`, width, width),
    ...norm(`${block}.norm2`, width),
    ...attention(`${block}.attn2`, width, context),
    ...norm(`${block}.norm3`, width),
    ...linear(`${block}.ff.net.0.proj`, width, 8 * width),
    ...linear(`${block}.ff.net.2`, 4 * width, width),
    ...linear(`${key}.proj_out`, width, width),
  ];
}

/** `UNet2DConditionModel` with linear projections. @param {any} config */
export function unetTensors(config) {
  const { block_out_channels: channels, layers_per_block: layers, cross_attention_dim: context } = config;
  const [first, last, levels] = [channels[0], channels.at(-1), channels.length];
  const temb = config.time_embedding_dim ?? 4 * first;
  const has = (/** @type {string} */ type) => type.startsWith('CrossAttn');
  const down = list('down_blocks', levels, (key, level) => {
    const [inputs, outputs] = [channels[Math.max(level - 1, 0)], channels[level]];
    return [
      ...list(`${key}.resnets`, layers, (key, n) => resnet(key, n ? outputs : inputs, outputs, temb)),
      ...list(`${key}.attentions`, has(config.down_block_types[level]) ? layers : 0, (key) =>
        transformer(key, outputs, context),
      ),
      ...(level < levels - 1 ? conv(`${key}.downsamplers.0.conv`, outputs, outputs) : []),
    ];
  });
  const up = list('up_blocks', levels, (key, index) => {
    const level = levels - 1 - index;
    const [before, outputs] = [channels[Math.min(level + 1, levels - 1)], channels[level]];
    const below = channels[Math.max(level - 1, 0)];
    return [
      ...list(`${key}.resnets`, layers + 1, (key, n) =>
        resnet(key, (n ? outputs : before) + (n < layers ? outputs : below), outputs, temb),
      ),
      ...list(`${key}.attentions`, has(config.up_block_types[index]) ? layers + 1 : 0, (key) =>
        transformer(key, outputs, context),
      ),
      ...(level > 0 ? conv(`${key}.upsamplers.0.conv`, outputs, outputs) : []),
    ];
  });
  return [
    ...conv('conv_in', config.in_channels, first),
    ...linear('time_embedding.linear_1', first, temb),
    ...linear('time_embedding.linear_2', temb, temb),
    ...down,
    ...list('mid_block.resnets', 2, (key) => resnet(key, last, last, temb)),
    ...transformer('mid_block.attentions.0', last, context),
    ...up,
    ...norm('conv_norm_out', first),
    ...conv('conv_out', first, config.out_channels),
  ];
}

/** `AutoencoderKL`. @param {any} config */
export function vaeTensors(config) {
  const { block_out_channels: channels, layers_per_block: layers, latent_channels: latents } = config;
  const [first, last, levels] = [channels[0], channels.at(-1), channels.length];
  const middle = (/** @type {string} */ key) => [
    ...list(`${key}.resnets`, 2, (key) => resnet(key, last, last)),
    ...norm(`${key}.attentions.0.group_norm`, last),
    ...['to_q', 'to_k', 'to_v', 'to_out.0'].flatMap((name) =>
      linear(`${key}.attentions.0.${name}`, last, last),
    ),
  ];
  const down = list('encoder.down_blocks', levels, (key, level) => {
    const [inputs, outputs] = [channels[Math.max(level - 1, 0)], channels[level]];
    return [
      ...list(`${key}.resnets`, layers, (key, n) => resnet(key, n ? outputs : inputs, outputs)),
      ...(level < levels - 1 ? conv(`${key}.downsamplers.0.conv`, outputs, outputs) : []),
    ];
  });
  const up = list('decoder.up_blocks', levels, (key, index) => {
    const level = levels - 1 - index;
    const [inputs, outputs] = [channels[Math.min(level + 1, levels - 1)], channels[level]];
    return [
      ...list(`${key}.resnets`, layers + 1, (key, n) => resnet(key, n ? outputs : inputs, outputs)),
      ...(level > 0 ? conv(`${key}.upsamplers.0.conv`, outputs, outputs) : []),
    ];
  });
  return [
    ...conv('encoder.conv_in', config.in_channels, first),
    ...down,
    ...middle('encoder.mid_block'),
    ...norm('encoder.conv_norm_out', last),
    ...conv('encoder.conv_out', last, 2 * latents),
    ...conv('quant_conv', 2 * latents, 2 * latents, 1),
    ...conv('post_quant_conv', latents, latents, 1),
    ...conv('decoder.conv_in', latents, last),
    ...middle('decoder.mid_block'),
    ...up,
    ...norm('decoder.conv_norm_out', first),
    ...conv('decoder.conv_out', first, config.out_channels),
  ];
}

/** `CLIPTextModel`. @param {any} config @returns {Tensor[]} */
export function clipTensors(config) {
  const { hidden_size: width, intermediate_size: hidden } = config;
  return [
    ['text_model.embeddings.token_embedding.weight', [config.vocab_size, width]],
    ['text_model.embeddings.position_embedding.weight', [config.max_position_embeddings, width]],
    ...list('text_model.encoder.layers', config.num_hidden_layers, (key) => [
      ...norm(`${key}.layer_norm1`, width),
      ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((name) =>
        linear(`${key}.self_attn.${name}`, width, width),
      ),
      ...norm(`${key}.layer_norm2`, width),
      ...linear(`${key}.mlp.fc1`, width, hidden),
      ...linear(`${key}.mlp.fc2`, hidden, width),
    ]),
    ...norm('text_model.final_layer_norm', width),
  ];
}
