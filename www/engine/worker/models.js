// The models that the engine holds. Whoever asks for the same one shares it, also while it is being loaded.

import { HearthError, aborted } from '../errors.js';
import { gpt2 } from './gpt2.js';
import { loadModel } from './load.js';
import { kindOfPictures } from './pictures.js';

/**
 * Models that a task can have: what kind one is, its folder tells.
 * @typedef {{ name: string, kindOf: (place: Place, signal: AbortSignal) => Promise<Kind> }} Family
 */

const pictures = { name: 'pictures', kindOf: kindOfPictures };
const texts = { name: 'texts', kindOf: async () => gpt2 };

/** @type {Record<string, Family>} */
const FAMILIES = {
  'unconditional-image-generation': pictures,
  'image-to-image': pictures,
  'text-generation': texts,
};

/**
 * @typedef {import('./load.js').Kind} Kind
 * @typedef {import('./load.js').Place} Place
 *
 * @typedef {object} Model
 * @property {string} key
 * @property {Promise<Kind>} kind
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
 * The model for a task, which whoever asks for it must `release`. Tasks of one family share it.
 * @param {string} task
 * @param {Place} place
 * @returns {Model}
 */
export function take(task, place) {
  const family = FAMILIES[task];
  const key = [family.name, place.device.kind, place.dtype, place.folder].join(' ');
  const model = models.get(key) ?? begin(key, family, place);
  model.users += 1;
  return model;
}

/** @param {string} key @param {Family} family @param {Place} place */
function begin(key, family, place) {
  const controller = new AbortController();
  /** @type {Model['listeners']} */
  const listeners = new Set();
  const { signal } = controller;
  const kind = family.kindOf(place, signal);
  const onProgress = (/** @type {number} */ loaded, /** @type {number | null} */ total) => {
    for (const listener of listeners) listener(loaded, total);
  };
  const loading = kind.then((kind) => loadModel(kind, place, { signal, onProgress }));
  const model = { key, kind, users: 0, controller, listeners, loading };
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
 * @param {(pipeline: any, kind: Kind) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function using(handle, work) {
  const model = handles.get(handle);
  if (!model) throw new HearthError('disposed', 'this pipeline was disposed of');
  model.users += 1;
  try {
    return await work(await model.loading, await model.kind);
  } finally {
    release(model);
  }
}
