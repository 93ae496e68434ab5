// One file from the network, over as many connections as it takes.

import { withoutQuery } from '../address.js';
import { HearthError, aborted } from '../errors.js';
import {
  NO_CONTENT,
  compare,
  isBusy,
  isIdentical,
  lengthsAgree,
  positionOf,
  statusOf,
  versionOf,
} from './answer.js';

/** @typedef {import('./answer.js').Version} Version */

/** How often in a row a broken connection is tried again without a new byte. */
export const TRIES = 3;
const BACK_OFF_MS = 500;
/** A connection that sends nothing for this long counts as broken. */
const STALL_MS = 30_000;

/** The error for a file that the server does not have. */
export class Absent extends HearthError {
  /** @param {string} url @param {string} [why] @param {import('../errors.js').Code} [code] */
  constructor(url, why = '404 Not Found', code = 'network') {
    super(code, `${withoutQuery(url)}: ${why}`);
    this.url = url;
  }
}

/** The error for a file that is another one now than when its download began. */
export class Changed extends HearthError {
  /** @param {string} url */
  constructor(url) {
    super('network', `${withoutQuery(url)} changed while it was being downloaded; try again`);
  }
}

export class Download {
  #url;
  #signal;
  #mode;
  /** @type {Response | null} */
  #response = null;
  /** How many bytes of the file are there, and of those how many the connection in use sends again. */
  #received = 0;
  #repeated = 0;
  /** Aborts the connection in use when it stalls. */
  #connection = new AbortController();
  #failures = 0;

  /** The version of the file. @type {Version} */
  version = { etag: null, modified: null, lengths: [] };
  /** The length by the file's own header; null for a file that has none. @type {number | null} */
  expected = null;
  /** Whether the server could not be reached at all. */
  unreachable = false;

  /**
   * @param {string} url
   * @param {AbortSignal} signal
   * @param {RequestCache} [mode] how the browser's own cache is used: asked for nothing that the server has not confirmed
   */
  constructor(url, signal, mode = 'no-cache') {
    this.#url = url;
    this.#signal = signal;
    this.#mode = mode;
  }

  /** Where the file ends, as far as anybody knows. */
  get length() {
    return this.expected !== null && Number.isFinite(this.expected)
      ? this.expected
      : (this.version.lengths[0] ?? null);
  }

  /** Sets how long the file must be, as soon as its own header has said that. @param {number} length */
  expect(length) {
    this.expected = length;
    if (!this.version.lengths.includes(length)) this.version.lengths.push(length);
  }

  /** Connects. @returns {Promise<Headers>} those of the answer */
  async start() {
    const response = (this.#response ??= await this.#retry(() => this.#connect()));
    this.version = versionOf(response);
    return response.headers;
  }

  /**
   * Connects for what comes after a part that is there already, if the file is still the same. It may be followed by `start`
   * if not.
   * @param {import('./kept.js').Kept} part
   * @param {boolean} hashed whether a hash tells in the end if both parts are of one file
   * @returns {Promise<boolean>} whether it is
   */
  async startAfter({ size, index: { version } }, hashed) {
    const response = await this.#retry(() => this.#connectFrom(size, version)).catch((error) => {
      if (this.#signal.aborted) throw error;
      return null; // some browsers first ask if they may ask for a range, and plain file hosts refuse that
    });
    this.#failures = 0;
    this.unreachable = false;
    if (!response) return false;
    const now = versionOf(response);
    const position = positionOf(response, size, version.lengths);
    if (now.lengths.length === 0 && position === size) now.lengths = version.lengths;
    const isSame = hashed ? lengthsAgree(version, now) : isIdentical(version, now);
    if (response.status === 206 && position === size && isSame) {
      this.#response = response;
      this.version = version;
      this.#received = size;
      return true;
    }
    if (response.status === 200) this.#response = response;
    else cancel(response);
    return false;
  }

