// The page's end of the engine: a worker from when it is first needed, and another after it has died.

import { HearthError } from '../errors.js';
import { Requests } from '../protocol.js';
import { startWorker } from './start.js';

/** One life of the engine: a worker and the requests it has not answered. */
class Life {
  /** @type {Worker | null} */
  #worker = null;
  /** What is asked of the worker before it can answer. @type {object[]} */
  #early = [];
  #onDeath;

  /** @param {() => void} onDeath */
  constructor(onDeath) {
    this.#onDeath = onDeath;
    this.requests = new Requests((request) => {
      if (this.#worker) this.#worker.postMessage(request);
      else this.#early.push(structuredClone(request)); // as it is now, like a message
    });
    startWorker().then(
      (worker) => this.#begin(worker),
      (error) => this.#die(error),
    );
  }

  /** @param {Worker} worker */
  #begin(worker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }) =>
      'lost' in data ? this.#die(HearthError.from(data.lost)) : this.requests.receive(data),
    );
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#die(new HearthError('engine-unavailable', `the worker failed: ${event.message}`));
    });
    worker.addEventListener('messageerror', () =>
      this.#die(new HearthError('internal', 'a message could not be read')),
    );
    for (const request of this.#early.splice(0)) worker.postMessage(request);
  }

  /** @param {HearthError} error */
  #die(error) {
    this.#onDeath();
    this.#worker?.terminate();
    this.requests.close(error);
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
