// The decoder of an `AutoencoderKL` as an ONNX model, for one picture.

import { FLOAT } from './onnx.js';
import { Graph } from './onnx-graph.js';

const EPS = 1e-6;

/**
 * `latents` in, as the decoder takes them; `out` out, a picture from -1 to 1.
 * @param {any} config the model's config.json
 * @param {string} checkpoint the path of its .safetensors
 * @param {number} size height and width of the latents
 */
export function decoderToOnnx(config, checkpoint, size) {
  const { block_out_channels: channels, layers_per_block: layers, latent_channels, out_channels } = config;
  const norms = { groups: config.norm_num_groups, eps: EPS };
  const graph = new Graph(checkpoint);
  const last = channels.length - 1;
  let x = graph.conv(graph.conv('latents', 'post_quant_conv'), 'decoder.conv_in');
  x = graph.resnet(x, 'decoder.mid_block.resnets.0', size, norms);
  x = graph.pixelAttention(x, 'decoder.mid_block.attentions.0', size, 1, norms);
  x = graph.resnet(x, 'decoder.mid_block.resnets.1', size, norms);
  for (let index = 0; index <= last; index++) {
    const block = `decoder.up_blocks.${index}`;
    for (let n = 0; n <= layers; n++) x = graph.resnet(x, `${block}.resnets.${n}`, size << index, norms);
    if (index < last) x = graph.doubled(x, `${block}.upsamplers.0.conv`);
  }
  const side = size << last;
  x = graph.conv(graph.silu(graph.groupNorm(x, 'decoder.conv_norm_out', side, norms)), 'decoder.conv_out');
  const latents = [1, latent_channels, size, size];
  return graph.build(
    'decoder',
    [['latents', FLOAT, latents]],
    ['out', FLOAT, [1, out_channels, side, side]],
    x,
  );
}