  /** The bytes of the file that are to come, each once and in order. */
  async *chunks() {
    let ended = -1; // where a body ended as if complete
    for (;;) {
      const reader = /** @type {ReadableStream<Uint8Array>} */ (
        /** @type {Response} */ (this.#response).body
      ).getReader();
      try {
        for (;;) {
          const { done, value } = await this.#watched(reader.read());
          if (done) break;
          const fresh = value.subarray(Math.min(this.#repeated, value.length));
          this.#repeated -= value.length - fresh.length;
          if (fresh.length === 0) continue;
          this.#received += fresh.length;
          this.#failures = 0;
          yield fresh;
        }
        // The body ended as if complete, but a connection that gave no length may have been cut off, and a 206 need not go
        // to the end. A server that ends twice at the same byte has no more.
        const end = this.version.lengths[0] ?? this.expected;
        if (end === null || this.#received >= end || ended === this.#received) return;
        ended = this.#received;
      } catch (error) {
        if (this.#signal.aborted) throw aborted();
        if (!isConnectionError(error)) throw error;
      } finally {
        reader.cancel().catch(() => {});
      }
      if (!(await this.#retry(() => this.#resume()))) return;
    }
  }

  /** Connects again for the bytes that are missing. @returns {Promise<boolean>} false if there are no more */
  async #resume() {
    let response = await this.#connectFrom(this.#received, this.version);
    if (response.status === 416) return false;
    let position = positionOf(response, this.#received, this.version.lengths);
    if (position === null || position > this.#received) {
      cancel(response);
      response = await this.#connect();
      position = positionOf(response, 0, this.version.lengths);
    }
    if (position === null || compare(this.version, versionOf(response)) === 'changed') {
      cancel(response);
      throw new Changed(this.#url);
    }
    this.#response = response;
    this.#repeated = this.#received - position;
    return true;
  }

  /**
   * Runs `connect` until it works, with longer and longer pauses, up to TRIES times without a new byte.
   * @template T
   * @param {() => Promise<T>} connect
   * @returns {Promise<T>}
   */
  async #retry(connect) {
    for (;;) {
      if (this.#response || this.#failures > 0) {
        if (this.#failures >= TRIES) {
          throw new HearthError(
            'network',
            `${withoutQuery(this.#url)} broke off after ${this.#received} bytes, ${TRIES} tries did not help`,
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
          const why = /** @type {Error} */ (error).message;
          throw new HearthError(
            'network',
            `${withoutQuery(this.#url)} cannot be reached (${this.#failures} tries): ${why}`,
          );
        }
      }
    }
  }

  /** Asks for the bytes from `start` on, if the file is still this version. @param {number} start @param {Version} version */
  #connectFrom(start, { etag, modified }) {
    /** @type {Record<string, string>} */
    const headers = { range: `bytes=${start}-` };
    const validator = etag?.startsWith('W/') ? modified : (etag ?? modified);
    // On another origin If-Range would cost a preflight, which plain file hosts refuse. The versions are compared anyway.
    if (validator && isOwn(this.#url)) headers['if-range'] = validator;
    return this.#connect(headers, 'no-store');
  }

  /** @param {Record<string, string>} [headers] @param {RequestCache} [mode] */
  async #connect(headers = {}, mode = this.#mode) {
    this.#connection = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#connection.signal]);
    const connecting = fetch(this.#url, { headers, signal, cache: mode }).catch(async (error) => {
      if (this.#received > 0 || this.#failures < 2 || !(await this.#isHidden(signal))) throw error;
      throw new Absent(this.#url, 'it is not there, or its server does not let other sites read it (CORS)');
    });
    const response = await this.#watched(connecting);
    if (isBusy(response.status)) throw new ConnectionError(statusOf(response));
    const isRefused = !response.ok && response.status !== 416;
    if (isRefused || response.status === NO_CONTENT) throw new Absent(this.#url, statusOf(response));
    return response;
  }

  /**
   * Whether a server of another origin answers, but not to this page. Many send a 404 without CORS headers, and to this page
   * it looks like a broken connection.
   * @param {AbortSignal} signal
   */
  async #isHidden(signal) {
    if (isOwn(this.#url)) return false;
    return fetch(this.#url, { method: 'HEAD', mode: 'no-cors', cache: 'no-store', signal }).then(
      () => true,
      () => false,
    );
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

/** Whether an address is of the page's own origin. @param {string} url */
function isOwn(url) {
  return new URL(url).origin === globalThis.origin; // in a sandbox, `location.origin` is not the page's
}

/** @param {Response} response whose body nobody wants */
function cancel(response) {
  response.body?.cancel().catch(() => {});
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
