// Keeps a weight file while it is being read.

import { clear, keyOf, open } from '../cache.js';

/**
 * @typedef {import('./answer.js').Version} Version
 * @typedef {import('./kept.js').Index} Index
 * @typedef {import('./kept.js').Kept} Kept
 */

/** A segment has so many bytes, or what came in a second. That is what closing the page may cost. */
const SEGMENT_BYTES = 2 ** 23;
const SEGMENT_MS = 1000;
/** What came in a second is at least this part of the file so far, or a slow connection would make thousands of segments. */
const SEGMENT_PART = 1 / 32;

/** The files that are being recorded in this worker, each with what stops its reading. @type {Map<string, AbortSignal>} */
const recorded = new Map();

/** What one at a time has, in all tabs: the right to write a file. @param {string} url */
const lockOf = (url) => `hearth ${keyOf(url)}`;

/** Waits for a recording of this file that has been stopped and has not ended yet. @param {string} url */
export async function leaving(url) {
  if (recorded.get(lockOf(url))?.aborted) await navigator.locks.request(lockOf(url), () => {});
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
  const release = cache && (await lock(lockOf(url)));
  if (!cache || !release) return new Recorder(null, url, file, () => {});
  recorded.set(lockOf(url), signal);
  const recorder = new Recorder(cache, url, file, () => {
    recorded.delete(lockOf(url));
    release();
  });
  await recorder.begin(file.part);
  return recorder;
}

/**
 * Takes a lock, and gives what releases it; null if somebody else has it.
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
    if (this.#bytes >= SEGMENT_BYTES) {
      const before = this.#writing; // one segment is written while the next one comes
      this.#close();
      await before;
    } else this.#timer ??= setTimeout(() => this.#tick(), SEGMENT_MS);
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
