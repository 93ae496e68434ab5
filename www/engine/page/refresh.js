// The files of the worker, fetched past the browser's cache. After a deploy the cache can hold files of two builds, and until
// they expire no engine would start from them.

/** What a module imports. */
const IMPORT = /\b(?:from|import)\s*["'](\.[^"']+)["']/g;

/**
 * Brings the browser's copies of a worker's files up to date, and returns whether it is worth starting it once more: when a
 * module was another one than the server's.
 * @param {string} worker the address of its script
 * @param {string} wasm
 * @param {boolean} certain that the copies are of two builds
 * @returns {Promise<boolean>}
 */
export async function refresh(worker, wasm, certain) {
  const seen = new Set();
  let changed = certain;
  const follow = async (/** @type {string} */ url) => {
    if (seen.has(url)) return;
    seen.add(url);
    const before = await textOf(url, 'force-cache');
    const now = await textOf(url, 'reload');
    changed ||= now !== before;
    await Promise.all([...now.matchAll(IMPORT)].map(([, path]) => follow(new URL(path, url).href)));
  };
  try {
    await follow(worker);
    // Read to its end, or it would not be kept.
    if (changed) await drain(await fetch(wasm, { cache: 'reload' }));
    return changed;
  } catch {
    return false; // without a network there is nothing newer
  }
}

/** @param {Response} response */
async function drain({ body }) {
  await body?.pipeTo(new WritableStream());
}

/** @param {string} url @param {RequestCache} cache */
async function textOf(url, cache) {
  const response = await fetch(url, { cache });
  return response.ok ? response.text() : '';
}
