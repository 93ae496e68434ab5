// Files kept in the browser's Cache API. A text is one entry. A weight file is an index and the segments that it names, so that
// half of a download is worth something too: a segment is kept as soon as it is full.
// Where there is no cache (an insecure page, a full disk, a private window), everything works without.

import { withoutQuery } from '../address.js';
import { HearthError, aborted } from '../errors.js';

/** @typedef {import('./answer.js').Version} Version */

const NAME = 'hearth-weights-2';
const FORMER = 'hearth-weights-1';
const HASH = 'hearth-sha256';
const SEGMENT = 'hearth-segment';

/** A segment has so many bytes, or fewer when nothing more came for a second: that is what closing the page may cost. */
const SEGMENT_BYTES = 2 ** 23;
const SEGMENT_MS = 1000;
/** But at least this part of the file so far, so that a slow connection does not make thousands of segments. */
const SEGMENT_PART = 1 / 32;

/**
 * The address under which something of a file is kept: with its hash, so that a new version is another file. It has no query of
 * the file's own, because a signature is another one every day.
 * @param {string} url
 * @param {{ sha256?: string, segment?: string }} [what]
 */
function keyOf(url, { sha256, segment } = {}) {
  const key = new URL(url);
  key.hash = key.search = '';
  if (sha256) key.searchParams.set(HASH, sha256);
  if (segment) key.searchParams.set(SEGMENT, segment);
  return key.href;
}

/** @type {Promise<unknown> | undefined} */
let cleaning;

/** @returns {Promise<Cache | null>} */
async function open() {
  try {
    await (cleaning ??= caches.delete(FORMER));
    return await caches.open(NAME);
  } catch {
    return null;
  }
}

/** @param {string} key @param {Response} response */
async function put(key, response) {
  try {
    await (await open())?.put(key, response);
  } catch {
    // Then it is asked for again next time.
  }
}

/** Keeps a small file. @param {string} url @param {string} text */
export function keepText(url, text) {
  return put(keyOf(url), new Response(text));
}

/** Remembers, as an empty 404, that there is no such file, so that this is known without a network too. @param {string} url */
export function keepAbsence(url) {
  return put(keyOf(url), new Response(null, { status: 404 }));
}

/**
 * A small file; null if it is known not to be there.
 * @param {string} url
 * @returns {Promise<string | null | undefined>}
 */
export async function findText(url) {
  try {
    const kept = await (await open())?.match(keyOf(url));
    return kept?.status === 404 ? null : await kept?.text();
  } catch {
    return undefined;
  }
}

/**
 * A kept file, or a part of one.
 * @param {string} url
 * @param {string} [sha256]
 * @returns {Promise<Kept | null>}
 */
export async function find(url, sha256) {
  try {
    await leaving(url);
    const cache = await open();
    const response = await cache?.match(keyOf(url, { sha256 }));
    if (!cache || !response?.ok) return null;
    const kept = new Kept(cache, url, sha256, await response.json());
    const there = (await cache.keys(keyOf(url), { ignoreSearch: true })).map(({ url }) => url);
    return kept.keys.every((key) => there.includes(key)) ? kept : null;
  } catch {
    return null;
  }
}

/**
 * @typedef {object} Index
 * @property {Version} version
 * @property {string} query that of the address it came from
 * @property {{ name: string, size: number }[]} segments
 * @property {boolean} complete whether they are the whole file, and a model was made of it
 */

/** A file in the cache, or the part of it that came before its download stopped. */
export class Kept {
  #cache;
  #url;
  #sha256;

  /** @param {Cache} cache @param {string} url @param {string | undefined} sha256 @param {Index} index */
  constructor(cache, url, sha256, index) {
    this.#cache = cache;
    this.#url = url;
    this.#sha256 = sha256;
    this.index = index;
    this.size = index.segments.reduce((sum, { size }) => sum + size, 0);
  }

