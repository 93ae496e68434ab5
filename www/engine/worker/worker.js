// The engine: one worker with one device, one copy of each model's weights, and the wasm that computes.

import init, { heap_bytes, on_panic } from '../../pkg/hearth.js';
import { withoutQuery } from '../address.js';
import { keepNothing } from '../cache.js';
import { HearthError, aborted } from '../errors.js';
import { nextTask, serve } from '../protocol.js';
import { openDevice } from './device.js';
import { Absent } from './download.js';
import { drop, handleOf, infoOf, release, take, using } from './models.js';
import { shipFrom } from './shipped.js';

const PROGRESS_MS = 50;

/** @param {any} message @param {Transferable[]} [transfer] */
const post = (message, transfer = []) => postMessage(message, transfer);

/** Reports to the page that this engine is dead. Only the first reason counts. */
function die(/** @type {import('../errors.js').Code} */ code, /** @type {string} */ message) {
  post({ lost: { code, message } });
}

// A trap in wasm that no promise carries, and a lost device's late errors.
addEventListener('error', (event) => die('internal', `the engine stopped: ${event.message}`));
addEventListener('unhandledrejection', (event) =>
  die('internal', `the engine stopped: ${event.reason?.message ?? event.reason}`),
);

/** @param {'auto' | 'webgpu' | 'cpu'} preference */
function deviceFor(preference) {
  return openDevice(preference, (reason) => die('device-lost', `the GPU device was lost (${reason})`));
}

/** A folder that is not there may be meant to be one of the Hub's. @param {unknown} error @param {string} [onHub] @returns {never} */
function guess(error, onHub) {
  if (!(error instanceof Absent) || !onHub) throw error;
  throw new HearthError(error.code, `${error.message}. If the Hub's model is meant, its address is ${onHub}`);
}

/** @type {Record<string, import('../protocol.js').Handler>} */
const handlers = {
  async load({ task, model: url, onHub, device: preference, ...how }, { signal, emit }) {
    /** @type {Promise<never>} */
    const stop = new Promise((_, reject) => signal.addEventListener('abort', () => reject(aborted())));
    const { device, fallback_reason } = await Promise.race([deviceFor(preference), stop]);
    const model = take(task, url, { device, ...how });
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
      const { name, tasks } = await Promise.race([model.found.catch((error) => guess(error, onHub)), stop]);
      if (!tasks.includes(task)) {
        const what = `${task} is nothing that ${name} does, which is what ${withoutQuery(url)} has`;
        throw new HearthError('unsupported-model', `${what}; its task is ${tasks.join(' or ')}`);
      }
      const pipeline = await Promise.race([model.loading, stop]);
      if (signal.aborted) throw aborted();
      const { kind, adapter, is_fallback_adapter } = device;
      const where = { device: kind, adapter, is_fallback_adapter, fallback_reason };
      return { handle: handleOf(model), ...where, info: infoOf(model, pipeline) };
    } catch (error) {
      latest = null;
      release(model);
      throw error;
    } finally {
      report();
      model.listeners.delete(listener);
    }
  },

  run({ handle, ...params }, { signal, emit }) {
    return using(handle, async (pipeline, kind) => {
      const run = await kind.start(pipeline, params, signal);
      try {
        if (kind.opening) emit(kind.opening(run));
        for (;;) {
          await nextTask();
          if (signal.aborted) throw aborted();
          const step = await run.step();
          if (signal.aborted) throw aborted();
          if (!step) return;
          emit(...kind.report(run, step));
        }
      } finally {
        run.free();
      }
    });
  },

  call({ handle, method, params }) {
    return using(handle, async (pipeline, { name, methods = {} }) => {
      if (Object.hasOwn(methods, method)) return methods[method](pipeline, params);
      throw new HearthError('unsupported-model', `${method} is nothing that ${name} does`);
    });
  },

  async dispose({ handle }) {
    drop(handle);
  },

  async stats() {
    return { heap_bytes: heap_bytes() };
  },
};

/**
 * Loads the wasm. The page sends no request before it has heard how that went.
 * @param {import('../protocol.js').Settings} settings
 */
async function start({ wasmUrl, modelsUrl, cache }) {
  shipFrom(modelsUrl);
  if (!cache) keepNothing();
  const receive = serve(post, handlers);
  addEventListener('message', ({ data }) => receive(data));
  try {
    await init({ module_or_path: wasmUrl });
    on_panic((/** @type {string} */ message) => die('internal', `the engine stopped: ${message}`));
    post({ ready: true });
  } catch (error) {
    const { message } = HearthError.from(error);
    post({ failed: `the engine could not be loaded: ${message}`, buildsDiffer: isOfAnotherBuild(error) });
  }
}

/** Whether an error says that the wasm does not fit its glue, or is no wasm. @param {unknown} error */
function isOfAnotherBuild(error) {
  if (error instanceof WebAssembly.LinkError) return true;
  if (!(error instanceof WebAssembly.CompileError)) return false;
  try {
    // A page that forbids every wasm forbids the smallest too.
    return !!new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  } catch {
    return false;
  }
}

addEventListener('message', ({ data }) => start(data), { once: true });
post({ starting: true });
