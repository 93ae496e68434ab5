// What Hearth's elements share: attributes, lazy loading, progress, errors, a stop button, the language.

import { HearthError, pipeline } from '../hearth.js';
import { wordsFor } from './words.js';

/** @typedef {import('../types.d.ts').ImagePipeline} ImagePipeline */

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
  button, input { font: inherit; color: inherit; }
  button {
    min-height: 2.5rem; padding: 0.35rem 0.9rem; border: 1px solid var(--line); border-radius: 0.6rem;
    background: var(--paper); cursor: pointer;
  }
  button:hover:not(:disabled) { border-color: var(--ember); }
  button:disabled { opacity: 0.55; cursor: default; }
  button.main { background: var(--ember); border-color: var(--ember); color: var(--on-ember); }
  input[type='text'] {
    min-height: 2.5rem; padding: 0.35rem 0.6rem; border: 1px solid var(--line); border-radius: 0.6rem;
    background: var(--paper); min-width: 0;
  }
  input[type='range'] { accent-color: var(--ember); }
  :focus-visible { outline: 2px solid var(--ember); outline-offset: 2px; }
  .status { display: flex; flex-wrap: wrap; align-items: center; gap: 0.3rem 0.75rem; min-height: 2.75rem; }
  .status p { margin: 0; flex: 1 1 12rem; min-width: 0; overflow-wrap: anywhere; color: var(--soft); font-size: 0.9rem; }
  .status p[data-kind='error'] { color: var(--ember); }
  progress { flex: 1 1 100%; width: 100%; height: 0.4rem; accent-color: var(--ember); }
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

/** An element with a model of its own choice. Subclasses draw in `work`. */
export class HearthElement extends HTMLElement {
  static observedAttributes = ['model', 'device', 'seed', 'lang'];

  /** The model that the element has unless `model` says otherwise. @type {URL} */
  static model;

  #message = h('p', { role: 'status' });
  #progress = h('progress', { hidden: true, max: 1 });
  #stop = h('button', { type: 'button', hidden: true, onclick: () => this.stop() });
  #retry = h('button', { type: 'button', hidden: true, onclick: () => this.start() });
  #status = h('div', { className: 'status' }, this.#message, this.#stop, this.#retry, this.#progress);

  /** @type {IntersectionObserver | null} */
  #visible = null;
  /** @type {Promise<ImagePipeline> | null} */
  #pipeline = null;
  /** @type {AbortController | null} */
  #job = null;
  #restart = false;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [sheet];
    this.status = this.#status;
  }

  connectedCallback() {
    this.localize();
    languageElements.add(this);
    if (this.getAttribute('loading') === 'eager') return void this.start();
    // Lazy by default: nothing is fetched for a visitor who does not scroll this far.
    this.#visible = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        this.#visible?.disconnect();
        this.start();
      },
      { rootMargin: '200px' },
    );
    this.#visible.observe(this);
  }

  disconnectedCallback() {
    languageElements.delete(this);
    this.#visible?.disconnect();
    this.stop();
    this.#forget();
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === 'lang') return this.localize();
    if (name === 'model' || name === 'device') this.#forget();
    // What has begun goes on with the new value; what has not, starts with it.
    if (!this.isConnected || (!this.#job && !this.#pipeline && !this.#restart)) return;
    if (this.#restart) return;
    this.#restart = true;
    queueMicrotask(() => {
      this.#restart = false;
      if (this.isConnected) this.start();
    });
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
    await this.job((signal) => this.work(signal));
  }

  /** Stops what is under way. What has been drawn stays. */
  stop() {
    this.#job?.abort();
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
      const stopped = code === 'aborted';
      this.say(stopped ? this.words.stopped : this.words.failed(message), stopped ? 'note' : 'error');
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
   * @returns {Promise<ImagePipeline>}
   */
  async ready(signal) {
    if (!this.#pipeline) {
      this.say(this.words.loading);
      this.#progress.removeAttribute('value');
      this.#progress.hidden = false;
      const Element = /** @type {typeof HearthElement} */ (this.constructor);
      const loading = pipeline('unconditional-image-generation', this.#modelUrl() ?? Element.model, {
        device: /** @type {any} */ (this.getAttribute('device') ?? 'auto'),
        signal,
        onProgress: ({ loaded, total }) => {
          if (total) this.#progress.value = loaded / total;
          this.say(this.words.downloading(bytes(loaded), total ? bytes(total) : null));
          this.dispatchEvent(new CustomEvent('progress', { detail: { loaded, total } }));
        },
      });
      this.#pipeline = loading;
      loading.catch(() => this.#pipeline === loading && (this.#pipeline = null));
      const { device, adapter, fallback_reason } = await loading;
      this.dispatchEvent(new CustomEvent('load', { detail: { device, adapter, fallback_reason } }));
    }
    this.#progress.hidden = true;
    return this.#pipeline;
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

  #modelUrl() {
    const model = this.getAttribute('model');
    return model === null ? null : new URL(model, document.baseURI);
  }

  #forget() {
    this.#pipeline?.then(
      (loaded) => loaded.dispose(),
      () => {},
    );
    this.#pipeline = null;
  }
}

/** Elements follow the page's language. @type {Set<HearthElement>} */
const languageElements = new Set();
new MutationObserver(() => {
  for (const element of languageElements) element.localize();
}).observe(document.documentElement, { attributes: true, attributeFilter: ['lang'] });

/** @param {number} count */
function bytes(count) {
  return count < 1e6 ? `${(count / 1e3).toFixed(0)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}
