// Weight files kept in the browser's Cache API. A file is kept whole and intact, or not at all.
// Where there is no cache (an insecure page, a full disk, a private window), everything works without.

const NAME = 'hearth-weights-1';
const VERSION = 'hearth-sha256';

/**
 * The address under which a file is kept: with its hash, so that a new version is another file.
 * @param {string} url
 * @param {string} [sha256]
 */
function keyOf(url, sha256) {
  const key = new URL(url);
  key.hash = '';
  if (sha256) key.searchParams.set(VERSION, sha256);
  return key.href;
}

/** @returns {Promise<Cache | null>} */
async function open() {
  try {
    return await caches.open(NAME);
  } catch {
    return null;
  }
}

/**
 * The kept file, a 404 if it is known not to be there, or null.
 * @param {string} url
 * @param {string} [sha256]
 * @returns {Promise<Response | null>}
 */
export async function find(url, sha256) {
  try {
    return (await (await open())?.match(keyOf(url, sha256))) ?? null;
  } catch {
    return null;
  }
}

/**
 * Remembers, as an empty 404, that there is no such file, so that this is known without a network too.
 * @param {string} url
 */
export async function recordAbsence(url) {
  try {
    await (await open())?.put(keyOf(url), new Response(null, { status: 404 }));
  } catch {
    // Then the server is asked again next time.
  }
}

/**
 * Forgets a file, in every version.
 * @param {string} url
 * @param {string} [except] the address of the version to keep
 */
export async function forget(url, except) {
  try {
    const cache = await open();
    const plain = keyOf(url);
    for (const { url: kept } of (await cache?.keys(plain, { ignoreSearch: true })) ?? []) {
      const bare = new URL(kept);
      bare.searchParams.delete(VERSION);
      if (bare.href === plain && kept !== except) await cache?.delete(kept);
    }
  } catch {
    // Nothing kept, nothing to forget.
  }
}

/**
 * Records a file while it is being read. Nothing is kept until `keep`, and nothing stays after `discard`.
 * A failure (above all a full quota) is silent: the file is read all the same, but not kept.
 * @param {string} url
 * @param {string | undefined} sha256
 * @param {Headers} headers those of the response, of which the validators are kept
 */
export async function record(url, sha256, headers) {
  const cache = await open();
  const key = keyOf(url, sha256);
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  const kept = new Headers({ 'content-type': 'application/octet-stream' });
  for (const name of ['etag', 'last-modified']) {
    const value = headers.get(name);
    if (value) kept.set(name, value);
  }
  let failed = !cache;
  const stored = Promise.resolve(cache?.put(key, new Response(readable, { headers: kept }))).catch(() => {
    failed = true;
  });
  writer.closed.catch(() => {});
  return {
    /** @param {Uint8Array} chunk */
    async write(chunk) {
      if (failed) return;
      // `stored` settles first if the cache gives up, and then nobody takes the chunk.
      await Promise.race([writer.write(chunk), stored]).catch(() => {
        failed = true;
      });
    },
    /** @returns {Promise<boolean>} whether the file is now kept */
    async keep() {
      if (failed) return false;
      await Promise.race([writer.close(), stored]).catch(() => {
        failed = true;
      });
      await stored;
      if (!failed) await forget(url, key);
      return !failed;
    },
    async discard() {
      await writer.abort().catch(() => {});
      await stored;
    },
  };
}
