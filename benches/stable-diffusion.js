// Folders in diffusers' layout with random weights: one as small as a page may ship, and one of SD-Turbo's exact shapes.

import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root } from '../scripts/shell.js';
import { bits, normals, sizeOf, writeCheckpoint } from './checkpoint.js';
import { clipTensors, unetTensors, vaeTensors } from './diffusers-tensors.js';

/**
 * @typedef {'unet' | 'vae' | 'text_encoder'} Part
 * @typedef {Record<Part, any>} Configs
 * @typedef {import('./checkpoint.js').Tensor} Tensor
 */

const UNET = {
  ...{ _class_name: 'UNet2DConditionModel', act_fn: 'silu', center_input_sample: false },
  ...{ downsample_padding: 1, flip_sin_to_cos: true, freq_shift: 0, mid_block_scale_factor: 1 },
  ...{ in_channels: 4, out_channels: 4, norm_eps: 1e-5, norm_num_groups: 32, use_linear_projection: true },
};
const VAE = {
  ...{ _class_name: 'AutoencoderKL', act_fn: 'silu', in_channels: 3, out_channels: 3, latent_channels: 4 },
  ...{ down_block_types: Array(4).fill('DownEncoderBlock2D') },
  ...{ up_block_types: Array(4).fill('UpDecoderBlock2D') },
};
const CLIP = {
  ...{ architectures: ['CLIPTextModel'], model_type: 'clip_text_model', layer_norm_eps: 1e-5 },
  ...{ max_position_embeddings: 77 },
};

/**
 * A U-Net of 25 million parameters for pictures of 256 × 256: the blocks and heads of the one that `training/picturebook.py`
 * trains, at one more size and for four times as many latents.
 * @type {Configs}
 */
export const SMALL = {
  unet: {
    ...UNET,
    ...{ sample_size: 32, block_out_channels: [96, 192, 288], layers_per_block: 1 },
    ...{ attention_head_dim: [3, 6, 9], cross_attention_dim: 256 },
    ...{ down_block_types: Array(3).fill('CrossAttnDownBlock2D') },
    ...{ up_block_types: Array(3).fill('CrossAttnUpBlock2D') },
  },
  vae: {
    ...VAE,
    ...{ sample_size: 256, block_out_channels: [24, 48, 96, 128], layers_per_block: 1 },
    ...{ norm_num_groups: 8, scaling_factor: 1 },
  },
  text_encoder: {
    ...CLIP,
    ...{ hidden_size: 256, intermediate_size: 1024, num_hidden_layers: 4, num_attention_heads: 4 },
    ...{ hidden_act: 'quick_gelu', vocab_size: 5120 },
  },
};

/** `stabilityai/sd-turbo`, which draws 512 × 512 in a step. @type {Configs} */
export const SD_TURBO = {
  unet: {
    ...UNET,
    ...{ sample_size: 64, block_out_channels: [320, 640, 1280, 1280], layers_per_block: 2 },
    ...{ attention_head_dim: [5, 10, 20, 20], cross_attention_dim: 1024 },
    ...{ down_block_types: [...Array(3).fill('CrossAttnDownBlock2D'), 'DownBlock2D'] },
    ...{ up_block_types: ['UpBlock2D', ...Array(3).fill('CrossAttnUpBlock2D')] },
  },
  vae: {
    ...VAE,
    ...{ sample_size: 768, block_out_channels: [128, 256, 512, 512], layers_per_block: 2 },
    ...{ norm_num_groups: 32, scaling_factor: 0.18215 },
  },
  text_encoder: {
    ...CLIP,
    ...{ hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 23, num_attention_heads: 16 },
    ...{ hidden_act: 'gelu', vocab_size: 49408 },
  },
};

/**
 * What a single step makes of noise is then what the U-Net says, which others' U-Nets can be compared with.
 * The weights are random anyway.
 */
