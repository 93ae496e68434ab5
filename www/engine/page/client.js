// The page's end of the engine: starts the worker when it is first needed, and again after it has died.

import { HearthError } from '../errors.js';
import { Requests } from '../protocol.js';

/** One life of the engine: a worker and the requests it has not answered. */
class Life {
  /** @param {() => void} onDeath */
  constructor(onDeath) {
    const worker = startWorker();
    const requests = new Requests((request) => worker.postMessage(request));
    const die = (/** @type {HearthError} */ error) => {
      onDeath();
      worker.terminate();
      requests.close(error);
    };
    worker.addEventListener('message', ({ data }) =>
      'lost' in data ? die(HearthError.from(data.lost)) : requests.receive(data),
    );
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      die(
        new HearthError(
          'engine-unavailable',
          `the worker failed: ${event.message || 'its script could not be loaded'}`,
        ),
      );
    });
    worker.addEventListener('messageerror', () =>
      die(new HearthError('internal', 'a message could not be read')),
    );
    this.requests = requests;
  }
}

/** A browser starts no worker from another origin's script, but it does start one that imports it. */
function startWorker() {
  try {
    // A bundler may put a file: URL in place of this one. Its worker has the page's origin all the same.
    const { origin, protocol } = new URL(import.meta.url);
    if (!/^https?:$/.test(protocol) || origin === location.origin) {
      // One expression, because that is what bundlers look for.
      return new Worker(new URL('../worker/worker.js', import.meta.url), { type: 'module', name: 'hearth' });
    }
    const script = `import ${JSON.stringify(import.meta.resolve('../worker/worker.js'))};`;
    const blob = new Blob([script], { type: 'text/javascript' });
    return new Worker(URL.createObjectURL(blob), { type: 'module', name: 'hearth' });
  } catch (error) {
    throw new HearthError(
      'engine-unavailable',
      `no worker could be started: ${/** @type {Error} */ (error).message}`,
    );
  }
}

/** @type {Life | null} */
let current = null;

/** The engine of the present. A new one is a new object, so that a caller can see that its handles are gone. */
export function engine() {
  if (!current) {
    const life = new Life(() => {
      if (current === life) current = null;
    });
    current = life;
  }
  return current;
}
