// The models that the engine holds. All who ask for the same model share it, even while it is being loaded; but not one that
// they train.

import { withoutQuery } from '../address.js';
import { HearthError, aborted } from '../errors.js';
import { Folder } from './folder.js';
import { recognise, identifyingFiles, isShared } from './kinds.js';
import { loadModel } from './load.js';

/**
 * @typedef {import('./kinds.js').Kind} Kind
 * @typedef {import('./kinds.js').Target} Target
 *
 * @typedef {object} Model
 * @property {string} key
 * @property {Folder} folder
 * @property {Promise<import('./kinds.js').Found>} found what its folder has
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
let nextOwn = 1;

/**
 * The model of a folder. The caller must `release` it. Tasks that recognise it by the same files share it, unless a task's
 * models are each somebody's own.
 * @param {string} task
 * @param {string} url the folder's, with a slash at its end
 * @param {Target} target
 * @returns {Model}
 */
export function take(task, url, target) {
  const { device, dtype, variant, offload } = target;
  const whose = isShared(task) ? [] : [task, nextOwn++];
  const key = [...whose, ...identifyingFiles(task), device.kind, dtype, variant, offload, url].join(' ');
  const model = models.get(key) ?? begin(key, task, url, target);
  model.users += 1;
  return model;
}

/** @param {string} key @param {string} task @param {string} url @param {Target} target */
function begin(key, task, url, target) {
  const controller = new AbortController();
  /** @type {Model['listeners']} */
  const listeners = new Set();
  const onProgress = (/** @type {number} */ loaded, /** @type {number | null} */ total) => {
    for (const listener of listeners) listener(loaded, total);
  };
  const folder = new Folder(url, controller.signal);
  const found = recognise(task, folder);
  const loading = found.then(({ kind }) => loadModel(kind, folder, target, onProgress));
  const model = { key, folder, found, users: 0, controller, listeners, loading };
  loading.then(
    (pipeline) =>
      infoOf(model, pipeline).warnings.forEach((warning) => console.warn(`${withoutQuery(url)} ${warning}`)),
    // A model that failed must not be found again.
    () => models.get(key) === model && models.delete(key),
  );
  models.set(key, model);
  return model;
}

/**
 * What a page is told of a model: with what was passed over in its files, or could not be checked.
 * @param {Model} model
 * @param {any} pipeline
 * @returns {{ warnings: string[] } & Record<string, any>}
 */
export function infoOf({ folder }, pipeline) {
  const info = pipeline.info();
  return { ...info, warnings: [...folder.warnings, ...info.warnings] };
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
 * @param {(pipeline: any, kind: Kind) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function using(handle, work) {
  const model = handles.get(handle);
  if (!model) throw new HearthError('disposed', 'this pipeline was disposed of');
  model.users += 1;
  try {
    return await work(await model.loading, (await model.found).kind);
  } finally {
    release(model);
  }
}
