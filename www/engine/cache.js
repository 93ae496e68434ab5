// The browser's Cache API as a place for files. A text is one entry. A weight file is an index and the segments that it names
// (worker/kept.js reads them, worker/recorder.js writes them), so that half of a download is worth something too.
// Where there is no cache (an insecure page, a full disk, a private window), everything works without.

const NAME = 'hearth-weights-2';
const FORMER = 'hearth-weights-1';
const HASH = 'hearth-sha256';
export const SEGMENT = 'hearth-segment';

/**
 * The address under which something of a file is kept: with its hash, so that a new version is another file. It has no query of
 * the file's own, because a signature is another one every day.
 * @param {string} url
 * @param {{ sha256?: string, segment?: string }} [what]
 */
export function keyOf(url, { sha256, segment } = {}) {
  const key = new URL(url);
  key.hash = key.search = '';
  if (sha256) key.searchParams.set(HASH, sha256);
  if (segment) key.searchParams.set(SEGMENT, segment);
  return key.href;
}

/** @type {Promise<unknown> | undefined} */
let cleaning;
let keeps = true;

/** From now on nothing is kept, nor found. */
export function keepNothing() {
  keeps = false;
}

/** @returns {Promise<Cache | null>} */
export async function open() {
  if (!keeps) return null;
  try {
    await (cleaning ??= caches.delete(FORMER));
    return await caches.open(NAME);
  } catch {
    return null;
  }
}

/** Keeps a small file. @param {string} url @param {string} text */
export function keepText(url, text) {
  return replace(url, new Response(text));
}

/** Remembers, as an empty 404, that there is no such file, so that this is known without a network too. @param {string} url */
export function keepAbsence(url) {
  return replace(url, new Response(null, { status: 404 }));
}

/** @param {string} url @param {Response} response */
async function replace(url, response) {
  try {
    const cache = await open();
    if (!cache) return;
    await clear(cache, url);
    await cache.put(keyOf(url), response);
  } catch {
    // Then the server is asked again next time.
  }
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
 * Forgets whatever is kept of a file, in every version.
 * @param {Cache} cache
 * @param {string} url
 * @param {readonly string[]} [except] keys
 */
export async function clear(cache, url, except = []) {
  for (const { url: key } of await cache.keys(keyOf(url), { ignoreSearch: true })) {
    if (!except.includes(key)) await cache.delete(key);
  }
}
