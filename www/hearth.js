// Hearth's public API. The contract, with docs, is types.d.ts.

import { engine } from './engine/client.js';
import { CODES, HearthError, aborted } from './engine/errors.js';

export { CODES, HearthError };

const TASKS = new Set(['unconditional-image-generation']);
const DEVICES = ['auto', 'webgpu', 'cpu'];

/** @type {typeof import('./types.d.ts').pipeline} */
export async function pipeline(task, model, options = {}) {
  const { device = 'auto', signal, onProgress, ...unknown } = options;
  if (!TASKS.has(task)) throw invalid(`there is no task ${task}; there is ${[...TASKS].join(', ')}`);
  if (!DEVICES.includes(device)) throw invalid(`device is ${device}; it must be ${DEVICES.join(', ')}`);
  for (const name of Object.keys(unknown)) {
    throw invalid(`there is no option ${name}; pipeline takes device, signal, onProgress`);
  }
  const remote = new Remote(folderUrl(model), device);
  await remote.load({ signal, onProgress });
  return imagePipeline(remote);
}

/** @param {string} message */
function invalid(message) {
  return new HearthError('invalid-option', message);
}

/** The model's folder as an absolute URL with a slash at its end. @param {string | URL} model */
function folderUrl(model) {
  try {
    const url = new URL(model, document.baseURI);
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    url.search = url.hash = '';
    return url.href;
  } catch {
    throw invalid(`model is ${model}; it must be the URL of a folder`);
  }
}

/** A model in the engine. Loads it again, from the cache, when the engine had to be restarted. */
class Remote {
  #model;
  #preference;
  /** @type {ReturnType<typeof engine> | null} */
  #life = null;
  #disposed = false;
  /** @type {Promise<void> | null} */
  #loading = null;

  /** What the engine says of the model: its handle, device and sizes. @type {any} */
  loaded = null;

  /** @param {string} model @param {string} preference */
  constructor(model, preference) {
    this.#model = model;
    this.#preference = preference;
  }

  /** @param {{ signal?: AbortSignal, onProgress?: (progress: import('./types.d.ts').Progress) => void }} [options] */
  async load({ signal, onProgress } = {}) {
    const life = engine();
    const onEvent = ({ loaded = 0, total = null }) => onProgress?.({ loaded, total });
    const params = { model: this.#model, device: this.#preference };
    this.loaded = await life.requests.request('load', params, { signal, onEvent });
    this.#life = life;
  }

  /**
   * @param {unknown} options
   * @param {{ signal?: AbortSignal, onEvent: (event: any) => void }} call
   */
  async run(options, { signal, onEvent }) {
    if (this.#disposed) throw new HearthError('disposed', 'this pipeline was disposed of');
    if (this.#life !== engine()) {
      // Calls that come together load it together; one that is stopped leaves the loading to the others.
      this.#loading ??= this.load().finally(() => (this.#loading = null));
      await Promise.race([this.#loading, whenAborted(signal)]);
    }
    const life = /** @type {ReturnType<typeof engine>} */ (this.#life);
    return life.requests.request('run', { handle: this.loaded.handle, options }, { signal, onEvent });
  }

  async dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#life === engine()) await this.#life.requests.request('dispose', { handle: this.loaded.handle });
  }
}

/** @param {AbortSignal} [signal] @returns {Promise<never>} */
function whenAborted(signal) {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(aborted());
    signal?.addEventListener('abort', () => reject(aborted()), { once: true });
  });
}

/** @param {Remote} remote @returns {import('./types.d.ts').ImagePipeline} */
function imagePipeline(remote) {
  const draw = async (/** @type {import('./types.d.ts').DrawOptions} */ options = {}) => {
    /** @type {import('./types.d.ts').GeneratedImage[]} */
    let images = [];
    for await (const event of stream(options)) images = event.images;
    return images;
  };

  /** @returns {AsyncGenerator<import('./types.d.ts').DrawEvent, void, void>} */
  async function* stream(/** @type {import('./types.d.ts').DrawOptions} */ options = {}) {
    const { signal, ...rest } = options;
    const stop = new AbortController();
    /** @type {any[]} */
    const steps = [];
    let wake = () => {};
    let done = false;
    const running = remote
      .run(rest, {
        signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
        onEvent(step) {
          steps.push(step);
          wake();
        },
      })
      .finally(() => {
        done = true;
        wake();
      });
    running.catch(() => {}); // thrown below, once the steps before it are taken
    /** @type {import('./types.d.ts').GeneratedImage[]} */
    const images = [];
    try {
      for (let step_index = 0; ; step_index++) {
        while (steps.length === 0 && !done) await new Promise((resolve) => (wake = () => resolve(undefined)));
        const step = steps.shift();
        if (!step) break;
        images.push(...imagesOf(step, remote.loaded.info));
        const { seed, count } = step;
        yield { type: 'step', step_index, fraction: images.length / count, seed, images: [...images] };
      }
      const { seed } = await running;
      yield { type: 'complete', seed, images };
    } finally {
      stop.abort(); // a loop that was left early leaves nothing running
    }
  }

  // Read when asked for: after a restart the engine may have another device.
  const read = (/** @type {string} */ name) => ({ enumerable: true, get: () => remote.loaded[name] });
  const described = Object.defineProperties(draw, {
    device: read('device'),
    adapter: read('adapter'),
    fallback_reason: read('fallback_reason'),
    info: read('info'),
  });
  return /** @type {import('./types.d.ts').ImagePipeline} */ (
    Object.assign(described, { stream, dispose: () => remote.dispose() })
  );
}

/** @param {any} step @param {{ image_size: number, latent_dim: number }} info */
function imagesOf({ rgba, scores, latents, class_labels, seed }, { image_size, latent_dim }) {
  const area = image_size * image_size * 4;
  return Array.from(scores, (score, index) => {
    const pixels = rgba.slice(index * area, (index + 1) * area);
    return Object.assign(new ImageData(pixels, image_size, image_size), {
      score,
      seed,
      latents: latents.slice(index * latent_dim, (index + 1) * latent_dim),
      ...(class_labels && { class_label: class_labels[index] }),
    });
  });
}
