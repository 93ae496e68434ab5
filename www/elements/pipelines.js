// The pipelines of an element: its model, loaded once for each task that asks for it, and given back.

import { pipeline } from '../hearth.js';

/** One of each task. */
export class Pipelines {
  /** @type {Map<string, Promise<any>>} */
  #pipelines = new Map();
  /** Stops the loading, which goes on when one job replaces another. @type {AbortController | null} */
  #loading = null;

  /** How many there are, those included that are being loaded. */
  get size() {
    return this.#pipelines.size;
  }

  /** The pipeline of a task, if it was asked for and has not failed. @param {string} task */
  get(task) {
    return this.#pipelines.get(task);
  }

  /**
   * Loads a model for a task.
   * @param {string} task
   * @param {string | URL} model
   * @param {object} options of the task
   * @returns {Promise<any>}
   */
  load(task, model, options) {
    this.#loading ??= new AbortController();
    const { signal } = this.#loading;
    const load = /** @type {(...args: any[]) => Promise<any>} */ (pipeline);
    const loading = load(task, model, { ...options, signal });
    this.#pipelines.set(task, loading);
    loading.catch(() => this.#pipelines.get(task) === loading && this.#pipelines.delete(task));
    return loading;
  }

  /** Stops what is being loaded. */
  stop() {
    this.#loading?.abort();
    this.#loading = null;
  }

  /** Gives all of them back. */
  dispose() {
    this.stop();
    for (const pipeline of this.#pipelines.values()) {
      pipeline.then(
        (loaded) => loaded.dispose(),
        () => {},
      );
    }
    this.#pipelines.clear();
  }
}