  get keys() {
    const { segments } = this.index;
    return segments.map(({ name }) => keyOf(this.#url, { sha256: this.#sha256, segment: name }));
  }

  /** @param {AbortSignal} signal @returns {AsyncGenerator<Uint8Array, void, void>} */
  async *chunks(signal) {
    const { keys } = this;
    for (const [index, { size }] of this.index.segments.entries()) {
      const segment = await this.#cache.match(keys[index]);
      let left = size;
      for await (const chunk of segment ? bodyOf(segment, signal) : []) {
        left -= chunk.length;
        yield chunk;
      }
      if (left === 0) continue;
      // Another tab has replaced the file, or the browser needed room.
      throw new HearthError(
        'weights-truncated',
        `${withoutQuery(this.#url)} is no longer whole in the cache`,
      );
    }
  }

  async forget() {
    await clear(this.#cache, this.#url);
  }
}

/** @param {Response} response @param {AbortSignal} signal */
async function* bodyOf({ body }, signal) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (body).getReader();
  const cancel = () => reader.cancel().catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) throw aborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

/**
 * Forgets whatever is kept of a file, in every version.
 * @param {Cache} cache
 * @param {string} url
 * @param {readonly string[]} [except] keys
 */
async function clear(cache, url, except = []) {
  for (const { url: key } of await cache.keys(keyOf(url), { ignoreSearch: true })) {
    if (!except.includes(key)) await cache.delete(key);
  }
}

/** The files that are being recorded in this worker: when that ends, and what makes it end. @type {Map<string, { signal: AbortSignal, ended: Promise<unknown> }>} */
const recorded = new Map();

/** Waits for a recording of this file that has been stopped and has not ended yet. @param {string} url */
async function leaving(url) {
  const recording = recorded.get(keyOf(url));
  if (recording?.signal.aborted) await recording.ended;
}

/**
 * Records a file while it is being read. One of `finish`, `suspend` and `discard` must follow.
 * A failure (above all a full quota) is silent: the file is read all the same, but not kept.
 * @param {string} url
 * @param {object} file
 * @param {string} [file.sha256]
 * @param {Version} file.version
 * @param {Kept | null} file.part what is kept of it already
 * @param {AbortSignal} signal stops the reading
 */
export async function record(url, file, signal) {
  const cache = await open();
  const release = cache && (await lock(`hearth ${keyOf(url)}`));
  if (!cache || !release) return new Recorder(null, url, file, () => {});
  let end = () => {};
  const ended = new Promise((resolve) => (end = () => resolve(undefined)));
  recorded.set(keyOf(url), { signal, ended });
  const recorder = new Recorder(cache, url, file, () => {
    recorded.delete(keyOf(url));
    release();
    end();
  });
  await recorder.begin(file.part);
  return recorder;
}

/**
 * The right to write something, which one at a time has in all tabs. Null if somebody else has it.
 * @param {string} name
 * @returns {Promise<(() => void) | null>}
 */
function lock(name) {
  return new Promise((resolve) => {
    const hold = (/** @type {Lock | null} */ lock) =>
      lock ? new Promise((release) => resolve(() => release(undefined))) : resolve(null);
    navigator.locks.request(name, { ifAvailable: true }, hold).catch(() => resolve(null));
  });
}

/** Writes a file's segments, and after each of them its index. */
class Recorder {
  #cache;
  #url;
  #sha256;
  #version;
  #onEnd;
  /** @type {Index['segments']} */
  #segments;
  #size;
  /** Another recorder's segments must have other names. */
  #id = Math.random().toString(36).slice(2);
  /** What the next segment has so far. @type {Uint8Array<ArrayBuffer>[]} */
  #chunks = [];
  #bytes = 0;
  /** What is being written, one after the other. */
  #writing = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Cache | null} cache null to record nothing
   * @param {string} url
   * @param {{ sha256?: string, version: Version, part: Kept | null }} file
   * @param {() => void} onEnd
   */
  constructor(cache, url, { sha256, version, part }, onEnd) {
    this.#cache = cache;
    this.#url = url;
    this.#sha256 = sha256;
    this.#version = version;
    this.#segments = [...(part?.index.segments ?? [])];
    this.#size = part?.size ?? 0;
    this.#onEnd = onEnd;
  }

  /** Forgets whatever is kept of the file but the part that the recording goes on from. @param {Kept | null} part */
  async begin(part) {
    const kept = part ? [keyOf(this.#url, { sha256: this.#sha256 }), ...part.keys] : [];
    await this.#write((cache) => clear(cache, this.#url, kept));
  }

  /** @param {Uint8Array} chunk */
  async write(chunk) {
    if (!this.#cache) return;
    this.#chunks.push(/** @type {Uint8Array<ArrayBuffer>} */ (chunk));
    this.#bytes += chunk.length;
    if (this.#bytes >= SEGMENT_BYTES) await this.#close();
    else this.#timer ??= setTimeout(() => this.#tick(), SEGMENT_MS);
  }

  #tick() {
    this.#timer = undefined;
    if (this.#bytes >= this.#size * SEGMENT_PART) this.#close();
    else this.#timer = setTimeout(() => this.#tick(), SEGMENT_MS);
  }

  /** Keeps the file as complete. */
  async finish() {
    await this.#close(true);
    this.#end();
  }

  /** Keeps what has come, to go on with it another time. */
  async suspend() {
    await this.#close();
    this.#end();
  }

  /** Keeps nothing. */
  async discard() {
    await this.#write((cache) => clear(cache, this.#url));
    this.#end();
  }

  #end() {
    clearTimeout(this.#timer);
    this.#cache = null;
    this.#onEnd();
  }

  /** Makes a segment of what has come. */
  async #close(complete = false) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [chunks, size] = [this.#chunks, this.#bytes];
    [this.#chunks, this.#bytes] = [[], 0];
    await this.#write(async (cache) => {
      if (size > 0) {
        const name = `${this.#id}-${this.#segments.length}`;
        const key = keyOf(this.#url, { sha256: this.#sha256, segment: name });
        await cache.put(key, new Response(new Blob(chunks)));
        this.#segments.push({ name, size });
        this.#size += size;
      }
      const { search: query } = new URL(this.#url);
      /** @type {Index} */
      const index = { version: this.#version, query, segments: this.#segments, complete };
      await cache.put(keyOf(this.#url, { sha256: this.#sha256 }), Response.json(index));
    });
  }

  /** Writes after what is being written. What does not fit is not kept at all: the page needs room too. @param {(cache: Cache) => Promise<void>} work */
  #write(work) {
    this.#writing = this.#writing.then(async () => {
      const cache = this.#cache;
      try {
        if (cache) await work(cache);
      } catch {
        this.#cache = null;
        await clear(/** @type {Cache} */ (cache), this.#url).catch(() => {});
      }
    });
    return this.#writing;
  }
}
