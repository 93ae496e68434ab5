// The engine: one worker with one device, one copy of each model's weights, and the wasm that computes.

import init, { DeviceHandle, GanLoader, heap_bytes, on_panic } from '../pkg/hearth.js';
import { HearthError, aborted } from './errors.js';
import { nextTask, serve } from './protocol.js';
import * as source from './source.js';

/** The folder of the models that ship with Hearth, whose files have known hashes. */
const SHIPPED = new URL('../../models/', import.meta.url);
const DEVICE_MS = 20_000;
const PROGRESS_MS = 50;

const post = /** @type {(message: any, transfer?: Transferable[]) => void} */ (
  /** @type {unknown} */ (self.postMessage.bind(self))
);

/** Tells the page that this engine is dead. Only the first reason counts. */
function die(/** @type {import('./errors.js').Code} */ code, /** @type {string} */ message) {
  post({ lost: { code, message } });
}

const started = init().then(
  () => on_panic((/** @type {string} */ message) => die('internal', `the engine stopped: ${message}`)),
  (error) => {
    throw new HearthError('engine-unavailable', `the engine could not be loaded: ${error?.message ?? error}`);
  },
);
started.catch(() => {}); // told to whoever asks for a model

// A trap in wasm that no promise carries, and a lost device's late errors.
self.addEventListener('error', (event) => die('internal', `the engine stopped: ${event.message}`));
self.addEventListener('unhandledrejection', (event) =>
  die('internal', `the engine stopped: ${event.reason?.message ?? event.reason}`),
);

/** @type {DeviceHandle | undefined} */
let cpu;
/** @type {Promise<DeviceHandle> | undefined} */
let webgpu;

/**
 * The device for a preference, and why it is not WebGPU if it could have been.
 * @param {'auto' | 'webgpu' | 'cpu'} preference
 * @returns {Promise<{ device: DeviceHandle, fallback_reason?: string }>}
 */
async function openDevice(preference) {
  await started;
  if (preference !== 'cpu') {
    webgpu ??= openWebGpu();
    try {
      return { device: await webgpu };
    } catch (error) {
      if (preference === 'webgpu') throw error;
      cpu ??= DeviceHandle.cpu();
      return { device: cpu, fallback_reason: HearthError.from(error).message };
    }
  }
  cpu ??= DeviceHandle.cpu();
  return { device: cpu };
}

function openWebGpu() {
  const opening = DeviceHandle.webgpu((/** @type {string} */ reason) =>
    die('device-lost', `the GPU device was lost (${reason})`),
  );
  const late = new Promise((_, reject) => {
    const why = `WebGPU gave no device within ${DEVICE_MS / 1000} s`;
    setTimeout(() => reject(new HearthError('device-unavailable', why)), DEVICE_MS);
  });
  return /** @type {Promise<DeviceHandle>} */ (Promise.race([opening, late]));
}

/** @type {Promise<Record<string, { size: number, sha256: string }>> | undefined} */
let manifest;

/**
 * The expected hash of a file, if it is one that ships with Hearth.
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>}
 */
async function expectedHash(url, signal) {
  if (!url.startsWith(SHIPPED.href)) return undefined;
  manifest ??= source
    .text(new URL('manifest.json', SHIPPED).href, signal)
    .then((json) => JSON.parse(json).files);
  try {
    return (await manifest)[url.slice(SHIPPED.href.length)]?.sha256;
  } catch (error) {
    manifest = undefined;
    throw error instanceof SyntaxError
      ? new HearthError('network', 'models/manifest.json is damaged')
      : error;
  }
}

/**
 * Streams one weight file into a loader.
 * @param {GanLoader} loader
 * @param {string} url
 * @param {{ signal: AbortSignal, onBytes: (count: number, total: number | null) => void, ignoreCache?: boolean }} options
 */
async function loadFile(loader, url, { signal, onBytes, ignoreCache }) {
  const sha256 = await expectedHash(url, signal);
  const file = await source.open(url, { signal, sha256, ignoreCache });
  try {
    loader.begin_file(sha256);
    onBytes(0, file.total);
    for await (const chunk of file.chunks()) {
      const length = loader.push(chunk);
      if (length !== undefined) file.expect(length);
      onBytes(chunk.length, length ?? file.total);
      if (signal.aborted) throw aborted();
    }
    loader.end_file();
    await file.keep();
  } catch (error) {
    await file.discard();
    const { code } = HearthError.from(error);
    // A kept copy that is damaged is no reason to fail while there is a network.
    if (file.fromCache && code.startsWith('weights-')) throw new StaleCache();
    throw error;
  }
}

class StaleCache extends Error {}

/**
 * Loads a model: its config, then its weight files, one after the other.
 * @param {string} folder with a slash at its end
 * @param {DeviceHandle} device
 * @param {{ signal: AbortSignal, onProgress: (loaded: number, total: number | null) => void }} options
 */
