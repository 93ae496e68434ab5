// npm run bench: what Hearth takes, beside onnxruntime-web with the same networks, in one Chromium.
// Machines differ and are noisy: quote ratios of one run.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { build, sizes } from '../scripts/build.js';
import { WEBGPU_FLAGS, flags, installChromium } from '../scripts/chromium.js';
import { serve } from '../scripts/serve.js';
import { root, run, script } from '../scripts/shell.js';
import { ganToOnnx } from './onnx.js';

const RUNS = Number(process.env.RUNS ?? 15);
const here = import.meta.dirname;

/** @param {number} ms */
const ms = (ms) => (ms < 100 ? ms.toFixed(1) : ms.toFixed(0)).padStart(8);

script(async () => {
  build();
  if (!existsSync(path.join(here, 'node_modules'))) {
    run('npm', [
      'ci',
      '--prefix',
      'benches',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--loglevel=error',
    ]);
  }
  const model = path.join(root, 'models', 'gan-mnist');
  mkdirSync(path.join(here, 'cache'), { recursive: true });
  const config = JSON.parse(readFileSync(path.join(model, 'config.json'), 'utf8'));
  writeFileSync(
    path.join(here, 'cache', 'gan.onnx'),
    ganToOnnx(config, readFileSync(path.join(model, 'model.safetensors'))),
  );

  const server = await serve(root, 0);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const { chromium } = await import('playwright-core');
  const gpuFlags = process.env.GPU ? ['--enable-unsafe-webgpu', '--enable-features=Vulkan'] : WEBGPU_FLAGS;
  const browser = await chromium.launch({
    executablePath: installChromium().chromium,
    args: flags(gpuFlags),
  });
  const context = await browser.newContext();

  /** Calls a function of in-page.js on a fresh page. @param {string} name @param {unknown[]} args */
  const inPage = async (name, ...args) => {
    const page = await context.newPage();
    await page.goto(`http://localhost:${port}/benches/page.html`);
    const result = await page.evaluate(async ([name, args]) => {
      const bench = await import(/** @type {any} */ ('/benches/in-page.js'));
      const result = await bench[/** @type {string} */ (name)](.../** @type {any[]} */ (args));
      await new Promise((resolve) => setTimeout(resolve, 100)); // long tasks are told late
      return { ...result, block: bench.longestBlock() };
    }, /** @type {[string, unknown[]]} */ ([name, args]));
    await page.close();
    return result;
  };

  try {
    console.log(`${browser.version()} on ${process.platform}, median of ${RUNS} runs, ms\n`);
    console.log(
      '                          cold load  warm load    first    1 digit  64 digits  longest block, ms  heap, MB',
    );
    /** @type {Record<string, any>} */
    const rows = {};
    for (const [device, provider] of /** @type {const} */ ([
      ['cpu', 'wasm'],
      ['webgpu', 'webgpu'],
    ])) {
      for (const [name, call] of /** @type {[string, () => Promise<any>][]} */ ([
        [`Hearth, ${device}`, () => inPage('hearth', device, RUNS)],
        [`onnxruntime-web, ${provider}`, () => inPage('onnxruntime', provider, RUNS)],
      ])) {
        if (name.startsWith('Hearth')) await clearCaches(context, port);
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
      const { pixels, score } = await inPage('difference', provider);
      console.log(
        `  Hearth is ${(theirs.one / ours.one).toFixed(2)}× as fast for 1 digit and ${(theirs.many / ours.many).toFixed(2)}× for 64; ` +
          `the pictures differ by ${pixels}/255 at most, the scores by ${score.toExponential(1)}\n`,
      );
    }
    console.log('64 MB in the browser’s storage, ms');
    const { block, ...storage } = await inPage('storage', 3);
    for (const [name, time] of Object.entries(storage))
      console.log(`  ${name.padEnd(20)} ${ms(Number(time))}`);
    const { wasm, brotli } = sizes();
    console.log(
      `\nThe engine: ${(wasm / 1e6).toFixed(2)} MB of wasm, ${(brotli / 1e6).toFixed(2)} MB as brotli`,
    );
  } finally {
    await browser.close();
    server.close();
  }
});

/** @param {import('playwright-core').BrowserContext} context @param {number} port */
async function clearCaches(context, port) {
  const page = await context.newPage();
  await page.goto(`http://localhost:${port}/benches/page.html`);
  await page.evaluate(async () => Promise.all((await caches.keys()).map((name) => caches.delete(name))));
  await page.close();
}
