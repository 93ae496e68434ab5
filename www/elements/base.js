// The life of an element: it loads its model when a reader comes near, works, can be stopped, fails and tries again, and
// follows the language of the page.

import { HearthError, pipeline } from '../hearth.js';
import { Status, statusSheet } from './status.js';
import { baseSheet } from './style.js';
import { bytes } from './units.js';
import { wordsFor } from './words.js';

/**
 * An element with a model of its own choice. Subclasses do their work in `work`.
 * @template {import('../types.d.ts').Pipeline} P the pipeline of its task
 * @template {import('./types.d.ts').Details} [D=import('./types.d.ts').Details] the details of its events
 */
export class HearthElement extends HTMLElement {
  /** Attributes that say which model it is and how it is loaded. */
  static loadAttributes = ['model', 'device'];
  static observedAttributes = [...this.loadAttributes, 'seed', 'lang'];

  /** What its model is for. @type {string} */
  static task;

  /** The model that the element has unless `model` says otherwise. @type {URL} */
  static model;

  /** The line that says what is going on. A subclass puts it where it belongs. */
  status = new Status({ onStop: () => this.stop(), onRetry: () => this.retry() });

  /** What "Try again" does. @type {() => void} */
  again = () => void this.start();

  /** @type {IntersectionObserver | null} */
  #visible = null;
  /** One for each task that the model has been loaded for. @type {Map<string, Promise<any>>} */
  #pipelines = new Map();
  /** Stops the loading, which goes on when one job replaces another. @type {AbortController | null} */
  #loading = null;
  /** @type {AbortController | null} */
  #job = null;
  /** Whether the element has come into view or was started. From then on it follows its attributes. */
  #begun = false;
  #restarting = false;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [baseSheet, statusSheet];
  }

  connectedCallback() {
    this.#upgradeProperties();
    this.localize();
    languageElements.add(this);
    if (this.getAttribute('loading') === 'eager') return this.#begin();
    // Lazy by default: nothing is fetched for a visitor who does not scroll this far.
    this.#visible = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.#begin(),
      { rootMargin: '200px' },
    );
    this.#visible.observe(this);
  }

  /**
   * Sets again the properties that a page set before the element's script had loaded. Until then they are the element's own
   * and hide the setters of its class.
   */
  #upgradeProperties() {
    for (const [name, value] of Object.entries(this)) {
      if (!(name in this.#class.prototype)) continue;
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value); // false, and no error, if it is read-only
    }
  }

  #begin() {
    this.#visible?.disconnect();
    this.#begun = true;
    if (this.hasWork) this.start();
  }

  disconnectedCallback() {
    languageElements.delete(this);
    this.#visible?.disconnect();
    this.#begun = false;
    this.stop();
    this.#forget();
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === 'lang') return this.localize();
    if (this.#class.loadAttributes.includes(name)) this.#forget();
    // An element that has begun works again with the new value; any other will start with it.
    if (this.#begun && this.hasWork) this.restart();
  }

  /** Starts once, after the caller is done, however many attributes it changes. */
  restart() {
    if (this.#restarting) return;
    this.#restarting = true;
    queueMicrotask(() => {
      this.#restarting = false;
      if (this.isConnected) this.start();
    });
  }

  /** Whether a job is under way. */
  get busy() {
    return this.#job !== null;
  }

  /** Whether there is something to do before a visitor asks for it. */
  get hasWork() {
    return true;
  }

  /** The words in the element's language. */
  get words() {
    const tagged = /** @type {HTMLElement | null} */ (this.closest('[lang]'));
    return wordsFor(tagged?.lang || navigator.language);
  }

  /** Writes the words again, after the language has changed. */
  localize() {
    this.status.localize(this.words);
  }

  /** Loads the model if need be and does the element's work. A job under way is stopped. */
  async start() {
    this.#visible?.disconnect();
    this.#begun = true;
    await this.job((signal) => this.work(signal));
  }

  /** Stops the job under way. Its results so far stay. */
  stop() {
    this.#job?.abort();
    this.#stopLoading();
  }

  /** Tries again after a failure. */
  retry() {
    this.again();
  }

  /**
   * The element's own work.
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  async work(signal) {
    void signal;
  }

  /**
   * Runs a job that can be stopped, one at a time, and shows how it ends.
   * @param {(signal: AbortSignal) => Promise<void>} task
   */
  async job(task) {
    this.#job?.abort();
    const job = new AbortController();
    this.#job = job;
    this.status.begin();
    try {
      await task(job.signal);
    } catch (thrown) {
      if (this.#job !== job) return;
      const { code, message } = HearthError.from(thrown);
      const { words } = this;
      const stopped = code === 'aborted';
      const why = code === 'device-unavailable' ? words.noGpu : message;
      this.say(stopped ? words.stopped : words.failed(why), stopped ? 'note' : 'error');
      if (stopped) return;
      this.status.offerRetry();
      this.emit('error', { code, message });
    } finally {
      if (this.#job === job) {
        this.#job = null;
        this.status.end();
      }
    }
  }

  /**
   * The loaded model.
   * @param {AbortSignal} signal
   * @param {string} [task] what the model is for, if not the element's own task
   * @returns {Promise<P>}
   */
  async ready(signal, task = this.#class.task) {
    let loading = this.#pipelines.get(task);
    if (!loading) {
      this.say(this.words.loading);
      this.status.showProgress();
      const { model, loadAttributes } = this.#class;
      const [, ...names] = loadAttributes; // after `model`, options of the pipeline
      const options = names.map((name) => [name, this.getAttribute(name) ?? undefined]);
      const url = this.getAttribute('model') ?? model;
      this.#loading ??= new AbortController();
      loading = /** @type {(...args: any[]) => Promise<any>} */ (pipeline)(task, url, {
        ...Object.fromEntries(options),
        signal: this.#loading.signal,
        onProgress: (/** @type {import('../types.d.ts').Progress} */ { loaded, total }) => {
          if (total) this.status.progress = loaded / total;
          this.say(this.words.downloading(bytes(loaded), total ? bytes(total) : null));
          this.emit('progress', { loaded, total });
        },
      });
      const [mine, isFirst] = [loading, this.#pipelines.size === 0];
      this.#pipelines.set(task, mine);
      mine.catch(() => this.#pipelines.get(task) === mine && this.#pipelines.delete(task));
      const { device, adapter, is_fallback_adapter, fallback_reason } = await mine;
      if (isFirst) this.emit('load', { device, adapter, is_fallback_adapter, fallback_reason });
    }
    const ready = await loading;
    signal.throwIfAborted();
    this.status.hideProgress();
    return ready;
  }

  /** The device that the model runs on, in words. @param {P} pipeline */
  deviceName({ device, is_fallback_adapter, fallback_reason }) {
    const { words } = this;
    if (device === 'webgpu') return is_fallback_adapter ? words.emulatedGpu : words.gpu;
    return fallback_reason ? words.cpuWithoutGpu : words.cpu;
  }

  /** @param {string} text @param {'note' | 'error'} [kind] */
  say(text, kind = 'note') {
    this.status.say(text, kind);
  }

  /**
   * Dispatches an event.
   * @template {keyof D & string} Type
   * @param {Type} type
   * @param {D[Type]} detail
   */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  get #class() {
    return /** @type {typeof HearthElement} */ (this.constructor);
  }

  #stopLoading() {
    this.#loading?.abort();
    this.#loading = null;
  }

  #forget() {
    this.#stopLoading();
    for (const pipeline of this.#pipelines.values()) {
      pipeline.then(
        (loaded) => loaded.dispose(),
        () => {},
      );
    }
    this.#pipelines.clear();
  }
}

/** Elements follow the page's language. @type {Set<HearthElement<any>>} */
const languageElements = new Set();
new MutationObserver(() => {
  for (const element of languageElements) element.localize();
}).observe(document.documentElement, { attributes: true, attributeFilter: ['lang'] });