async function loadModel(folder, device, { signal, onProgress }) {
  const config = await source.text(`${folder}config.json`, signal);
  const attempt = async (/** @type {boolean} */ ignoreCache) => {
    const loader = new GanLoader(config, device);
    let loaded = 0;
    let before = 0; // total of the files that are complete
    let announced = 0; // what the index says all shards have together
    const load = async (/** @type {string} */ name) => {
      /** @type {number | null} */
      let length = null;
      await loadFile(loader, folder + name, {
        signal,
        ignoreCache,
        onBytes(count, total) {
          loaded += count;
          length = total;
          onProgress(loaded, total === null ? announced || null : Math.max(announced, before + total));
        },
      });
      before += length ?? 0;
    };
    try {
      try {
        await load('model.safetensors');
      } catch (error) {
        const { code, message } = HearthError.from(error);
        if (code !== 'network' || !message.includes(': 404')) throw error;
        const index = await source.text(`${folder}model.safetensors.index.json`, signal).catch(() => {
          throw error; // the one file is what most folders have, so name that
        });
        const shards = loader.shards(index);
        announced = Number(JSON.parse(index).metadata?.total_size) || 0;
        for (const shard of shards) await load(shard);
      }
    } catch (error) {
      loader.free();
      throw error;
    }
    return loader.finish();
  };
  try {
    return await attempt(false);
  } catch (error) {
    if (error instanceof StaleCache) return attempt(true);
    throw error;
  }
}

/**
 * A model that is loaded or being loaded, shared by all who ask for the same.
 * @typedef {{
 *   key: string,
 *   users: number,
 *   loading: Promise<import('../pkg/hearth.js').GanPipeline>,
 *   controller: AbortController,
 *   listeners: Set<(loaded: number, total: number | null) => void>,
 * }} Model
 */

/** @type {Map<string, Model>} */
const models = new Map();
/** @type {Map<number, Model>} */
const handles = new Map();
let nextHandle = 1;

/** @param {Model} model */
function release(model) {
  model.users -= 1;
  if (model.users > 0) return;
  if (models.get(model.key) === model) models.delete(model.key);
  model.controller.abort(aborted());
  model.loading.then(
    (pipeline) => pipeline.free(),
    () => {},
  );
}

/** @param {string} folder @param {DeviceHandle} device @returns {Model} */
function modelFor(folder, device) {
  const key = `${device.kind} ${folder}`;
  const known = models.get(key);
  if (known) return known;
  const controller = new AbortController();
  /** @type {Model['listeners']} */
  const listeners = new Set();
  const loading = loadModel(folder, device, {
    signal: controller.signal,
    onProgress(loaded, total) {
      for (const listener of listeners) listener(loaded, total);
    },
  });
  const model = { key, users: 0, controller, listeners, loading };
  // One that failed must not be found by the next who asks.
  loading.catch(() => models.get(key) === model && models.delete(key));
  models.set(key, model);
  return model;
}

/** @type {Record<string, import('./protocol.js').Handler>} */
const handlers = {
  async load({ model: folder, device: preference }, { signal, emit }) {
    /** @type {Promise<never>} */
    const stop = new Promise((_, reject) => signal.addEventListener('abort', () => reject(aborted())));
    const { device, fallback_reason } = await Promise.race([openDevice(preference), stop]);
    const model = modelFor(folder, device);
    model.users += 1;
    // A screen shows no more than some twenty of these a second, but the last must not get lost.
    /** @type {ReturnType<typeof setTimeout> | null} */
    let timer = null;
    /** @type {object | null} */
    let latest = null;
    const listener = (/** @type {number} */ loaded, /** @type {number | null} */ total) => {
      latest = { type: 'progress', loaded, total };
      timer ??= setTimeout(report, PROGRESS_MS);
    };
    const report = () => {
      if (timer) clearTimeout(timer);
      timer = null;
      if (latest) emit(latest);
      latest = null;
    };
    model.listeners.add(listener);
    try {
      const pipeline = await Promise.race([model.loading, stop]);
      if (signal.aborted) throw aborted();
      const handle = nextHandle++;
      handles.set(handle, model);
      const { kind, adapter } = device;
      return { handle, device: kind, adapter, fallback_reason, info: pipeline.info() };
    } catch (error) {
      latest = null;
      release(model);
      throw error;
    } finally {
      report();
      model.listeners.delete(listener);
    }
  },

  async run({ handle, options }, { signal, emit }) {
    const model = handles.get(handle);
    if (!model) throw new HearthError('disposed', 'this pipeline was disposed of');
    const pipeline = await model.loading;
    const run = pipeline.start(options);
    try {
      const { seed, count } = run;
      for (let made = 0; ;) {
        await nextTask();
        if (signal.aborted) throw aborted();
        const pictures = await run.step();
        if (signal.aborted) throw aborted();
        if (!pictures) return { seed };
        made += pictures.scores.length;
        const { rgba, scores, latents, class_labels } = pictures;
        emit({ ...pictures, made, count, seed }, [
          rgba.buffer,
          scores.buffer,
          latents.buffer,
          ...(class_labels ? [class_labels.buffer] : []),
        ]);
      }
    } finally {
      run.free();
    }
  },

  async dispose({ handle }) {
    const model = handles.get(handle);
    handles.delete(handle);
    if (model) release(model);
  },

  async stats() {
    await started;
    return { heap_bytes: heap_bytes() };
  },
};

const receive = serve(post, handlers);
self.addEventListener('message', ({ data }) => receive(data));
