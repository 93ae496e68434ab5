// What Hearth's elements share: attributes, lazy loading, progress, errors, a stop button, the language.

import { HearthError, pipeline } from '../hearth.js';
import { wordsFor } from './words.js';

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host {
    display: block;
    color-scheme: light dark;
    --ink: light-dark(#26211c, #f2ece4);
    --soft: light-dark(#6a6158, #b5aba0);
    --paper: light-dark(#fffdf9, #1d1a17);
    --line: light-dark(#d9cfc3, #453e37);
    --ember: light-dark(#b3430f, #ff9b61);
    --on-ember: light-dark(#ffffff, #2a1206);
    color: var(--ink);
    font: inherit;
    line-height: 1.5;
  }
  :host([hidden]), [hidden] { display: none !important; }
  *, ::before, ::after { box-sizing: border-box; }
  button, input, select, textarea { font: inherit; color: inherit; }
  button {
    min-height: 2.5rem; padding: 0.35rem 0.9rem; border: 1px solid var(--line); border-radius: 0.6rem;
    background: var(--paper); cursor: pointer;
  }
  button:hover:not(:disabled) { border-color: var(--ember); }
  button:disabled { opacity: 0.55; cursor: default; }
  button.main { background: var(--ember); border-color: var(--ember); color: var(--on-ember); }
  input[type='text'], select, textarea {
    min-height: 2.5rem; padding: 0.35rem 0.6rem; border: 1px solid var(--line); border-radius: 0.6rem;
    background: var(--paper); min-width: 0;
  }
  form { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; margin: 0; min-width: 0; }
  label { display: grid; font-size: 0.85rem; color: var(--soft); min-width: 0; }
  label :is(input, select, textarea) { color: var(--ink); font-size: 1rem; }
  .hint { color: var(--soft); font-size: 0.9rem; margin: 0.5rem 0 0; }
  input[type='range'] { accent-color: var(--ember); }
  :focus-visible { outline: 2px solid var(--ember); outline-offset: 2px; }
  .status { position: relative; padding-bottom: 0.6rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0.3rem 0.75rem; min-height: 3.1rem; }
  .status p { margin: 0; flex: 1 1 12rem; min-width: 0; overflow-wrap: anywhere; color: var(--soft); font-size: 0.9rem; }
  .status p[data-kind='error'] { color: var(--ember); }
  progress { position: absolute; inset: auto 0 0; width: 100%; height: 0.4rem; accent-color: var(--ember); }
`);

/**
 * Builds an element.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, unknown>} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes('-') || key === 'role' || key === 'for') element.setAttribute(key, String(value));
    else if (key.startsWith('on'))
      element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else Reflect.set(element, key, value);
  }
  element.append(...children);
  return element;
}

/** A field with a name of its own, which `setLabel` writes. @param {HTMLElement} field */
export function label(field) {
  return h('label', {}, h('span'), field);
}

/** @param {HTMLElement} field @param {string} text */
export function setLabel(field, text) {
  const span = field.parentElement?.firstElementChild;
  if (span) span.textContent = text;
}

/** A field for a number. @param {string} name @param {number} maxLength */
export function numberField(name, maxLength) {
  return h('input', { type: 'text', inputMode: 'numeric', autocomplete: 'off', name, maxLength });
}

/**
 * An element with a model of its own choice. Subclasses do their work in `work`.
 * @template {import('../types.d.ts').Pipeline} P the pipeline of its task
 */
export class HearthElement extends HTMLElement {
  /** Attributes that say which model it is and how it is loaded. */
  static loadAttributes = ['model', 'device'];
  static observedAttributes = [...this.loadAttributes, 'seed', 'lang'];

  /** What its model is for. @type {string} */
  static task;

  /** The model that the element has unless `model` says otherwise. @type {URL} */
  static model;

  #message = h('p', { role: 'status' });
  #progress = h('progress', { hidden: true, max: 1 });
  #stop = h('button', { type: 'button', hidden: true, onclick: () => this.stop() });
  #retry = h('button', { type: 'button', hidden: true, onclick: () => this.retry() });
  #status = h('div', { className: 'status' }, this.#message, this.#stop, this.#retry, this.#progress);

  /** @type {IntersectionObserver | null} */
  #visible = null;
  /** One for each task that its model has been asked for. @type {Map<string, Promise<any>>} */
  #pipelines = new Map();
  /** Stops the loading, which goes on when one job takes another's place. @type {AbortController | null} */
  #loading = null;
  /** @type {AbortController | null} */
  #job = null;
  /** Whether it has come into view, or was started: from then on it follows its attributes. */
  #begun = false;
  #restarting = false;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [sheet];
    this.status = this.#status;
  }

  connectedCallback() {
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
    // What has begun goes on with the new value; what has not, starts with it.
    if (this.#begun && this.hasWork) this.restart();
  }

  /** Starts once the caller is done, however many attributes it changes. */
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
    this.#stop.textContent = this.words.stop;
    this.#retry.textContent = this.words.retry;
  }

  /** Loads the model if need be and does the element's work; what was under way is stopped. */
  async start() {
    this.#visible?.disconnect();
    this.#begun = true;
    await this.job((signal) => this.work(signal));
  }

  /** Stops what is under way. What has been made stays. */
  stop() {
    this.#job?.abort();
    this.#stopLoading();
  }

  /** Tries again after a failure. */
  retry() {
    this.start();
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
   * Runs something that can be stopped, one at a time, and shows how it ends.
   * @param {(signal: AbortSignal) => Promise<void>} task
   */
  async job(task) {
    this.#job?.abort();
    const job = new AbortController();
    this.#job = job;
    this.#stop.hidden = false;
    this.#retry.hidden = true;
    try {
      await task(job.signal);
    } catch (thrown) {
      if (this.#job !== job) return;
      const { code, message } = HearthError.from(thrown);
      const { words } = this;
      const stopped = code === 'aborted';
      const why = code === 'device-unavailable' ? words.noGpu : message;
      this.say(stopped ? words.stopped : words.failed(why), stopped ? 'note' : 'error');
      this.#retry.hidden = stopped;
      if (!stopped) this.dispatchEvent(new CustomEvent('error', { detail: { code, message } }));
    } finally {
      if (this.#job === job) {
        this.#job = null;
        this.#stop.hidden = true;
        this.#progress.hidden = true;
      }
    }
  }

  /**
   * The loaded model.
   * @param {AbortSignal} signal
   * @param {string} [task] what for, if not for the element's own
   * @returns {Promise<P>}
   */
  async ready(signal, task = this.#class.task) {
    let loading = this.#pipelines.get(task);
    if (!loading) {
      this.say(this.words.loading);
      this.#progress.removeAttribute('value');
      this.#progress.hidden = false;
      const { model, loadAttributes } = this.#class;
      const [, ...names] = loadAttributes; // after `model`, options of the pipeline
      const options = names.map((name) => [name, this.getAttribute(name) ?? undefined]);
      const url = this.getAttribute('model') ?? model;
      this.#loading ??= new AbortController();
      loading = /** @type {(...args: any[]) => Promise<any>} */ (pipeline)(task, url, {
        ...Object.fromEntries(options),
        signal: this.#loading.signal,
        onProgress: (/** @type {import('../types.d.ts').Progress} */ { loaded, total }) => {
          if (total) this.#progress.value = loaded / total;
          this.say(this.words.downloading(bytes(loaded), total ? bytes(total) : null));
          this.dispatchEvent(new CustomEvent('progress', { detail: { loaded, total } }));
        },
      });
      const [mine, isFirst] = [loading, this.#pipelines.size === 0];
      this.#pipelines.set(task, mine);
      mine.catch(() => this.#pipelines.get(task) === mine && this.#pipelines.delete(task));
      const { device, adapter, is_fallback_adapter, fallback_reason } = await mine;
      const detail = { device, adapter, is_fallback_adapter, fallback_reason };
      if (isFirst) this.dispatchEvent(new CustomEvent('load', { detail }));
    }
    const ready = await loading;
    signal.throwIfAborted();
    this.#progress.hidden = true;
    return ready;
  }

  /** Where the model runs, in words. @param {P} pipeline */
  place({ device, is_fallback_adapter, fallback_reason }) {
    const { words } = this;
    if (device === 'webgpu') return is_fallback_adapter ? words.emulatedGpu : words.gpu;
    return fallback_reason ? `${words.cpu} (${words.noGpu})` : words.cpu;
  }

  /** @param {string} text @param {'note' | 'error'} [kind] */
  say(text, kind = 'note') {
    if (this.#message.textContent !== text) this.#message.textContent = text;
    this.#message.dataset.kind = kind;
  }

  /**
   * An attribute that is a number, or undefined. What is no number goes on as it is, and is refused with its name.
   * @param {string} name
   * @returns {any}
   */
  number(name) {
    const text = this.getAttribute(name);
    if (text === null || text.trim() === '') return undefined;
    const value = Number(text);
    return Number.isNaN(value) ? text : value;
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

/** @param {number} count */
function bytes(count) {
  return count < 1e6 ? `${(count / 1e3).toFixed(0)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}
