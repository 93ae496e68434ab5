// What a page can say about Hearth's files, for those whose bundler or host has them in other places.

import { keepNothing } from '../cache.js';
import { HearthError } from '../errors.js';
import * as files from './files.js';

/** @typedef {import('../../types.d.ts').Settings} Settings */

/** The settings, and what each must be. @type {Record<keyof Settings, { has: (value: any) => boolean, what: string }>} */
const KNOWN = {
  workerUrl: { has: isAddress, what: 'the URL of a script' },
  wasmUrl: { has: isAddress, what: 'the URL of a file' },
  modelsUrl: { has: isAddress, what: 'the URL of a folder' },
  cache: { has: (value) => typeof value === 'boolean', what: 'true or false' },
};

/** @type {Settings} */
let given = {};
let isSettled = false;

/** @type {typeof import('../../types.d.ts').configure} */
export function configure(settings) {
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(KNOWN, name))
      throw invalid(`there is no setting ${name}; there is ${Object.keys(KNOWN).join(', ')}`);
    const { has, what } = KNOWN[/** @type {keyof Settings} */ (name)];
    if (value !== undefined && !has(value)) throw invalid(`${name} is ${value}; it must be ${what}`);
    // A module that a development server loads anew says the same once more.
    if (isSettled && String(value) !== String(given[/** @type {keyof Settings} */ (name)]))
      throw invalid(`${name} comes too late: the engine has started. Call configure before the first model`);
  }
  given = { ...given, ...settings };
  if (given.cache === false) keepNothing(); // nor is anything looked for here
}

/** The address of the worker's script. */
export const workerUrl = () => addressOf(given.workerUrl) ?? files.workerUrl();

/** What the worker must know before anything else. From now on the settings stay as they are. */
export function settle() {
  isSettled = true;
  return { wasmUrl: wasmUrl(), modelsUrl: modelsUrl(), cache: given.cache ?? true };
}

/** The address of the wasm. */
export const wasmUrl = () => addressOf(given.wasmUrl) ?? files.wasmUrl();

/** @type {typeof import('../../types.d.ts').modelUrl} */
export const modelUrl = (name) => new URL(name, modelsUrl()).href;

/**
 * The model that an address stands for: if it begins with `models/`, one of `modelsUrl`, where that was given.
 * @param {string | URL} model
 */
export function located(model) {
  const [, path] = String(model).match(/^models\/(.*)/s) ?? [];
  return path === undefined || given.modelsUrl === undefined ? model : modelUrl(path);
}

function modelsUrl() {
  return addressOf(given.modelsUrl)?.replace(/\/*$/, '/') ?? files.modelsUrl();
}

/** Read when it is needed, because on a server there is no page that it could be relative to. @param {string | URL} [url] */
function addressOf(url) {
  return url === undefined ? undefined : new URL(url, document.baseURI).href;
}

/** @param {unknown} value */
function isAddress(value) {
  return typeof value === 'string' || value instanceof URL;
}

/** @param {string} message */
function invalid(message) {
  return new HearthError('invalid-option', message);
}
