// Files of a model: fetched as a stream, resumed when the connection breaks, kept in the cache.

import * as cache from './cache.js';
import { HearthError, aborted } from '../errors.js';

/** How often in a row a broken connection is tried again without a new byte. */
export const TRIES = 3;
const BACK_OFF_MS = 500;
/** A connection that sends nothing for this long counts as broken. */
const STALL_MS = 30_000;
const REVALIDATE_MS = 5_000;

/** The error for a file that the server does not have. */
export class Absent extends HearthError {
  /** @param {string} url @param {string} [why] */
  constructor(url, why = '404 Not Found') {
    super('network', `${url}: ${why}`);
  }
}

/**
 * The text of a small file, from the network, or from the cache when there is no network.
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
export async function text(url, signal) {
  const decoder = new TextDecoder();
  const read = async (/** @type {AsyncIterable<Uint8Array>} */ chunks) => {
    let all = '';
    for await (const chunk of chunks) all += decoder.decode(chunk, { stream: true });
    return all + decoder.decode();
  };
  const download = new Download(url, signal);
  try {
    const recorder = await cache.record(url, undefined, await download.start());
    const all = await read(download.chunks());
    await recorder.write(new TextEncoder().encode(all));
    await recorder.keep();
    return all;
  } catch (error) {
    if (!download.unreachable) throw error;
    const kept = await cache.find(url);
    if (!kept) throw error;
    if (!kept.ok) throw new Absent(url);
    return kept.text();
  }
}

/**
 * Whether a server says that it has a file.
 * @param {string} url
 * @param {AbortSignal} signal
 */
export async function isThere(url, signal) {
  return (await head(url, signal))?.ok ?? false;
}

/**
 * The length of a file as the server reports it; null if it does not.
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<number | null>}
 */
export async function lengthOf(url, signal) {
  const answer = await head(url, signal);
  return answer?.ok ? lengthIn(answer.headers) : null;
}

/** @param {string} url @param {AbortSignal} signal */
async function head(url, signal) {
  const answer = await fetch(url, { method: 'HEAD', signal }).catch(() => undefined);
  if (signal.aborted) throw aborted();
  return answer;
}

/**
 * A large file as chunks, from the cache or the network. Throws `Absent` if it is not there.
 * @param {string} url
 * @param {{ signal: AbortSignal, sha256?: string, ignoreCache?: boolean }} options
 */
export async function open(url, { signal, sha256, ignoreCache = false }) {
  const kept = ignoreCache ? null : await cache.find(url, sha256);
  // With a hash the kept file is known to be the right one; without, ask whether it has changed.
  if (kept?.ok && (sha256 || !(await hasChanged(url, kept, signal)))) {
    return {
      fromCache: true,
      total: Number(kept.headers.get('content-length')) || null,
      expect() {},
      chunks: () => bodyChunks(kept, signal),
      keep: async () => true,
      discard: () => cache.forget(url),
    };
  }
  const download = new Download(url, signal);
  download.expected = Infinity; // until `expect`: a weight file is not complete before its own header has come
  const headers = await download.start().catch(async (error) => {
    if (error instanceof Absent) await cache.recordAbsence(url);
    else if (download.unreachable && (await cache.find(url))?.status === 404) throw new Absent(url);
    throw error;
  });
  const recorder = await cache.record(url, sha256, headers);
  return {
    fromCache: false,
    total: download.length,
    /** Sets how long the file must be, as soon as that is known from its own header. */
    expect: (/** @type {number} */ length) => void (download.expected = length),
    async *chunks() {
      for await (const chunk of download.chunks()) {
        yield chunk;
        await recorder.write(chunk);
      }
    },
    keep: () => recorder.keep(),
    discard: () => recorder.discard(),
  };
}

/** @param {Response} response @param {AbortSignal} signal */
async function* bodyChunks(response, signal) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
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
 * Whether the file behind a kept copy is another one now. Without a network it counts as the same.
 * @param {string} url
 * @param {Response} kept
 * @param {AbortSignal} signal
 */
async function hasChanged(url, kept, signal) {
  try {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(REVALIDATE_MS)]);
    const now = await fetch(url, { method: 'HEAD', cache: 'no-cache', signal: timeout });
    if (now.status === 404 || now.status === 410) return true;
    return now.ok && !sameFile(kept.headers, now.headers);
  } catch {
    if (signal.aborted) throw aborted();
    return false;
  }
}

/** How long a file is. The length of a compressed body says nothing about that. @param {Headers} headers */
function lengthIn(headers) {
  return headers.get('content-encoding') ? null : Number(headers.get('content-length')) || null;
}

