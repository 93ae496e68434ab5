// What the benchmark runs inside the page.

/** @param {number[]} times */
const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

/** @param {() => Promise<unknown>} work @param {number} runs */
async function timed(work, runs) {
  const times = [];
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return median(times);
}

/** The same after as many runs: the browser compiles what runs often a second time, better. @type {typeof timed} */
async function timedWarm(work, runs) {
  await timed(work, runs);
  return timed(work, runs);
}

/** The longest time that this thread was blocked since the page began, in ms (0 if never over 50). */
export function longestBlock() {
  return /** @type {any} */ (globalThis).longest ?? 0;
}

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
  const { engine } = await import('../www/engine/client.js');
  const { heap_bytes } = await engine().requests.request('stats', {});
  await draw.dispose();
  return { load, first, one, many, heap_bytes };
}

/**
 * The same networks in onnxruntime-web.
 * @param {'wasm' | 'webgpu'} provider
 * @param {number} runs
 */
export async function onnxruntime(provider, runs) {
  const dist = '/benches/node_modules/onnxruntime-web/dist/';
  const started = performance.now();
  const ort = await import(`${dist}ort.${provider}.min.mjs`);
  ort.env.wasm.numThreads = 1; // what a page without COOP and COEP has, and Hearth too
  ort.env.wasm.wasmPaths = dist;
  const session = await ort.InferenceSession.create('/benches/cache/gan.onnx', {
    executionProviders: [provider],
  });
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
  const dist = '/benches/node_modules/onnxruntime-web/dist/';
  const ort = await import(`${dist}ort.${provider}.min.mjs`);
  const { pipeline } = await import('../www/hearth.js');
  const draw = await pipeline('unconditional-image-generation', '/models/gan-mnist', { device: 'cpu' });
  const [image] = await draw({ seed: 1, class_labels: 7 });
  const session = await ort.InferenceSession.create('/benches/cache/gan.onnx', {
    executionProviders: [provider],
  });
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

/**
 * Keeping 64 MB in the Cache API and in the origin's private file system, and reading it back, in ms.
 * @param {number} runs
 */
export async function storage(runs) {
  const chunk = crypto.getRandomValues(new Uint8Array(65_536));
  const chunks = 1024;
  const stream = () => {
    let sent = 0;
    return new ReadableStream({
      pull: (controller) => (sent++ < chunks ? controller.enqueue(chunk.slice()) : controller.close()),
    });
  };
  const drain = async (/** @type {ReadableStream} */ body) => {
    const reader = body.getReader();
    while (!(await reader.read()).done);
  };
  const cache = await caches.open('bench');
  const folder = await navigator.storage.getDirectory();
  const result = {
    'Cache API, write': await timed(() => cache.put('/64MB', new Response(stream())), runs),
    'Cache API, read': await timed(async () => {
      const body = (await cache.match('/64MB'))?.body;
      if (!body) throw new Error('the Cache API kept nothing');
      await drain(body);
    }, runs),
    'OPFS, write': await timed(async () => {
      const file = await folder.getFileHandle('64MB', { create: true });
      await stream().pipeTo(await file.createWritable());
    }, runs),
    'OPFS, read': await timed(
      async () => drain((await (await folder.getFileHandle('64MB')).getFile()).stream()),
      runs,
    ),
  };
  await caches.delete('bench');
  await folder.removeEntry('64MB');
  return result;
}
