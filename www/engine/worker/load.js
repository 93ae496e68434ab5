// A model's way into the engine: its small files, then its weights, streamed into a loader.

import { fileAddress, withoutQuery } from '../address.js';
import { HearthError, aborted } from '../errors.js';
import { Absent, Changed } from './download.js';
import { isThere, lengthOf } from './probe.js';
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
  /** The files that must come from the server itself. @type {Set<string>} */
  const stale = new Set();
  const attempt = async () => {
    const loader = newLoader();
    const totals = [...lengths];
    let loaded = 0;
    try {
      for (const [index, part] of parts.entries()) {
        await loadPart(loader, part, folder, stale, (count, total) => {
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
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Stale) || stale.has(error.url)) throw error;
      stale.add(error.url);
      folder.manifest.refresh();
    }
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
async function lengthsOf(parts, folder) {
  if (parts.length === 1) return [null];
  return Promise.all(
    parts.map(async ({ weights }) => {
      const file = folder.address(`${weights}.safetensors`);
      return (await folder.manifest.find(file))?.size ?? lengthOf(file, folder.signal);
    }),
  );
}

/**
 * Loads one part: its file, or else the shards that its index names.
 * @param {Loader} loader
 * @param {Part} part
 * @param {Folder} folder
 * @param {ReadonlySet<string>} stale
 * @param {OnBytes} onBytes
 */
async function loadPart(loader, part, folder, stale, onBytes) {
  const file = folder.address(`${part.weights}.safetensors`);
  let before = 0; // total of the shards that are complete
  let announced = 0; // what the index says all shards have together
  const load = async (/** @type {string} */ url) => {
    /** @type {number | null} */
    let length = null;
    await loadFile(loader, part.name, url, { folder, fresh: stale.has(url) }, (count, total) => {
      length = total;
      onBytes(count, total === null ? announced || null : Math.max(announced, before + total));
    });
    before += length ?? 0;
  };
  try {
    await load(file);
  } catch (error) {
    if (!(error instanceof Absent)) throw error;
    const index = await folder.optionalText(`${part.weights}.safetensors.index.json`);
    if (index === undefined) throw await absence(error, part, folder);
    const shards = loader.shards(part.name, index);
    announced = Number(JSON.parse(index).metadata?.total_size) || 0;
    for (const shard of shards) await load(fileAddress(file, shard));
  }
}

/**
 * Streams one file of a part into a loader.
 * @param {Loader} loader
 * @param {string} part
 * @param {string} url
 * @param {{ folder: Folder, fresh: boolean }} how `fresh`: from the server itself
 * @param {OnBytes} onBytes
 */
async function loadFile(loader, part, url, { folder, fresh }, onBytes) {
  const { signal } = folder;
  const sha256 = (await folder.manifest.find(url))?.sha256;
  const file = await source.open(url, { signal, sha256, fresh });
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
    await file.finish();
  } catch (error) {
    const isWrong = HearthError.from(error).code.startsWith('weights-');
    await (isWrong ? file.discard() : file.suspend());
    // A damaged copy in the cache is no reason to fail while there is a network. Nor is a shipped file that does not have its
    // hash: after a deploy, the browser or a host on the way may still have the manifest or the file of the day before.
    const mayBeStale = isWrong ? file.fromCache || sha256 !== undefined : error instanceof Changed;
    if (mayBeStale && !fresh) throw new Stale(url);
    throw error;
  }
  if (file.uncertain) {
    const what = 'came from the cache, and its server does not say whether it has a newer one';
    folder.warnings.add(`${withoutQuery(url)} ${what}`);
  }
}

/** Says that a file must come from the server itself. */
class Stale extends Error {
  /** @param {string} url */
  constructor(url) {
    super(`${url} is stale`);
    this.url = url;
  }
}

const PICKLE = "a pickle of PyTorch's, which can hold code of any kind";
/** What files are that hold weights and cannot be read, by the ends of their names. */
const FORMATS = Object.entries({
  '.bin': PICKLE,
  '.bin.index.json': `the index of ${PICKLE}`,
  '.h5': "a file of TensorFlow's",
  '.msgpack': "a file of Flax's",
});
/** The Hub's conversion bot puts what it makes into a pull request, and many wait there. */
const HINT =
  'On the Hub a pull request often has one; its folder is …/resolve/refs%2Fpr%2FN/ with N its number';

/**
 * The error for a part without weights. It names the single file, because that is what most folders have.
 * @param {Absent} error
 * @param {Part} part
 * @param {Folder} folder
 */
async function absence(error, { unread = [] }, folder) {
  const there = await Promise.all(unread.map((file) => isThere(folder.address(file), folder.signal)));
  const file = unread.find((_, index) => there[index]);
  if (file === undefined) return error;
  const format = FORMATS.find(([end]) => file.endsWith(end))?.[1];
  const what = `${withoutQuery(folder.address(file))} is ${format}; the folder needs a .safetensors file`;
  return new HearthError('unsupported-model', `${what}. ${HINT}`);
}
