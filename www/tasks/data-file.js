// A file of data from the network, or from the browser's cache where there is no network.

import { withoutQuery } from '../engine/address.js';
import { HearthError, aborted } from '../engine/errors.js';

const CACHE = 'hearth-data-1';

/**
 * @typedef {object} DataFile
 * @property {string} name its address, for messages
 * @property {Uint8Array<ArrayBuffer>} bytes
 * @property {() => Promise<void>} keep remembers it for a visit without a network, as soon as it has turned out to be right
 */

/**
 * @param {URL} url
 * @param {AbortSignal | undefined} signal
 * @param {(loaded: number, total: number | null) => void} onProgress
 * @returns {Promise<DataFile>}
 */
export async function fetchData(url, signal, onProgress) {
  const name = withoutQuery(url.href);
  /** @type {Response} */
  let response;
  let isKept = false;
  try {
    // The server is asked whether the browser's own copy is still right. That costs no more than the question.
    response = await fetch(url, { signal, cache: 'no-cache' });
  } catch (error) {
    if (signal?.aborted) throw aborted();
    const kept = await find(url);
    if (!kept) {
      throw new HearthError('network', `${name} cannot be reached: ${/** @type {Error} */ (error).message}`);
    }
    [response, isKept] = [kept, true];
  }
  if (!response.ok || response.status === 204) {
    throw new HearthError('network', `${name}: ${response.status} ${response.statusText}`.trim());
  }
  try {
    const bytes = await bodyOf(response, onProgress);
    return { name, bytes, keep: async () => void (isKept || (await keep(url, bytes))) };
  } catch (error) {
    if (signal?.aborted) throw aborted();
    throw new HearthError('network', `${name} broke off: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {Response} response @param {(loaded: number, total: number | null) => void} onProgress */
async function bodyOf({ headers, body }, onProgress) {
  // The length of a compressed body says nothing of the file.
  const total = headers.get('content-encoding') ? null : Number(headers.get('content-length')) || null;
  /** @type {Uint8Array[]} */
  const chunks = [];
  let loaded = 0;
  onProgress(0, total);
  const reader = body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loaded += value.length;
    onProgress(loaded, total);
  }
  const bytes = new Uint8Array(loaded);
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.length;
  }
  return bytes;
}

/** @param {URL} url */
async function find(url) {
  try {
    return await (await caches.open(CACHE)).match(withoutQuery(url.href));
  } catch {
    return undefined; // an insecure page, or a private window
  }
}

/** @param {URL} url @param {Uint8Array<ArrayBuffer>} bytes */
async function keep(url, bytes) {
  try {
    await (await caches.open(CACHE)).put(withoutQuery(url.href), new Response(bytes));
  } catch {
    // Then the next visit needs a network.
  }
}
