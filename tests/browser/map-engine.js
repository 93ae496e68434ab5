// What a page imports as hearth.js while the engine knows no VAE: the same calls, computed on the page. Tests can make it slow or
// have it fail through `globalThis.engine`.

import { CODES, HearthError } from '../../www/engine/errors.js';
import { vaeOf } from './vae.js';

export { CODES, HearthError };
export { modelUrl } from '../../www/engine/page/settings.js';

/**
 * What it was asked, and how it answers.
 * @typedef {object} Engine
 * @property {number} delay of each answer, in ms
 * @property {import('../../www/types.d.ts').ErrorCode | null} fails
 * @property {{ type: string, count: number }[]} calls
 * @property {number} open how many calls are under way
 * @property {number} most how many have been at once
 * @property {string[]} loaded folders
 */

const page = /** @type {{ engine?: Partial<Engine> }} */ (globalThis);
/** @type {Engine} */
const engine = { delay: 0, fails: null, calls: [], open: 0, most: 0, loaded: [], ...page.engine };
page.engine = engine;

const aborted = () => new HearthError('aborted', 'stopped by the caller');

/** @template T @param {Engine['calls'][number]} call @param {AbortSignal | undefined} signal @param {() => T} compute @returns {Promise<T>} */
async function answer(call, signal, compute) {
  engine.calls.push(call);
  engine.most = Math.max(engine.most, ++engine.open);
  try {
    await new Promise((resolve) => setTimeout(resolve, engine.delay));
    if (signal?.aborted) throw aborted();
    if (engine.fails) throw new HearthError(engine.fails, 'the test wants it so');
    return compute();
  } finally {
    engine.open--;
  }
}

/** @param {URL} url @param {AbortSignal} [signal] */
async function read(url, signal) {
  const response = await fetch(url, { signal }).catch(() => {
    if (signal?.aborted) throw aborted();
    throw new HearthError('network', `${url} cannot be read`);
  });
  if (!response.ok) throw new HearthError('network', `${url}: ${response.status}`);
  return response;
}

/** @param {string} task @param {string | URL} model @param {import('../../www/types.d.ts').PipelineOptions} [options] */
export async function pipeline(task, model, { signal, onProgress } = {}) {
  if (task !== 'unconditional-image-generation') throw new HearthError('invalid-option', `task is ${task}`);
  const folder = new URL(model, document.baseURI);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const config = await (await read(new URL('config.json', folder), signal)).json();
  const info = { ...config, kind: config.model_type ?? 'gan', warnings: [] };
  engine.loaded.push(folder.pathname);
  /** @type {ReturnType<typeof vaeOf>} */
  let vae;
  if (info.kind === 'vae') {
    const weights = await (await read(new URL('model.safetensors', folder), signal)).arrayBuffer();
    onProgress?.({ loaded: weights.byteLength, total: weights.byteLength });
    vae = vaeOf(config, new Uint8Array(weights));
  }
  const { latent_dim, image_size: size } = info;

  const draw = (/** @type {{ latents: Float32Array, signal?: AbortSignal }} */ { latents, signal }) => {
    const count = latents.length / latent_dim;
    return answer({ type: 'decode', count }, signal, () =>
      Array.from({ length: count }, (_, index) => {
        const own = latents.slice(index * latent_dim, (index + 1) * latent_dim);
        const image = new ImageData(size, size);
        vae.decode(own).forEach((x, at) => image.data.set([x * 255, x * 255, x * 255, 255], at * 4));
        return Object.assign(image, { latents: own, seed: 0 });
      }),
    );
  };
  const encode = (/** @type {ImageData | ImageData[]} */ pictures) => {
    const all = [pictures].flat();
    return answer({ type: 'encode', count: all.length }, undefined, () => {
      const codes = all.map(({ data }) =>
        vae.encode(Float32Array.from({ length: size * size }, (_, at) => data[at * 4] / 255)),
      );
      const joined = (/** @type {'mean' | 'logvar'} */ name) =>
        Float32Array.from(codes.flatMap((code) => [...code[name]]));
      return { mean: joined('mean'), logvar: joined('logvar') };
    });
  };
  const device = { device: 'cpu', adapter: '', is_fallback_adapter: false, info };
  return Object.assign(draw, device, { encode, dispose: async () => {} });
}

/** An IDX file, gzipped. @param {URL} url @param {AbortSignal} [signal] */
async function idx(url, signal) {
  const { body } = await read(url, signal);
  const stream = /** @type {ReadableStream} */ (body).pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const view = new DataView(bytes.buffer);
  const shape = Array.from({ length: bytes[3] }, (_, axis) => view.getUint32(4 + axis * 4));
  return { shape, values: bytes.subarray(4 + shape.length * 4) };
}

/** @param {string} url @param {{ count?: number, signal?: AbortSignal }} [options] */
export async function loadDigits(url, { count: most = Infinity, signal } = {}) {
  const folder = new URL(`${url}/`, document.baseURI);
  const [images, labels] = await Promise.all(
    ['images-idx3-ubyte.gz', 'labels-idx1-ubyte.gz'].map((name) => idx(new URL(name, folder), signal)),
  );
  const [all, height, width] = images.shape;
  const count = Math.min(all, most);
  const pixels = images.values.subarray(0, count * height * width);
  return { pixels, labels: labels.values.subarray(0, count), height, width, count };
}
