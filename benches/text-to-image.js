// Pictures from prompts: Hearth beside onnxruntime-web with the same text encoder, U-Net and decoder, and SD-Turbo's shapes in
// Hearth alone, which no ONNX model in a page has room for.

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Failure, root } from '../scripts/shell.js';
import { clipToOnnx } from './onnx-clip.js';
import { unetToOnnx } from './onnx-unet.js';
import { decoderToOnnx } from './onnx-vae.js';
import { SD_TURBO, SMALL, makeStableDiffusion, parametersOf, weightsOf } from './stable-diffusion.js';

/**
 * @typedef {{ cache: string, devices: ('cpu' | 'webgpu')[], dtypes: string[], dtype?: string, engines: string[] }} Options
 */

const RUNS = Number(process.env.RUNS ?? 9);
/** Words of one letter are tokens of their own, so that both engines get the same. */
const PROMPT = 'a b c d e f g h';

/** @param {string} folder */
const urlOf = (folder) => `/${path.relative(root, folder).split(path.sep).join('/')}`;

/** The tokens of `PROMPT`. @param {string} folder */
function tokensOf(folder) {
  const vocab = JSON.parse(readFileSync(path.join(folder, 'tokenizer', 'vocab.json'), 'utf8'));
  const words = PROMPT.split(' ').map((letter) => vocab[`${letter}</w>`]);
  const token_ids = [vocab['<|startoftext|>'], ...words];
  return [...token_ids, ...Array(77 - token_ids.length).fill(vocab['<|endoftext|>'])];
}

/** Writes the three networks as ONNX, unless they are there. @param {string} folder @param {number} size of the latents */
function writeOnnx(folder, size) {
  const onnx = path.join(folder, 'onnx');
  mkdirSync(onnx, { recursive: true });
  const { unet, vae, text_encoder } = SMALL;
  const models = {
    text_encoder: () => clipToOnnx(text_encoder, weightsOf(folder, 'text_encoder')),
    unet: () => unetToOnnx(unet, weightsOf(folder, 'unet')),
    decoder: () => decoderToOnnx(vae, weightsOf(folder, 'vae'), size),
  };
  for (const [name, make] of Object.entries(models)) writeFileSync(path.join(onnx, `${name}.onnx`), make());
}

const HEADER = [
  ...['', 'load, ms', 'first step', 'text encoder', 'a step', 'decoder', 'dispatches a step'],
  ...['longest block, ms', 'heap, MB'],
];

/** @param {string} text @param {number} index of its column */
const cell = (text, index) => (index === 0 ? text.padEnd(26) : text.padStart(HEADER[index].length + 2));

/** @param {number | null | undefined} value */
const figure = (value) => (value ? value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0) : '');

/** How far onnxruntime's picture is from Hearth's, of 255. @param {number[]} rgba @param {number[]} pixels [3, height, width] */
function difference(rgba, pixels) {
  const area = pixels.length / 3;
  let [most, sum] = [0, 0];
  for (const [index, pixel] of pixels.entries()) {
    const byte = Math.min(Math.max(127.5 * pixel + 127.5, 0), 255);
    const distance = Math.abs(byte - rgba[4 * (index % area) + Math.floor(index / area)]);
    most = Math.max(most, distance);
    sum += distance;
  }
  return { most, mean: sum / pixels.length };
}