const SCHEDULER = {
  ...{ _class_name: 'DDIMScheduler', num_train_timesteps: 1000, beta_schedule: 'scaled_linear' },
  ...{ beta_start: 0.00085, beta_end: 0.012, clip_sample: false, set_alpha_to_one: true, steps_offset: 0 },
  ...{ prediction_type: 'sample', timestep_spacing: 'trailing' },
};

const INDEX = {
  _class_name: 'StableDiffusionPipeline',
  ...{ scheduler: ['diffusers', 'DDIMScheduler'], tokenizer: ['transformers', 'CLIPTokenizer'] },
  ...{ text_encoder: ['transformers', 'CLIPTextModel'], unet: ['diffusers', 'UNet2DConditionModel'] },
  ...{ vae: ['diffusers', 'AutoencoderKL'], safety_checker: [null, null], feature_extractor: [null, null] },
};

/** Where a part has its weights, and what they are. */
const PARTS = {
  unet: { file: 'diffusion_pytorch_model.safetensors', tensors: unetTensors },
  vae: { file: 'diffusion_pytorch_model.safetensors', tensors: vaeTensors },
  text_encoder: { file: 'model.safetensors', tensors: clipTensors },
};

/** The path of a part's weights. @param {string} folder @param {Part} part */
export const weightsOf = (folder, part) => path.join(folder, part, PARTS[part].file);

/** How many parameters a part has. @param {Configs} configs @param {Part} part */
export const parametersOf = (configs, part) =>
  PARTS[part].tensors(configs[part]).reduce((sum, [, shape]) => sum + sizeOf(shape), 0);

/**
 * Makes a folder, as far as it is not there. The tokenizer is a fixture's: its words are few, but a prompt has 77 tokens.
 * @param {string} folder
 * @param {Configs} configs
 */
export function makeStableDiffusion(folder, configs) {
  const write = (/** @type {string} */ file, /** @type {object} */ value) => {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), JSON.stringify(value, null, 2));
  };
  write('model_index.json', INDEX);
  write('scheduler/scheduler_config.json', SCHEDULER);
  const fixture = path.join(root, 'tests', 'fixtures', 'text-to-image', 'sd1', 'tokenizer');
  cpSync(fixture, path.join(folder, 'tokenizer'), { recursive: true });
  for (const part of /** @type {Part[]} */ (Object.keys(PARTS))) {
    write(`${part}/config.json`, configs[part]);
    const [weights, tensors] = [weightsOf(folder, part), PARTS[part].tensors(configs[part])];
    if (existsSync(weights)) continue;
    const megabytes = (2 * parametersOf(configs, part)) / 1e6;
    console.log(`Writing random weights to ${path.relative(root, weights)} (${megabytes.toFixed(0)} MB)…`);
    writeCheckpoint(weights, 'F16', tensors, randomHalves());
  }
}

/**
 * Fills tensors so that what goes through the layers keeps its size, each with a few thousand numbers again and again: a
 * billion that were all drawn would take minutes.
 */
function randomHalves() {
  const next = bits(1);
  return (/** @type {string} */ name, /** @type {number[]} */ shape) => {
    const isScale = shape.length === 1 && name.endsWith('.weight');
    const normal = normals(next, shape.length === 1 ? 0.05 : sizeOf(shape.slice(1)) ** -0.5);
    const halves = Uint16Array.from({ length: 4096 }, () => halfBits((isScale ? 1 : 0) + normal()));
    return (/** @type {Float32Array | Uint16Array} */ part) => {
      let state = next();
      for (let index = 0; index < part.length; index++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        part[index] = halves[state >>> 20];
      }
    };
  };
}

/** The bits of the half that is nearest to zero of the two beside a number below 65,536. @param {number} value */
function halfBits(value) {
  const sign = value < 0 ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -15);
  if (exponent === -15) return sign | Math.floor(magnitude * 2 ** 24);
  return sign | ((exponent + 15) << 10) | Math.floor((magnitude / 2 ** exponent - 1) * 1024);
}
