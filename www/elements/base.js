// The life of an element: it loads its model when a reader comes near, works, can be moved and stopped, fails and tries
// again.

import { HearthError, modelUrl } from '../hearth.js';
import { Base, upgradeProperties } from './define.js';
import { sheetsIn } from './dom.js';
import { followLanguage, unfollowLanguage, wordsOf } from './language.js';
import { Pipelines } from './pipelines.js';
import { bytesToDownload } from './sizes.js';
import { Status, statusSheet } from './status.js';
import { baseSheet } from './style.js';
import { bytes } from './units.js';

/**
 * An element with a model of its own choice. Subclasses do their work in `work`.
 * @template {import('../types.d.ts').Pipeline} P the pipeline of its task
 * @template {import('./types.d.ts').Details} [D=import('./types.d.ts').Details] the details of its events
 */
export class HearthElement extends Base {
  /** Attributes that say which model it is and how it is loaded. */
  static loadAttributes = ['model', 'device'];
  static observedAttributes = [...this.loadAttributes, 'seed'];

  /** @type {readonly CSSStyleSheet[]} */
  static sheets = [baseSheet, statusSheet];

  /** What its model is for. @type {string} */
  static task;

  /** Which of the models that ship it has unless `model` says otherwise. @type {string} */
  static model;

  /** The line that says what is going on. A subclass puts it where it belongs. */
  status = new Status({ onStop: () => this.stop(), onRetry: () => this.retry() });

  /** What "Try again" does. @type {() => void} */
  again = () => void this.start();

  #pipelines = new Pipelines();
  /** @type {IntersectionObserver | null} */
  #visible = null;
  /** @type {AbortController | null} */
  #job = null;
  /** Whether the element has come into view or was started. From then on it follows its attributes. */
  #begun = false;
  #restarting = false;
  /** Whether it waits to be asked: no job has been begun. */
  #waits = true;
  /** How much a reader who asks would have to download; 0 if nothing, or if that is not known. */
  #toDownload = 0;
  /** Counts how often that was asked for. */
  #measured = 0;
  /** The words that it shows. @type {import('./words.js').Words | null} */
  #shown = null;

  constructor() {
    super();
    this.attachShadow({ mode: 'open' });
    this.#dress();
  }

  connectedCallback() {
    upgradeProperties(this);
    this.#settle();
    this.#visible?.disconnect();
    if (this.#begun) return; // it was moved, and what it does goes on
    // Only after the page's own module, which may call `configure`.
    if (this.getAttribute('loading') === 'eager')
      return queueMicrotask(() => this.isConnected && !this.#begun && this.#begin());
    // Lazy by default: nothing is fetched for a visitor who does not scroll this far.
    this.#visible = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.#begin(),
      { rootMargin: '200px' },
    );
    this.#visible.observe(this);
  }

  /** `moveBefore` calls this instead of the other two. */
  connectedMoveCallback() {
    this.#settle();
  }

  /** It has come into another document. */
  adoptedCallback() {
    this.#dress();
  }

  disconnectedCallback() {
    // Sorting, a portal, or a page that is swapped for the next takes it out of the page and puts it in again, often some
    // promises later. What it does goes on unless it is still out when all of that is over.
    setTimeout(() => this.isConnected || this.leave());
  }

  /** It has been taken out of the page. Everything that it holds is given back. */
  leave() {
    unfollowLanguage(this);
    this.#visible?.disconnect();
    this.#begun = false;
    this.stop();
    this.#pipelines.dispose();
  }

  #begin() {
    this.#visible?.disconnect();
    this.#begun = true;
    if (this.hasWork) this.start();
    else void this.#announce();
  }

  /** Says how much there is to download, before a reader asks for anything. */
  async #announce() {
    if (!this.#waits) return;
    const turn = ++this.#measured;
    const toDownload = (await bytesToDownload(this.folders)) ?? 0;
    if (!this.#waits || turn !== this.#measured) return;
    const isNews = toDownload !== this.#toDownload;
    this.#toDownload = toDownload;
    if (isNews) this.#sayWhatIsToCome();
  }

  #sayWhatIsToCome() {
    this.say(this.#toDownload ? this.words.toDownload(bytes(this.#toDownload)) : '');
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (this.#class.loadAttributes.includes(name)) this.#pipelines.dispose();
    if (!this.#begun) return; // it will start with the new value
    if (this.hasWork) this.restart();
    else if (this.#class.loadAttributes.includes(name)) void this.#announce();
  }

  /** Starts once, after the caller is done, however many attributes it changes. */
  restart() {
    if (this.#restarting) return;
    this.#restarting = true;
    queueMicrotask(() => {
      this.#restarting = false;
      if (this.isConnected || this.#begun) this.start();
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

  /** The folder of its model. (Frameworks set what an element has under an attribute's name, so it is called otherwise.) @returns {string} */
  get modelFolder() {
    return this.getAttribute('model') ?? modelUrl(this.#class.model);
  }

  /** The folders of all models that its work needs. @returns {readonly string[]} */
  get folders() {
    return [this.modelFolder];
  }

  /** The words in the element's language. */
  get words() {
    return wordsOf(this);
  }

  /** Writes the words again, after the language has changed. */
  localize() {
    this.status.localize(this.words);
    if (this.#waits && this.#toDownload) this.#sayWhatIsToCome();
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
    this.#pipelines.stop();
  }

  /** Gives back what is loaded. What comes next loads it again. */
  unload() {
    this.#pipelines.dispose();
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
    this.#waits = false;
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
   * @param {string | URL} [model] its folder, if not the element's own
   * @returns {Promise<P>}
   */
  async ready(signal, task = this.#class.task, model = this.modelFolder) {
    const ready = await (this.#pipelines.get(task, model) ?? this.#load(task, model));
    signal.throwIfAborted();
    this.status.hideProgress();
    return ready;
  }

  /** @param {string} task @param {string | URL} model */
  async #load(task, model) {
    this.say(this.words.loading);
    this.status.showProgress();
    const isFirst = this.#pipelines.size === 0;
    const loaded = await this.#pipelines.load(task, model, {
      ...this.loadOptions(task),
      onProgress: (/** @type {import('../types.d.ts').Progress} */ { loaded, total }) => {
        if (total) this.status.progress = loaded / total;
        this.say(this.words.downloading(bytes(loaded), total ? bytes(total) : null));
        this.emit('progress', { loaded, total });
      },
    });
    const { device, adapter, is_fallback_adapter, fallback_reason, info } = loaded;
    const { warnings = [] } = info;
    if (isFirst) this.emit('load', { device, adapter, is_fallback_adapter, fallback_reason, warnings });
    return loaded;
  }

  /** The loading options that its attributes ask for. @param {string} task @returns {Record<string, unknown>} */
  loadOptions(task) {
    void task;
    const [, ...names] = this.#class.loadAttributes; // after `model`, options of every task
    return Object.fromEntries(names.map((name) => [name, this.getAttribute(name) ?? undefined]));
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

  #dress() {
    const root = /** @type {ShadowRoot} */ (this.shadowRoot);
    root.adoptedStyleSheets = sheetsIn(this.ownerDocument, this.#class.sheets);
  }

  /** Follows the language of where it is now. */
  #settle() {
    followLanguage(this, () => this.#speak());
    this.#speak();
  }

  /** Writes the words again if they are other ones by now. */
  #speak() {
    const { words } = this;
    if (this.#shown === words) return;
    this.#shown = words;
    this.localize();
  }
}
