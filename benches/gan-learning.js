// What a GAN learns in the tab: the page's own training for five minutes, and whether memory grows over ten thousand steps.

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root } from '../scripts/shell.js';

const MINUTES = 5;
const STEPS = 10_000;

/**
 * Prints how to have the digits judged: that takes PyTorch.
 * @param {import('./browser.js').Bench} bench
 * @param {{ devices: string[], cache: string }} options
 */
export async function benchGanLearning({ inPage }, { devices, cache }) {
  for (const device of devices) {
    const { steps, first, checkpoint } = await inPage('gan-learning-page.js', 'learn', device, MINUTES);
    const folder = path.join(cache, `gan-learning-${device}`);
    mkdirSync(folder, { recursive: true });
    copyFileSync(path.join(root, 'models/gan-mnist/config.json'), path.join(folder, 'config.json'));
    writeFileSync(path.join(folder, 'model.safetensors'), Buffer.from(checkpoint, 'base64'));
    console.log(
      `GAN, ${device}: the first pictures after ${(first / 1000).toFixed(1)} s, ${steps} steps in ${MINUTES} minutes`,
    );
    console.log(`  python training/evaluate_digits.py ${path.relative(root, folder)}\n`);

    const heaps = await inPage('gan-learning-page.js', 'heaps', device, STEPS);
    const megabytes = heaps.sizes.map((/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1));
    console.log(`GAN, ${device}: the engine's heap over ${STEPS} steps: ${megabytes.join(', ')} MiB\n`);
  }
}
