// Files of a model, each from the network or the cache, whichever is right.

import { withoutQuery } from '../address.js';
import { HearthError } from '../errors.js';
import { OPENING, impostor } from './answer.js';
import { findText, keepAbsence, keepText } from '../cache.js';
import { Absent, Download } from './download.js';
import { find } from './kept.js';
import { revalidate } from './probe.js';
import { record } from './recorder.js';

/**
 * How the browser's own cache is used for what is kept here: not at all. It would keep the file a second time, and go on by
 * itself where a download stopped, whatever has changed.
 */
const UNSHARED = 'caches' in globalThis ? 'no-store' : 'no-cache';

/**
 * The text of a small file, from the network, or from the cache when there is no network.
 * @param {string} url
 * @param {AbortSignal} signal
 * @param {boolean} [fresh] whether it must come from the server itself
 * @returns {Promise<string>}
 */
export async function text(url, signal, fresh = false) {
  const download = new Download(url, signal, fresh ? 'reload' : 'no-cache');
  try {
    const headers = await download.start();
    const bytes = await joined(download.chunks());
    refuseImpostor(url, headers, bytes, 'unsupported-model');
    const text = new TextDecoder().decode(bytes);
    await keepText(url, text);
    return text;
  } catch (error) {
    if (!download.unreachable) throw error;
    const kept = await findText(url);
    if (kept === undefined) throw error;
    if (kept === null) throw new Absent(url);
    return kept;
  }
}

/**
 * @typedef {object} Source a large file that is about to be read. One of `finish`, `suspend` and `discard` must follow
 * @property {boolean} fromCache whether any of it is a kept copy
 * @property {boolean} uncertain whether nothing tells if that copy is still what the server has
 * @property {number | null} total
 * @property {(length: number) => void} expect says how long the file must be, as soon as its own header has said that
 * @property {() => AsyncGenerator<Uint8Array, void, void>} chunks
 * @property {() => Promise<unknown>} finish keeps the file
 * @property {() => Promise<unknown>} suspend keeps what came of it, to go on from there another time
 * @property {() => Promise<unknown>} discard keeps nothing of it
 */

/**
 * A large file as chunks. Throws `Absent` if it is not there.
 * @param {string} url
 * @param {{ signal: AbortSignal, sha256?: string, fresh?: boolean }} options `fresh`: from the server itself
 * @returns {Promise<Source>}
 */
export async function open(url, { signal, sha256, fresh = false }) {
  const kept = fresh ? null : await find(url, sha256);
  if (kept?.isWhole) {
    // With a hash the kept file is known to be the right one.
    const verdict = sha256 ? 'same' : await revalidate(url, kept, signal);
    if (verdict !== 'changed') return fromCache(kept, verdict === 'unknown', signal);
  }
  return download(url, { signal, sha256, fresh, part: kept?.isWhole ? null : kept });
}

/** @param {import('./kept.js').Kept} kept @param {boolean} uncertain @param {AbortSignal} signal @returns {Source} */
function fromCache(kept, uncertain, signal) {
  return {
    fromCache: true,
    uncertain,
    total: kept.size,
    expect() {},
    chunks: () => kept.chunks(signal),
    finish: async () => {},
    suspend: async () => {},
    discard: () => kept.forget(),
  };
}

/**
 * @param {string} url
 * @param {{ signal: AbortSignal, sha256?: string, fresh: boolean, part: import('./kept.js').Kept | null }} options
 * @returns {Promise<Source>}
 */
async function download(url, { signal, sha256, fresh, part }) {
  const download = new Download(url, signal, fresh ? 'reload' : UNSHARED);
  try {
    if (part && !(await download.startAfter(part, sha256 !== undefined))) part = null;
    const coming = part ? download.chunks() : await opened(url, download);
    const recorder = await record(url, { sha256, version: download.version, part }, signal);
    return {
      fromCache: part !== null,
      uncertain: false,
      total: download.length,
      expect: (length) => download.expect(length),
      async *chunks() {
        if (part) yield* part.chunks(signal);
        for await (const chunk of coming) {
          await recorder.write(chunk);
          yield chunk;
        }
      },
      finish: () => recorder.finish(),
      suspend: () => recorder.suspend(),
      discard: () => recorder.discard(),
    };
  } catch (error) {
    if (error instanceof Absent) await keepAbsence(url);
    else if (download.unreachable && (await findText(url)) === null) throw new Absent(url);
    throw error;
  }
}

/**
 * The chunks of a weight file, once the first of them have shown that it is one.
 * @param {string} url
 * @param {Download} download
 */
async function opened(url, download) {
  const headers = await download.start();
  download.expected = Infinity; // it is not complete before its own header has come
  const chunks = download.chunks();
  /** @type {Uint8Array[]} */
  const first = [];
  for (let length = 0; length < OPENING;) {
    const { done, value } = await chunks.next();
    if (done) break;
    first.push(value);
    length += value.length;
  }
  try {
    refuseImpostor(url, headers, concatenated(first), 'weights-invalid');
  } catch (error) {
    await chunks.return();
    throw error;
  }
  return (async function* () {
    yield* first;
    yield* chunks;
  })();
}

/**
 * @param {string} url
 * @param {Headers} headers
 * @param {Uint8Array} bytes
 * @param {import('../errors.js').Code} code what it is to take the wrong thing for this file
 */
function refuseImpostor(url, headers, bytes, code) {
  const what = impostor(withoutQuery(url), headers, bytes);
  if (what === 'web page') {
    throw new Absent(url, 'the server answered with a web page, as many do when a file is not there', code);
  }
  if (what === 'pointer') {
    const why = 'the server has a pointer of Git LFS in its place, and not the file itself';
    throw new HearthError(code, `${withoutQuery(url)}: ${why}`);
  }
}

/** @param {AsyncIterable<Uint8Array>} chunks */
async function joined(chunks) {
  const all = [];
  for await (const chunk of chunks) all.push(chunk);
  return concatenated(all);
}

/** @param {Uint8Array[]} parts */
function concatenated(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}
