// A model's way into the engine: its small files, then its weights, streamed into a loader.

import { HearthError, aborted } from '../errors.js';
import * as source from './source.js';

/**
 * @typedef {import('../../pkg/hearth.js').DeviceHandle} DeviceHandle
 * @typedef {import('../../pkg/hearth.js').GanLoader | import('../../pkg/hearth.js').Gpt2Loader
 *   | import('../../pkg/hearth.js').DiffusionLoader} Loader
 * @typedef {import('../../pkg/hearth.js').GanPipeline | import('../../pkg/hearth.js').Gpt2Pipeline
 *   | import('../../pkg/hearth.js').DiffusionPipeline} Pipeline
 *
 * @typedef {object} Place where a model is, and how it is to be kept
 * @property {string} folder with a slash at its end
 * @property {DeviceHandle} device
 * @property {string} [dtype]
 *
 * @typedef {object} Prepared
 * @property {() => Loader} newLoader makes a loader: a new one each time that the weights are tried
 * @property {string} weights the weight file in the folder, without `.safetensors`
 * @property {string} [pickled] where the weights may be instead, in a format that is not read
 *
 * @typedef {object} Kind what the engine must know of a kind of model
 * @property {string} name for messages
 * @property {string[]} tasks
 * @property {(place: Place, signal: AbortSignal) => Promise<Prepared>} prepare reads the small files
 * @property {(pipeline: any, params: any) => any} start begins a call
 * @property {(run: any) => any} [opening] the call's first event
 * @property {(run: any, step: any) => [event: any, transfer?: Transferable[]]} tell a step as an event
 */

/** The folder of the models that ship with Hearth, whose files have known hashes. */
const SHIPPED = new URL('../../../models/', import.meta.url);

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
  return (await readManifest(signal))[url.slice(SHIPPED.href.length)]?.sha256;
}

/**
 * The weight files of a folder that ships with Hearth; none of any other.
 * @param {string} folder
 * @param {AbortSignal} signal
 */
export async function shippedFiles(folder, signal) {
  if (!folder.startsWith(SHIPPED.href)) return [];
  const prefix = folder.slice(SHIPPED.href.length);
  const files = Object.keys(await readManifest(signal));
  return files.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
}

/** @param {AbortSignal} signal */
async function readManifest(signal) {
  manifest ??= source
    .text(new URL('manifest.json', SHIPPED).href, signal)
    .then((json) => JSON.parse(json).files);
  try {
    return await manifest;
  } catch (error) {
    manifest = undefined;
    throw error instanceof SyntaxError
      ? new HearthError('network', 'models/manifest.json is damaged')
      : error;
  }
}

/**
 * Streams one weight file into a loader.
 * @param {Loader} loader
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
 * Loads a model: its small files, then its weight files, one after the other.
 * @param {Kind} kind
 * @param {Place} place
 * @param {{ signal: AbortSignal, onProgress: (loaded: number, total: number | null) => void }} options
 * @returns {Promise<Pipeline>}
 */
export async function loadModel(kind, place, { signal, onProgress }) {
  const { newLoader, weights, pickled } = await kind.prepare(place, signal);
  const file = `${place.folder}${weights}.safetensors`;
  const attempt = async (/** @type {boolean} */ ignoreCache) => {
    const loader = newLoader();
    let loaded = 0;
    let before = 0; // total of the files that are complete
    let announced = 0; // what the index says all shards have together
    const load = async (/** @type {string} */ url) => {
      /** @type {number | null} */
      let length = null;
      await loadFile(loader, url, {
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
        await load(file);
      } catch (error) {
        if (!(error instanceof source.Absent)) throw error;
        const index = await source.optionalText(`${file}.index.json`, signal);
        if (index === undefined) throw await absence(error, place.folder, pickled, signal);
        const shards = loader.shards(index);
        announced = Number(JSON.parse(index).metadata?.total_size) || 0;
        for (const shard of shards) await load(new URL(shard, file).href);
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
 * The error for a folder that has no weights: the one file is what most have, so that it names that.
 * @param {source.Absent} error
 * @param {string} folder
 * @param {string | undefined} pickled
 * @param {AbortSignal} signal
 */
async function absence(error, folder, pickled, signal) {
  if (!pickled || !(await source.isThere(folder + pickled, signal))) return error;
  const what = `${folder + pickled} is a pickle of PyTorch's, which can hold code of any kind`;
  return new HearthError('unsupported-model', `${what}; the folder needs a .safetensors file`);
}
