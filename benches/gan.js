// Digits: Hearth beside onnxruntime-web with the same networks.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root } from '../scripts/shell.js';
import { ganToOnnx } from './onnx-gan.js';

const RUNS = Number(process.env.RUNS ?? 15);

/** @param {number} ms */
const ms = (ms) => (ms < 100 ? ms.toFixed(1) : ms.toFixed(0)).padStart(8);

/**
 * @param {import('./browser.js').Bench} bench
 * @param {{ cache: string, devices: ('cpu' | 'webgpu')[] }} options
 */
export async function benchGan({ inPage, clearCaches }, { cache, devices }) {
  const model = path.join(root, 'models', 'gan-mnist');
  const config = JSON.parse(readFileSync(path.join(model, 'config.json'), 'utf8'));
  writeFileSync(path.join(cache, 'gan.onnx'), ganToOnnx(config, path.join(model, 'model.safetensors')));

  console.log(`GAN: gan-mnist, ms, median of ${RUNS} runs`);
  console.log(
    '                          cold load  warm load    first    1 digit  64 digits  longest block, ms  heap, MB',
  );
  /** @type {Record<string, any>} */
  const rows = {};
  for (const device of devices) {
    const provider = device === 'cpu' ? 'wasm' : 'webgpu';
    for (const [name, call] of /** @type {[string, () => Promise<any>][]} */ ([
      [`Hearth, ${device}`, () => inPage('gan-page.js', 'hearth', device, RUNS)],
      [`onnxruntime-web, ${provider}`, () => inPage('gan-page.js', 'onnxruntime', provider, RUNS)],
    ])) {
      if (name.startsWith('Hearth')) await clearCaches();
      const cold = await call();
      const warm = await call();
      rows[name] = warm;
      const { first, one, many, heap_bytes, block } = warm;
      const heap = heap_bytes ? (heap_bytes / 1e6).toFixed(1) : '';
      const blocked = Math.max(cold.block, block);
      console.log(
        `${name.padEnd(25)} ${ms(cold.load)}   ${ms(warm.load)} ${ms(first)}   ${ms(one)}   ${ms(many)}   ${ms(blocked)}            ${heap.padStart(6)}`,
      );
    }
    const [ours, theirs] = [rows[`Hearth, ${device}`], rows[`onnxruntime-web, ${provider}`]];
    const { pixels, score } = await inPage('gan-page.js', 'difference', provider);
    console.log(
      `  Hearth is ${(theirs.one / ours.one).toFixed(2)}× as fast for 1 digit and ${(theirs.many / ours.many).toFixed(2)}× for 64; ` +
        `the pictures differ by ${pixels}/255 at most, the scores by ${score.toExponential(1)}\n`,
    );
  }
}
