// A model's way into the engine: its small files, then its weights, streamed into a loader.

import { fileAddress, withoutQuery } from '../address.js';
import { HearthError, aborted } from '../errors.js';
import { Absent, Changed } from './download.js';
import { isThere } from './probe.js';
import * as source from './source.js';
import { choose } from './variant.js';

/**
 * @typedef {import('./folder.js').Folder} Folder
 * @typedef {import('./variant.js').Choice} Choice
 * @typedef {import('./variant.js').Files} Files
 * @typedef {import('../../pkg/hearth.js').Loader} Loader
 * @typedef {ReturnType<Loader['finish']>} Pipeline
 *
 * @typedef {object} Part a checkpoint of a model, in one file or in shards
 * @property {string} name what the loader calls it
 * @property {string} weights its file in the folder, without `.safetensors`
 * @property {readonly string[]} [unread] files in which it may be instead, in formats that are not read
 * @property {boolean} [isMain] whether this part speaks for all when it comes to half-precision files
 *
 * @typedef {object} Prepared
 * @property {() => Loader} newLoader makes a loader: a new one each time that the weights are tried
 * @property {readonly Part[]} parts
 * @property {(pipeline: any, reload: Reload) => any} [finish] what stands for the pipeline, if not itself
 *
 * @typedef {(newLoader: () => Loader, name: string, signal: AbortSignal) => Promise<any>} Reload loads one part once more
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
  const { newLoader, parts, finish } = await kind.prepare(folder, target);
  const choices = await choose(parts, target, folder);
  const pipeline = await fill(newLoader, choices, { folder, signal: folder.signal }, onProgress);
  if (!finish) return pipeline;
  return finish(pipeline, (newLoader, name, signal) => {
    const chosen = choices.filter(({ part }) => part.name === name);
    return fill(newLoader, chosen, { folder, signal: AbortSignal.any([folder.signal, signal]) });
  });
}

/**
 * Fills a loader with parts. A file that turns out to be stale is fetched anew.
 * @param {() => Loader} newLoader
 * @param {readonly Choice[]} choices
 * @param {{ folder: Folder, signal: AbortSignal }} where
 * @param {(loaded: number, total: number | null) => void} [onProgress]
 * @returns {Promise<any>}
 */
async function fill(newLoader, choices, { folder, signal }, onProgress = () => {}) {
  /** The files that must come from the server itself. @type {Set<string>} */
  const stale = new Set();
  const attempt = async () => {
    const loader = newLoader();
    const totals = choices.map(({ length }) => length);
    let loaded = 0;
    try {
      for (const [index, choice] of choices.entries()) {
        await loadPart(loader, choice, { folder, signal, stale }, (count, total) => {
          loaded += count;
          totals[index] = total ?? choice.length;
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
 * Loads one part: the first of its files that is there.
 * @param {Loader} loader
 * @param {Choice} choice
 * @param {{ folder: Folder, signal: AbortSignal, stale: ReadonlySet<string> }} where
 * @param {OnBytes} onBytes
 */
async function loadPart(loader, { part, files }, where, onBytes) {
  /** @type {Absent | null} */
  let absent = null;
  for (const candidate of files) {
    try {
      return await loadFiles(loader, part, candidate, where, onBytes);
    } catch (error) {
      if (!(error instanceof Absent) || error.url !== where.folder.address(candidate.file)) throw error;
      absent ??= error;
    }
  }
  throw await absence(/** @type {Absent} */ (absent), part, files[0], where.folder);
}

/**
 * Loads a part from one file, or else from the shards that its index names.
 * @param {Loader} loader
 * @param {Part} part
 * @param {Files} files
 * @param {{ folder: Folder, signal: AbortSignal, stale: ReadonlySet<string> }} where
 * @param {OnBytes} onBytes
 */
async function loadFiles(loader, part, files, { folder, signal, stale }, onBytes) {
  const file = folder.address(files.file);
  let before = 0; // total of the shards that are complete
  let announced = 0; // what the index says all shards have together
  const load = async (/** @type {string} */ url) => {
    /** @type {number | null} */
    let length = null;
    const how = { folder, signal, fresh: stale.has(url) };
    await loadFile(loader, part.name, url, how, (count, total) => {
      length = total;
      onBytes(count, total === null ? announced || null : Math.max(announced, before + total));
    });
    before += length ?? 0;
  };
  try {
    await load(file);
  } catch (error) {
    if (!(error instanceof Absent)) throw error;
    const index = await firstText(folder, files.indexes);
    if (index === undefined) throw error;
    const shards = loader.shards(part.name, index);
    announced = Number(JSON.parse(index).metadata?.total_size) || 0;
    for (const shard of shards) await load(fileAddress(file, shard));
  }
}

/** The text of the first of these files that is there. @param {Folder} folder @param {readonly string[]} files */
async function firstText(folder, files) {
  for (const file of files) {
    const text = await folder.optionalText(file);
    if (text !== undefined) return text;
  }
  return undefined;
}

/**
 * Streams one file of a part into a loader.
 * @param {Loader} loader
 * @param {string} part
 * @param {string} url
 * @param {{ folder: Folder, signal: AbortSignal, fresh: boolean }} how `fresh`: from the server itself
 * @param {OnBytes} onBytes
 */
async function loadFile(loader, part, url, { folder, signal, fresh }, onBytes) {
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
 * @param {Files} files
 * @param {Folder} folder
 */
async function absence(error, { unread = [] }, { variant }, folder) {
  if (variant) {
    const what = `variant is ${variant}, and the folder has no such file: ${error.message}`;
    return new HearthError('invalid-option', what);
  }
  const there = await Promise.all(unread.map((file) => isThere(folder.address(file), folder.signal)));
  const file = unread.find((_, index) => there[index]);
  if (file === undefined) return error;
  const format = FORMATS.find(([end]) => file.endsWith(end))?.[1];
  const what = `${withoutQuery(folder.address(file))} is ${format}; the folder needs a .safetensors file`;
  return new HearthError('unsupported-model', `${what}. ${HINT}`);
}
