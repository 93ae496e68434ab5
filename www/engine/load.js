// A model's way into the engine: its small files, then its weights, streamed into a loader.

import { HearthError, aborted } from './errors.js';
import * as source from './source.js';

/**
 * @typedef {import('../pkg/hearth.js').DeviceHandle} DeviceHandle
 * @typedef {import('../pkg/hearth.js').GanLoader | import('../pkg/hearth.js').Gpt2Loader} Loader
 * @typedef {import('../pkg/hearth.js').GanPipeline | import('../pkg/hearth.js').Gpt2Pipeline} Pipeline
 *
 * @typedef {object} Place where a model is, and how it is to be kept
 * @property {string} folder with a slash at its end
 * @property {DeviceHandle} device
 * @property {string} [dtype]
 *
 * @typedef {object} Family what the engine must know of a kind of model
 * @property {(place: Place, signal: AbortSignal) => Promise<() => Loader>} prepare reads the small files, and gives what
 *   makes a loader: a new one each time that the weights are tried
 * @property {(pipeline: any, params: any) => any} start begins a call
 * @property {(run: any) => any} [opening] the call's first event
 * @property {(run: any, step: any) => [event: any, transfer?: Transferable[]]} tell a step as an event
 */

/** The folder of the models that ship with Hearth, whose files have known hashes. */
const SHIPPED = new URL('../../models/', import.meta.url);

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
  manifest ??= source
    .text(new URL('manifest.json', SHIPPED).href, signal)
    .then((json) => JSON.parse(json).files);
  try {
    return (await manifest)[url.slice(SHIPPED.href.length)]?.sha256;
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
 * @param {Family} family
 * @param {Place} place
 * @param {{ signal: AbortSignal, onProgress: (loaded: number, total: number | null) => void }} options
 * @returns {Promise<Pipeline>}
 */
export async function loadModel(family, place, { signal, onProgress }) {
  const { folder } = place;
  const newLoader = await family.prepare(place, signal);
  const attempt = async (/** @type {boolean} */ ignoreCache) => {
    const loader = newLoader();
    let loaded = 0;
    let before = 0; // total of the files that are complete
    let announced = 0; // what the index says all shards have together
    const load = async (/** @type {string} */ name) => {
      /** @type {number | null} */
      let length = null;
      await loadFile(loader, folder + name, {
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
        await load('model.safetensors');
      } catch (error) {
        if (!(error instanceof source.Absent)) throw error;
        const index = await source.text(`${folder}model.safetensors.index.json`, signal).catch(() => {
          throw error; // the one file is what most folders have, so name that
        });
        const shards = loader.shards(index);
        announced = Number(JSON.parse(index).metadata?.total_size) || 0;
        for (const shard of shards) await load(shard);
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
