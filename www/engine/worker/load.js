// A model's way into the engine: its small files, then its weights, streamed into a loader.

import { HearthError, aborted } from '../errors.js';
import { shippedFile } from './shipped.js';
import * as source from './source.js';

/**
 * @typedef {import('./folder.js').Folder} Folder
 * @typedef {import('../../pkg/hearth.js').Loader} Loader
 * @typedef {ReturnType<Loader['finish']>} Pipeline
 *
 * @typedef {object} Part a checkpoint of a model, in one file or in shards
 * @property {string} name what the loader calls it
 * @property {string} weights its file in the folder, without `.safetensors`
 * @property {readonly string[]} [unread] files in which it may be instead, in formats that are not read
 *
 * @typedef {object} Prepared
 * @property {() => Loader} newLoader makes a loader: a new one each time that the weights are tried
 * @property {readonly Part[]} parts
 *
 * @typedef {(count: number, total: number | null) => void} OnBytes bytes that came, and of how many in all
 */

/**
 * Loads a model: its small files, then its parts, one after the other.
 * @param {import('./kinds.js').Kind} kind
 * @param {Folder} folder
 * @param {import('./kinds.js').Target} target
 * @param {(loaded: number, total: number | null) => void} onProgress
 * @returns {Promise<Pipeline>}
 */
export async function loadModel(kind, folder, target, onProgress) {
  const { newLoader, parts } = await kind.prepare(folder, target);
  const lengths = await lengthsOf(parts, folder);
  const attempt = async (/** @type {boolean} */ ignoreCache) => {
    const loader = newLoader();
    const totals = [...lengths];
    let loaded = 0;
    try {
      for (const [index, part] of parts.entries()) {
        await loadPart(loader, part, folder, ignoreCache, (count, total) => {
          loaded += count;
          totals[index] = total ?? lengths[index];
          onProgress(loaded, sum(totals));
        });
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

/** @param {readonly (number | null)[]} numbers @returns {number | null} unknown as long as one of them is */
function sum(numbers) {
  return numbers.reduce((sum, number) => (sum === null || number === null ? null : sum + number), 0);
}

/**
 * The lengths of a model's parts, as far as they can be known before the parts are read: a progress bar over all of them
 * needs the sum. A single part reports its length as soon as it begins.
 * @param {readonly Part[]} parts
 * @param {Folder} folder
 * @returns {Promise<(number | null)[]>}
 */
async function lengthsOf(parts, { url, signal }) {
  if (parts.length === 1) return [null];
  return Promise.all(
    parts.map(async ({ weights }) => {
      const file = `${url}${weights}.safetensors`;
      return (await shippedFile(file, signal))?.size ?? source.lengthOf(file, signal);
    }),
  );
}

/**
 * Loads one part: its file, or else the shards that its index names.
 * @param {Loader} loader
 * @param {Part} part
 * @param {Folder} folder
 * @param {boolean} ignoreCache
 * @param {OnBytes} onBytes
 */
async function loadPart(loader, part, folder, ignoreCache, onBytes) {
  const file = `${folder.url}${part.weights}.safetensors`;
  let before = 0; // total of the shards that are complete
  let announced = 0; // what the index says all shards have together
  const load = async (/** @type {string} */ url) => {
    /** @type {number | null} */
    let length = null;
    await loadFile(loader, part.name, url, { signal: folder.signal, ignoreCache }, (count, total) => {
      length = total;
      onBytes(count, total === null ? announced || null : Math.max(announced, before + total));
    });
    before += length ?? 0;
  };
  try {
    await load(file);
  } catch (error) {
    if (!(error instanceof source.Absent)) throw error;
    const index = await folder.optionalText(`${part.weights}.safetensors.index.json`);
    if (index === undefined) throw await absence(error, part, folder);
    const shards = loader.shards(part.name, index);
    announced = Number(JSON.parse(index).metadata?.total_size) || 0;
    for (const shard of shards) await load(new URL(shard, file).href);
  }
}

/**
 * Streams one file of a part into a loader.
 * @param {Loader} loader
 * @param {string} part
 * @param {string} url
 * @param {{ signal: AbortSignal, ignoreCache: boolean }} options
 * @param {OnBytes} onBytes
 */
async function loadFile(loader, part, url, { signal, ignoreCache }, onBytes) {
  const sha256 = (await shippedFile(url, signal))?.sha256;
  const file = await source.open(url, { signal, sha256, ignoreCache });
  try {
    loader.begin_file(part, sha256);
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
    // A damaged copy in the cache is no reason to fail while there is a network.
    if (file.fromCache && code.startsWith('weights-')) throw new StaleCache();
    throw error;
  }
}

class StaleCache extends Error {}

/** What files are that hold weights and cannot be read, by the ends of their names. */
const FORMATS = Object.entries({
  '.bin': "a pickle of PyTorch's, which can hold code of any kind",
  '.bin.index.json': "an index of pickles of PyTorch's, which can hold code of any kind",
  '.ckpt': "a pickle of PyTorch's, which can hold code of any kind",
  '.h5': "TensorFlow's",
  '.msgpack': "Flax's",
});

/**
 * The error for a part without weights. It names the single file, because that is what most folders have.
 * @param {source.Absent} error
 * @param {Part} part
 * @param {Folder} folder
 */
async function absence(error, { unread = [] }, { url, signal }) {
  const there = await Promise.all(unread.map((file) => source.isThere(url + file, signal)));
  const file = unread.find((_, index) => there[index]);
  if (file === undefined) return error;
  const format = FORMATS.find(([end]) => file.endsWith(end))?.[1];
  const what = `${url}${file} is ${format}; the folder needs a .safetensors file`;
  const hint = 'Many folders of the Hub have one in a pull request: …/resolve/refs%2Fpr%2F1/, or another number';
  return new HearthError('unsupported-model', `${what}. ${hint}`);
}
