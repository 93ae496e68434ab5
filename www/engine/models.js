// The models that the engine holds. Whoever asks for the same one shares it, also while it is being loaded.

import { HearthError, aborted } from './errors.js';
import { gan } from './gan.js';
import { gpt2 } from './gpt2.js';
import { loadModel } from './load.js';

/** Which kind of model does a task. @type {Record<string, import('./load.js').Family>} */
const FAMILIES = {
  'unconditional-image-generation': gan,
  'text-generation': gpt2,
};

/**
 * @typedef {object} Model
 * @property {string} key
 * @property {import('./load.js').Family} family
 * @property {number} users pipelines, and calls under way
 * @property {Promise<any>} loading the wasm's pipeline
 * @property {AbortController} controller
 * @property {Set<(loaded: number, total: number | null) => void>} listeners
 */

/** @type {Map<string, Model>} */
const models = new Map();
/** @type {Map<number, Model>} */
const handles = new Map();
let nextHandle = 1;

/**
 * The model for a task, which whoever asks for it must `release`.
 * @param {string} task
 * @param {import('./load.js').Place} place
 * @returns {Model}
 */
export function take(task, place) {
  const key = [task, place.device.kind, place.dtype, place.folder].join(' ');
  const model = models.get(key) ?? begin(key, FAMILIES[task], place);
  model.users += 1;
  return model;
}

/** @param {string} key @param {import('./load.js').Family} family @param {import('./load.js').Place} place */
function begin(key, family, place) {
  const controller = new AbortController();
  /** @type {Model['listeners']} */
  const listeners = new Set();
  const loading = loadModel(family, place, {
    signal: controller.signal,
    onProgress(loaded, total) {
      for (const listener of listeners) listener(loaded, total);
    },
  });
  const model = { key, family, users: 0, controller, listeners, loading };
  // One that failed must not be found by the next who asks.
  loading.catch(() => models.get(key) === model && models.delete(key));
  models.set(key, model);
  return model;
}

/** @param {Model} model */
export function release(model) {
  model.users -= 1;
  if (model.users > 0) return;
  if (models.get(model.key) === model) models.delete(model.key);
  model.controller.abort(aborted());
  model.loading.then(
    (pipeline) => pipeline.free(),
    () => {},
  );
}

/** A name under which the page can call the model. @param {Model} model */
export function handleOf(model) {
  const handle = nextHandle++;
  handles.set(handle, model);
  return handle;
}

/** Takes a handle back. @param {number} handle */
export function drop(handle) {
  const model = handles.get(handle);
  handles.delete(handle);
  if (model) release(model);
}

/**
 * Lets `work` have a model, which stays while it works even if its pipeline is disposed of.
 * @template T
 * @param {number} handle
 * @param {(pipeline: any, family: import('./load.js').Family) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function using(handle, work) {
  const model = handles.get(handle);
  if (!model) throw new HearthError('disposed', 'this pipeline was disposed of');
  model.users += 1;
  try {
    return await work(await model.loading, model.family);
  } finally {
    release(model);
  }
}
