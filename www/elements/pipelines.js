// The pipelines of an element: its models, loaded once for each task that asks for one, and given back.

import { pipeline } from '../hearth.js';

/** What a pipeline is kept under. @param {string} task @param {string | URL} model */
const keyOf = (task, model) => `${task} ${model}`;

/** One of each task and model. */
export class Pipelines {
  /** @type {Map<string, Promise<any>>} */
  #pipelines = new Map();
  /** Stops the loading, which goes on when one job replaces another. @type {AbortController | null} */
  #loading = null;

  /** How many there are, those included that are being loaded. */
  get size() {
    return this.#pipelines.size;
  }

  /** A model's pipeline for a task, if it was asked for and has not failed. @param {string} task @param {string | URL} model */
  get(task, model) {
    return this.#pipelines.get(keyOf(task, model));
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
    const key = keyOf(task, model);
    this.#pipelines.set(key, loading);
    loading.catch(() => this.#pipelines.get(key) === loading && this.#pipelines.delete(key));
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
