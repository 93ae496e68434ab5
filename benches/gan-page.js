// What the benchmark of the digits runs inside the page.

import { heapBytes, importOnnxruntime, timed, timedWarm } from './in-page.js';

const MODEL = '/benches/cache/gan.onnx';

/**
 * Hearth, through its public API.
 * @param {string} device
 * @param {number} runs
 */
export async function hearth(device, runs) {
  const started = performance.now();
  const { pipeline } = await import('../www/hearth.js');
  const draw = await pipeline('unconditional-image-generation', '/models/gan-mnist', {
    device: /** @type {any} */ (device),
  });
  const load = performance.now() - started;
  const first = await timed(() => draw({ seed: 1 }), 1);
  const one = await timedWarm(() => draw({ seed: 1 }), runs);
  const many = await timedWarm(() => draw({ batch_size: 64, seed: 1 }), runs);
  const heap_bytes = await heapBytes();
  await draw.dispose();
  return { load, first, one, many, heap_bytes };
}

/**
 * The same networks in onnxruntime-web.
 * @param {'wasm' | 'webgpu'} provider
 * @param {number} runs
 */
export async function onnxruntime(provider, runs) {
  const started = performance.now();
  const ort = await importOnnxruntime(provider);
  const session = await ort.InferenceSession.create(MODEL, { executionProviders: [provider] });
  const load = performance.now() - started;
  const inputs = (/** @type {number} */ batch) => ({
    latents: new ort.Tensor(
      'float32',
      Float32Array.from({ length: batch * 100 }, () => Math.random() * 2 - 1),
      [batch, 100],
    ),
    labels: new ort.Tensor(
      'int64',
      BigInt64Array.from({ length: batch }, (_, index) => BigInt(index % 10)),
      [batch],
    ),
  });
  const [single, grid] = [inputs(1), inputs(64)];
  const run = async (/** @type {object} */ feeds) => {
    const { pictures, scores } = await session.run(feeds);
    return [await pictures.getData(), await scores.getData()];
  };
  const first = await timed(() => run(single), 1);
  const one = await timedWarm(() => run(single), runs);
  const many = await timedWarm(() => run(grid), runs);
  await session.release();
  return { load, first, one, many };
}

/** That both compute the same: the largest difference between their pictures. @param {'wasm' | 'webgpu'} provider */
export async function difference(provider) {
  const ort = await importOnnxruntime(provider);
  const { pipeline } = await import('../www/hearth.js');
  const draw = await pipeline('unconditional-image-generation', '/models/gan-mnist', { device: 'cpu' });
  const [image] = await draw({ seed: 1, class_labels: 7 });
  const session = await ort.InferenceSession.create(MODEL, { executionProviders: [provider] });
  const { pictures, scores } = await session.run({
    latents: new ort.Tensor('float32', image.latents, [1, 100]),
    labels: new ort.Tensor('int64', BigInt64Array.of(7n), [1]),
  });
  const data = await pictures.getData();
  const bytes = [...data].map((/** @type {number} */ x) => Math.round((x + 1) * 127.5));
  await draw.dispose();
  return {
    pixels: Math.max(...bytes.map((byte, index) => Math.abs(byte - image.data[4 * index]))),
    score: Math.abs((await scores.getData())[0] - image.score),
  };
}
