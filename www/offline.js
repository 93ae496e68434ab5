// What is kept for visits without a network: lists it, removes it, and asks the browser to keep it.

import { folderAddress } from './engine/address.js';
import { SEGMENT, open } from './engine/cache.js';

/** The file that makes one model of all that is below its folder. */
const INDEX = '/model_index.json';
/** The ends of weight files, and of lists of those that are one checkpoint together. */
const [WEIGHTS, LIST] = ['.safetensors', '.safetensors.index.json'];

/**
 * @typedef {object} Entry something in the cache
 * @property {Request} request
 * @property {string} file the address of the file that it belongs to
 * @property {number} size
 * @property {boolean} isThere
 * @property {boolean} [complete] of a weight file
 * @property {readonly string[]} [shards] of a list: the weight files that it names
 */

/** The folder of a file. @param {string} file */
const folderOf = (file) => file.slice(0, file.lastIndexOf('/') + 1);

/** @param {Cache} cache @param {Request} request @returns {Promise<Entry>} */
async function read(cache, request) {
  const url = new URL(request.url);
  const isSegment = url.searchParams.has(SEGMENT);
  url.search = '';
  const entry = { request, file: url.href, size: 0, isThere: true };
  if (isSegment) return entry; // the file's index knows its size
  const response = await cache.match(request);
  if (!response?.ok) return { ...entry, isThere: false }; // that there is no such file is remembered too
  if (!url.pathname.endsWith(WEIGHTS)) {
    const text = await response.text();
    const { size } = new Blob([text]);
    return { ...entry, size, shards: url.pathname.endsWith(LIST) ? shardsOf(text, url) : [] };
  }
  /** @type {import('./engine/worker/kept.js').Index} */
  const { segments, complete } = await response.json();
  return { ...entry, size: segments.reduce((sum, { size }) => sum + size, 0), complete };
}

/** The weight files that a list names. @param {string} list @param {URL} url its address */
function shardsOf(list, url) {
  const { weight_map = {} } = JSON.parse(list);
  return Object.values(weight_map).map((shard) => new URL(String(shard), url).href);
}

/** Whether no weight file lacks a part, or is lacking. @param {readonly Entry[]} entries */
function areComplete(entries) {
  const files = new Set(entries.map(({ file }) => file));
  return entries.every(
    ({ complete = true, shards = [] }) => complete && shards.every((file) => files.has(file)),
  );
}

/** What is kept, by the folders of models. @param {Cache} cache */
async function foldersIn(cache) {
  const entries = await Promise.all((await cache.keys()).map((request) => read(cache, request)));
  const pipelines = entries
    .filter(({ file, isThere }) => isThere && file.endsWith(INDEX))
    .map(({ file }) => folderOf(file));
  return Map.groupBy(
    entries,
    ({ file }) => pipelines.find((folder) => file.startsWith(folder)) ?? folderOf(file),
  );
}

/** @type {typeof import('./offline.d.ts').models} */
export async function models() {
  const cache = await open();
  const folders = cache ? [...(await foldersIn(cache))] : [];
  return folders
    .filter(([, entries]) => entries.some(({ complete }) => complete !== undefined))
    .map(([url, entries]) => ({
      url,
      size: entries.reduce((sum, { size }) => sum + size, 0),
      complete: areComplete(entries),
    }))
    .sort((one, other) => other.size - one.size);
}

/** @type {typeof import('./offline.d.ts').remove} */
export async function remove(url) {
  const cache = await open();
  const entries = cache && (await foldersIn(cache)).get(folderAddress(url, document.baseURI));
  if (!entries) return false;
  await Promise.all(entries.map(({ request }) => cache.delete(request)));
  return true;
}

/** @type {typeof import('./offline.d.ts').persist} */
export async function persist() {
  return (await navigator.storage?.persist?.()) ?? false;
}

/** @type {typeof import('./offline.d.ts').usage} */
export async function usage() {
  const { usage: used = 0, quota: available = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return { used, available };
}