/** @param {import('./browser.js').Bench} bench @param {Options} options */
export async function benchTextToImage({ inPage }, { cache, devices, dtype, dtypes, engines }) {
  const folder = path.join(cache, 'stable-diffusion-small');
  makeStableDiffusion(folder, SMALL);
  const size = SMALL.vae.sample_size;
  if (engines.includes('onnxruntime')) writeOnnx(folder, SMALL.unet.sample_size);
  const model = { url: urlOf(folder), prompt: PROMPT, token_ids: tokensOf(folder), size };
  const millions = (/** @type {import('./stable-diffusion.js').Part} */ part) =>
    `${(parametersOf(SMALL, part) / 1e6).toFixed(1)} M`;
  console.log(
    `Text to image: a picture of ${size} × ${size}; U-Net ${millions('unet')} parameters, ` +
      `text encoder ${millions('text_encoder')}, autoencoder ${millions('vae')}; ms, medians of up to ${RUNS}`,
  );
  console.log(HEADER.map(cell).join(''));
  for (const device of devices) {
    const provider = device === 'cpu' ? 'wasm' : 'webgpu';
    /** @type {Record<string, any>} */
    const ours = {};
    /** @type {any} */
    let theirs;
    const show = (/** @type {string} */ title, /** @type {any} */ row) => {
      const { load, first, encode, step, decode, per_step, block, heap_bytes } = row;
      const figures = [load, first, encode, step, decode, per_step, block, heap_bytes && heap_bytes / 1e6];
      console.log([title, ...figures.map(figure)].map(cell).join(''));
    };
    for (const chosen of engines.includes('hearth') ? (dtype ? dtypes : ['f32']) : []) {
      const choice = { device, dtype: chosen };
      ours[chosen] = await inPage('text-to-image-page.js', 'hearth', model, choice, RUNS);
      show(`Hearth, ${device}, ${chosen}`, ours[chosen]);
    }
    if (engines.includes('onnxruntime')) {
      theirs = await inPage('text-to-image-page.js', 'onnxruntime', model, provider, RUNS);
      show(`onnxruntime-web, ${provider}`, theirs);
    }
    for (const [chosen, row] of theirs ? Object.entries(ours) : []) {
      const { most, mean } = difference(row.rgba, theirs.pixels);
      console.log(
        `  ${chosen}: the pictures differ by ${most.toFixed(2)}/255 at most, ${mean.toFixed(3)} in the mean`,
      );
      // Bytes are rounded, and eight bits of a weight are a hundredth of it.
      if (!(most < (chosen === 'q8' ? 255 : 2)))
        throw new Failure('Hearth and onnxruntime-web do not compute the same');
      const ratio = (/** @type {string} */ name) => `${(theirs[name] / row[name]).toFixed(2)}×`;
      console.log(
        `  ${chosen}: Hearth is ${ratio('step')} as fast for a step, ${ratio('encode')} for a text, ${ratio('decode')} for a decoded picture`,
      );
    }
    console.log('');
  }
}

/** @param {import('./browser.js').Bench} bench @param {Options} options */
export async function benchSdTurbo({ inPage }, { cache, dtype }) {
  const folder = path.join(cache, 'sd-turbo');
  makeStableDiffusion(folder, SD_TURBO);
  const size = 512;
  const bytes = /** @type {const} */ (['unet', 'vae', 'text_encoder'])
    .map((part) => weightsOf(folder, part))
    .filter(existsSync)
    .reduce((sum, file) => sum + statSync(file).size, 0);
  const chosen = dtype ?? 'q8';
  console.log(
    `SD-Turbo's shapes, ${(bytes / 1e9).toFixed(2)} GB, in ${chosen} on the CPU: a picture of ${size} × ${size} in one step`,
  );
  const row = await inPage('text-to-image-page.js', 'drawOne', urlOf(folder), chosen, size);
  if (row.colours < 16) throw new Failure('the picture has hardly a colour: the networks gave nothing');
  const seconds = (/** @type {number} */ ms) => `${(ms / 1000).toFixed(1)} s`;
  console.log(
    `  load ${seconds(row.load)}, text encoder ${seconds(row.encode)}, step ${seconds(row.step)}, decoder ${seconds(row.decode)}; ` +
      `memory ${(row.loaded_bytes / 1e9).toFixed(2)} GB after loading, ${(row.heap_bytes / 1e9).toFixed(2)} GB at most (4.29 are the limit)\n`,
  );
}
