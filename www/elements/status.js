// The line that says what is going on: a message, a progress bar, a button to stop and one to try again.

import { h, styleSheet } from './dom.js';

export const statusSheet = styleSheet(`
  .status { position: relative; padding-bottom: 0.6rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0.3rem 0.75rem; min-height: 3.1rem; }
  .status p { margin: 0; flex: 1 1 12rem; min-width: 0; overflow-wrap: anywhere; color: var(--soft); font-size: 0.9rem; }
  .status p[data-kind='error'] { color: var(--ember); }
  progress { position: absolute; inset: auto 0 0; width: 100%; height: 0.4rem; accent-color: var(--ember); }
`);

/** The line. */
export class Status {
  #message = h('p', { role: 'status' });
  #progress = h('progress', { hidden: true, max: 1 });
  #stop = h('button', { type: 'button', hidden: true });
  #retry = h('button', { type: 'button', hidden: true });

  element = h(
    'div',
    { className: 'status', part: 'status' },
    this.#message,
    this.#stop,
    this.#retry,
    this.#progress,
  );

  /** @param {{ onStop: () => void, onRetry: () => void }} calls */
  constructor({ onStop, onRetry }) {
    this.#stop.addEventListener('click', onStop);
    this.#retry.addEventListener('click', onRetry);
  }

  /** @param {import('./words.js').Words} words */
  localize(words) {
    this.#stop.textContent = words.stop;
    this.#retry.textContent = words.retry;
  }

  /** @param {string} text @param {'note' | 'error'} kind */
  say(text, kind) {
    // The same text again would be read out again to those who cannot see it.
    if (this.#message.textContent !== text) this.#message.textContent = text;
    this.#message.dataset.kind = kind;
  }

  /** A job begins, which can be stopped. */
  begin() {
    this.#stop.hidden = false;
    this.#retry.hidden = true;
  }

  /** The job has ended. */
  end() {
    this.#stop.hidden = true;
    this.hideProgress();
  }

  offerRetry() {
    this.#retry.hidden = false;
  }

  /** Shows that something is under way, without saying how far it is. */
  showProgress() {
    this.#progress.removeAttribute('value');
    this.#progress.hidden = false;
  }

  /** @param {number} fraction 0 to 1 */
  set progress(fraction) {
    this.#progress.value = fraction;
  }

  hideProgress() {
    this.#progress.hidden = true;
  }
}
