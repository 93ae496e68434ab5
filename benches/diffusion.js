// Pictures from noise: Hearth beside onnxruntime-web with the same U-Net.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root } from '../scripts/shell.js';
import { unetToOnnx } from './onnx-unet.js';

const RUNS = Number(process.env.RUNS ?? 5);

/** @param {number | undefined} ms */
const ms = (ms) => (ms === undefined ? '' : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)).padStart(9);

/**
 * @param {import('./browser.js').Bench} bench
 * @param {{ cache: string, devices: ('cpu' | 'webgpu')[] }} options
 */
export async function benchDiffusion({ inPage }, { cache, devices }) {
  const unet = path.join(root, 'models', 'ddpm-mnist', 'unet');
  const config = JSON.parse(readFileSync(path.join(unet, 'config.json'), 'utf8'));
  const checkpoint = path.join(unet, 'diffusion_pytorch_model.safetensors');
  writeFileSync(path.join(cache, 'unet.onnx'), unetToOnnx(config, checkpoint));

  console.log(`Diffusion: ddpm-mnist, a digit of 32 × 32 in 25 steps, ms, median of ${RUNS} runs`);
  console.log(
    '                             load  first step  1st preview     a step  25 steps  without previews  dispatches a step  longest block, ms  heap, MB',
  );
  for (const device of devices) {
    const provider = device === 'cpu' ? 'wasm' : 'webgpu';
    /** @type {Record<string, any>} */
    const rows = {
      [`Hearth, ${device}`]: await inPage('diffusion-page.js', 'hearth', device, RUNS),
      [`onnxruntime-web, ${provider}`]: await inPage('diffusion-page.js', 'onnxruntime', provider, RUNS),
    };
    for (const [
      name,
      { load, first, preview, step, whole, silent, per_step, block, heap_bytes },
    ] of Object.entries(rows)) {
      const heap = heap_bytes ? (heap_bytes / 1e6).toFixed(1) : '';
      console.log(
        `${name.padEnd(25)}${ms(load)}   ${ms(first)}    ${ms(preview)}  ${ms(step)} ${ms(whole)}         ${ms(silent)}          ${String(per_step).padStart(9)}          ${ms(block)}  ${heap.padStart(8)}`,
      );
    }
    const [ours, theirs] = Object.values(rows);
    console.log(
      `  Hearth is ${(theirs.whole / ours.whole).toFixed(2)}× as fast for a digit, ${(theirs.step / ours.step).toFixed(2)}× for a step\n`,
    );
  }
}
