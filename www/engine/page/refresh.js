// The files of the worker, fetched past the browser's cache. After a deploy the cache can hold files of two builds, and until
// they expire no engine would start from them.

/** What a module imports, and the wasm that its glue names. */
const IMPORT = /\b(?:from|import)\s*["'](\.[^"']+)["']/g;
const WASM = /\bnew URL\(\s*["']([^"']+\.wasm[^"']*)["']/g;

/**
 * Brings the browser's copies of a worker's files up to date, and returns whether it is worth starting it once more: when a
 * module was another one than the server's.
 * @param {() => string} worker gives the address of its script
 * @param {boolean} certain that the copies are of two builds
 * @returns {Promise<boolean>}
 */
export async function refresh(worker, certain) {
  const seen = new Set();
  /** @type {string[]} */
  const wasm = [];
  let changed = certain;
  const follow = async (/** @type {string} */ url) => {
    if (seen.has(url)) return;
    seen.add(url);
    const before = await textOf(url, 'force-cache');
    const now = await textOf(url, 'reload');
    changed ||= now !== before;
    const named = (/** @type {RegExp} */ form) =>
      [...now.matchAll(form)].map(([, path]) => new URL(path, url).href);
    wasm.push(...named(WASM));
    await Promise.all(named(IMPORT).map(follow));
  };
  try {
    await follow(worker());
    // Read to its end, or it would not be kept.
    if (changed) for (const url of wasm) await drain(await fetch(url, { cache: 'reload' }));
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
