// How the worker is started. Pages differ in what they allow: an address, a blob, a data: URL. Each way is tried once, and
// the first that comes to life is taken.

import { HearthError } from '../errors.js';
import { refresh } from './refresh.js';
import { settle, wasmUrl, workerUrl as address } from './settings.js';

/** A module that is the worker. */
const importing = () => `import ${JSON.stringify(address())};`;
/** A classic script that becomes the worker. Without `reportError` nobody would hear that the import failed. */
const importingLate = () => `import(${JSON.stringify(address())}).catch(reportError);`;

const inBlob = (/** @type {string} */ code) =>
  URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));

/** How long a worker may say nothing while the modules that it imports are fetched. */
const SILENCE_MS = 30_000;

/**
 * The ways, in the order in which they are tried.
 * @typedef {{ name: string, type: WorkerType, script: () => string }} Way
 * @type {Way[]}
 */
const WAYS = [
  { name: 'by its address', type: 'module', script: address },
  // Starts on another origin, and where the page alone has a Cross-Origin-Embedder-Policy: a blob has the page's.
  { name: 'by a module in a blob', type: 'module', script: () => inBlob(importing()) },
  // Starts in a sandbox too, where Chrome loads no module from a blob, and where a policy has `worker-src blob:` alone.
  { name: 'by a script in a blob', type: 'classic', script: () => inBlob(importingLate()) },
  // Starts where blobs are forbidden. It is last because such a worker has no origin, and so can keep no weights.
  {
    name: 'by a data: URL',
    type: 'classic',
    script: () => `data:text/javascript,${encodeURIComponent(importingLate())}`,
  },
];

/**
 * A worker that has loaded the engine and waits for requests.
 * @returns {Promise<Worker>}
 */
export async function startWorker() {
  try {
    return await firstAlive();
  } catch (error) {
    const certain = error instanceof BuildsDiffer;
    if (!(certain || error instanceof NotLoaded) || !(await refresh(address(), wasmUrl(), certain)))
      throw error;
    return await firstAlive();
  }
}

/** The error for scripts that cannot be loaded. That may be because they are of two builds. */
class NotLoaded extends HearthError {}

/** The error for files that do not fit together: glue and wasm, or a page and a worker of before it that never says a word. */
class BuildsDiffer extends HearthError {}

/** Tries the ways until one works. */
async function firstAlive() {
  const failures = [];
  for (const way of isElsewhere() ? WAYS.slice(1) : WAYS) {
    try {
      return await alive(create(way));
    } catch (error) {
      if (error instanceof HearthError) throw error; // which another way would not change
      failures.push(`${way.name}: ${/** @type {Error} */ (error).message}`);
    }
  }
  // As a sandbox has it, a file that was opened from a disk, and a data: URL.
  const why =
    self.origin === 'null' ? 'this page has no origin; does its sandbox lack allow-same-origin? ' : '';
  throw new NotLoaded('engine-unavailable', `no worker could be started: ${why}${failures.join('; ')}`);
}

/** Whether the worker's script is on another origin than the page: no browser starts a worker from such an address. */
function isElsewhere() {
  const { origin, protocol } = new URL(address());
  // In a sandbox `location.origin` is still the address's.
  return /^https?:$/.test(protocol) && origin !== self.origin;
}

/** @param {Way} way */
function create({ name, type, script }) {
  if (policy) return new Worker(trusted(name), { type, name: 'hearth' });
  try {
    return new Worker(script(), { type, name: 'hearth' });
  } catch (error) {
    // Where Trusted Types are required, a text or a URL is a TypeError.
    if (!(error instanceof TypeError) || !('trustedTypes' in globalThis)) throw error;
    return new Worker(trusted(name), { type, name: 'hearth' });
  }
}

/** Made on a page that requires Trusted Types, and on no other. @type {{ createScriptURL: (name: string) => any } | undefined} */
let policy;

/** The script of a way, for a page that requires Trusted Types. @param {string} name */
function trusted(name) {
  try {
    // It takes the name of a way and no address, so that nothing but the worker can come out of it.
    policy ??= /** @type {any} */ (globalThis).trustedTypes.createPolicy('hearth', {
      createScriptURL: (/** @type {string} */ name) => WAYS.find((way) => way.name === name)?.script(),
    });
  } catch (error) {
    throw new HearthError(
      'engine-unavailable',
      'no worker could be started: the page requires Trusted Types, and its Content Security Policy lacks ' +
        `"trusted-types hearth" (${/** @type {Error} */ (error).message})`,
    );
  }
  return /** @type {NonNullable<typeof policy>} */ (policy).createScriptURL(name);
}

/**
 * The worker, once it says that it is ready.
 * @param {Worker} worker
 * @returns {Promise<Worker>}
 */
async function alive(worker) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;
  try {
    return await new Promise((resolve, reject) => {
      const heard = (/** @type {MessageEvent<import('../protocol.js').Opening>} */ { data }) => {
        clearTimeout(silence);
        if ('starting' in data) {
          worker.addEventListener('message', heard, { once: true });
          worker.postMessage(settle());
        } else if ('ready' in data) resolve(worker);
        else if ('lost' in data) reject(HearthError.from(data.lost));
        else if ('failed' in data && !data.buildsDiffer)
          reject(new HearthError('engine-unavailable', data.failed));
        else reject(new BuildsDiffer('engine-unavailable', data.failed ?? 'the worker is of another build'));
      };
      worker.addEventListener('message', heard, { once: true });
      silence = setTimeout(
        () => reject(new BuildsDiffer('engine-unavailable', 'the worker does not answer')),
        SILENCE_MS,
      );
      worker.addEventListener(
        'error',
        (event) => {
          event.preventDefault();
          // Of a script that is blocked or does not link, browsers say nothing.
          reject(new Error(event.message || 'it was blocked or could not be loaded'));
        },
        { once: true },
      );
    });
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    clearTimeout(silence);
  }
}