/** @param {Headers} before @param {Headers} now */
function sameFile(before, now) {
  // A host that compresses gives the same file another ETag.
  const bare = (/** @type {string | null} */ etag) => etag?.replace(/^W\//, '').replace(/-(gzip|br)"$/, '"');
  return ['etag', 'last-modified'].every((name) => {
    const [a, b] = [bare(before.get(name)), bare(now.get(name))];
    return !a || !b || a === b;
  });
}

/** One file from the network, over as many connections as it takes. */
class Download {
  #url;
  #signal;
  /** @type {Response | null} */
  #response = null;
  #received = 0;
  /** Aborts the connection in use when it stalls. */
  #connection = new AbortController();

  /** Whether the server could not be reached at all. */
  unreachable = false;
  /** The length by the file's own header; null for a file that has none. @type {number | null} */
  expected = null;
  /** The length that the server reports. @type {number | null} */
  length = null;

  /** @param {string} url @param {AbortSignal} signal */
  constructor(url, signal) {
    this.#url = url;
    this.#signal = signal;
  }

  /** Connects. @returns {Promise<Headers>} */
  async start() {
    await this.#retry(() => this.#connect());
    const { headers } = /** @type {Response} */ (this.#response);
    this.length = lengthIn(headers);
    return headers;
  }

  /** The bytes of the file, each once and in order. */
  async *chunks() {
    let skip = 0; // bytes that a server sends again because it cannot resume
    let ended = -1; // where a body ended as if complete
    for (;;) {
      const reader = /** @type {ReadableStream<Uint8Array>} */ (
        /** @type {Response} */ (this.#response).body
      ).getReader();
      try {
        for (;;) {
          const { done, value } = await this.#watched(reader.read());
          if (done) break;
          const fresh = value.subarray(Math.min(skip, value.length));
          skip -= value.length - fresh.length;
          if (fresh.length === 0) continue;
          this.#received += fresh.length;
          this.#failures = 0;
          yield fresh;
        }
        // The body ended as if complete. Whether it is, only the file's own header can say: a connection that
        // gave no length may have been cut off. A server that ends twice at the same byte has no more.
        const { expected } = this;
        if (
          expected === null ||
          this.#received >= expected ||
          this.length !== null ||
          ended === this.#received
        )
          return;
        ended = this.#received;
      } catch (error) {
        if (this.#signal.aborted) throw aborted();
        if (!isConnectionError(error)) throw error;
      } finally {
        reader.cancel().catch(() => {});
      }
      const before = this.#received;
      const resumed = await this.#retry(() => this.#resume());
      if (resumed === 'ended') return;
      skip = resumed === 'restarted' ? before : 0;
    }
  }

  #failures = 0;

  /**
   * Runs `connect` until it works, with longer and longer pauses, up to TRIES times without a new byte.
   * @template T
   * @param {() => Promise<T>} connect
   * @returns {Promise<T>}
   */
  async #retry(connect) {
    for (;;) {
      if (this.#received > 0 || this.#failures > 0) {
        if (this.#failures >= TRIES) {
          throw new HearthError(
            'network',
            `${this.#url} broke off after ${this.#received} bytes, ${TRIES} tries did not help`,
          );
        }
        await pause(BACK_OFF_MS * 2 ** this.#failures * (0.75 + Math.random() / 2), this.#signal);
      }
      this.#failures += 1;
      try {
        return await connect();
      } catch (error) {
        if (this.#signal.aborted) throw aborted();
        if (!isConnectionError(error)) throw error;
        // A browser that knows that it is offline need not be asked again.
        if (this.#failures >= TRIES || !navigator.onLine) {
          this.unreachable = this.#received === 0;
          throw new HearthError(
            'network',
            `${this.#url} cannot be reached (${this.#failures} tries): ${/** @type {Error} */ (error).message}`,
          );
        }
      }
    }
  }

  async #connect(headers = {}) {
    this.#connection = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#connection.signal]);
    const connecting = fetch(this.#url, { headers, signal }).catch(async (error) => {
      if (this.#received > 0 || this.#failures < 2 || !(await this.#isHidden(signal))) throw error;
      throw new Absent(this.#url, 'it is not there, or its server does not let other sites read it (CORS)');
    });
    const response = await this.#watched(connecting);
    // Worth another try: a time-out, too many requests, and the server's own failures.
    if ([408, 429].includes(response.status) || response.status >= 500) {
      throw new ConnectionError(`${response.status} ${response.statusText}`);
    }
    if (!response.ok && response.status !== 416) {
      if (response.status === 404) throw new Absent(this.#url);
      throw new HearthError('network', `${this.#url}: ${response.status} ${response.statusText}`.trim());
    }
    if (response.status !== 416) this.#response ??= response;
    return response;
  }

  /**
   * Whether a server of another origin answers, but not to this page. Many send a 404 without CORS headers, and to this page
   * it looks like a broken connection.
   * @param {AbortSignal} signal
   */
  async #isHidden(signal) {
    if (new URL(this.#url).origin === location.origin) return false;
    return fetch(this.#url, { method: 'HEAD', mode: 'no-cors', signal }).then(
      () => true,
      () => false,
    );
  }

  /** Connects again for the bytes that are missing. @returns {Promise<'resumed' | 'restarted' | 'ended'>} */
  async #resume() {
    const first = /** @type {Response} */ (this.#response);
    /** @type {Record<string, string>} */
    const headers = { range: `bytes=${this.#received}-` };
    const validator = strong(first.headers.get('etag')) ?? first.headers.get('last-modified');
    // On another origin If-Range would cost a preflight, which plain file hosts refuse; compare afterwards.
    if (validator && new URL(this.#url).origin === location.origin) headers['if-range'] = validator;
    const response = await this.#connect(headers);
    if (response.status === 416) return 'ended';
    if (!sameFile(first.headers, response.headers)) {
      throw new HearthError('network', `${this.#url} changed while it was being downloaded; try again`);
    }
    this.#response = response;
    return response.status === 206 ? 'resumed' : 'restarted';
  }

  /**
   * The promise, or a connection error when nothing comes for too long.
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  async #watched(promise) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const stalled = new Promise((_, reject) => {
      timer = setTimeout(() => {
        reject(new ConnectionError('the server stopped sending'));
        this.#connection.abort();
      }, STALL_MS);
    });
    try {
      return await /** @type {Promise<T>} */ (Promise.race([promise, stalled]));
    } finally {
      clearTimeout(timer);
    }
  }
}

class ConnectionError extends Error {}

/** fetch and its streams report a broken connection as a TypeError. @param {unknown} error */
function isConnectionError(error) {
  return error instanceof TypeError || error instanceof ConnectionError;
}

/** @param {string | null} etag */
function strong(etag) {
  return etag?.startsWith('W/') ? null : etag;
}

/** @param {number} ms @param {AbortSignal} signal */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve(undefined);
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}
