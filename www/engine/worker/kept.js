// Weight files in the cache: whole ones, and those of which a part has come.

import { withoutQuery } from '../address.js';
import { HearthError, aborted } from '../errors.js';
import { clear, keyOf, open } from '../cache.js';
import { leaving } from './recorder.js';

/**
 * @typedef {object} Index
 * @property {import('./answer.js').Version} version
 * @property {string} query that of the address it came from
 * @property {{ name: string, size: number }[]} segments
 * @property {boolean} complete whether they are the whole file, and the loader took it
 */

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

  /** Whether nothing is missing. The last bytes may have come just before the page was closed. */
  get isWhole() {
    return this.index.complete || this.index.version.lengths.includes(this.size);
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
