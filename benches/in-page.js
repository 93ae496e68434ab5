// What all measurements inside the page share.

/** @param {number[]} times */
export const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

/** @param {() => Promise<unknown>} work @param {number} runs */
export async function timed(work, runs) {
  const times = [];
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return median(times);
}

/** The same after as many runs: the browser compiles what runs often a second time, better. @type {typeof timed} */
export async function timedWarm(work, runs) {
  await timed(work, runs);
  return timed(work, runs);
}

/** How many dispatches there were on this page and in its workers. @returns {Promise<number>} */
export const dispatches = () => /** @type {any} */ (globalThis).dispatches();

/** Writes a line on the terminal. @param {string} line @returns {Promise<void>} */
export const report = (line) => /** @type {any} */ (globalThis).report(line);

/**
 * The median of what `work` gives, as often as fits into the time: where it takes long, once.
 * @param {() => Promise<number>} work
 * @param {number} runs at most
 * @param {number} budget in ms
 */
export async function repeated(work, runs, budget) {
  const values = [];
  const started = performance.now();
  while (values.length < runs && (values.length === 0 || performance.now() - started < budget)) {
    values.push(await work());
  }
  return median(values);
}

/** The longest time that this thread was blocked since the page began, in ms (0 if never over 50). */
export function longestBlock() {
  return /** @type {any} */ (globalThis).longest ?? 0;
}

/** Bytes of memory that Hearth's engine has taken so far. It never gives any back, so this is the peak. */
export async function heapBytes() {
  const { engine } = await import('../www/engine/page/client.js');
  const { heap_bytes } = await engine().requests.request('stats', {});
  return /** @type {number} */ (heap_bytes);
}

const ORT = '/benches/node_modules/onnxruntime-web/dist/';

/** onnxruntime-web for a provider. @param {'wasm' | 'webgpu'} provider */
export async function importOnnxruntime(provider) {
  const ort = await import(`${ORT}ort.${provider}.min.mjs`);
  ort.env.wasm.numThreads = 1; // what a page without COOP and COEP has, and Hearth too
  ort.env.wasm.wasmPaths = ORT;
  return ort;
}

/**
 * onnxruntime's flash attention is written for subgroups of 8 to 32 invocations. With the 4 of a WebGPU in software it gives
 * wrong numbers from 32 tokens on, so there it must not know of subgroups and takes its other attention.
 */
export async function hideSmallSubgroups() {
  const adapter = /** @type {any} */ (await navigator.gpu?.requestAdapter());
  if (!adapter || adapter.info.subgroupMinSize >= 8) return;
  const prototype = Object.getPrototypeOf(adapter);
  const { requestDevice } = prototype;
  prototype.requestDevice = function (/** @type {any} */ { requiredFeatures = [], ...rest } = {}) {
    const features = [...requiredFeatures].filter((feature) => !feature.startsWith('subgroup'));
    return requestDevice.call(this, { requiredFeatures: features, ...rest });
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
