// A story read aloud by the browser, if it can speak.

import { languageOf } from './title.js';

const speaker = globalThis.speechSynthesis;

/** Whether the browser speaks. */
export const canSpeak = speaker !== undefined && 'SpeechSynthesisUtterance' in globalThis;

/** Reads the pages of a book, one after the other. */
export class Reader {
  #onChange;
  /** The reading that goes on. */
  #reading = 0;
  isReading = false;

  /** @param {() => void} onChange is called when it begins and when it ends */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {readonly { text: string, leaf: HTMLElement }[]} pages */
  read(pages) {
    this.stop();
    const reading = ++this.#reading;
    const next = (/** @type {number} */ index) => {
      if (reading !== this.#reading) return;
      for (const page of pages) page.leaf.toggleAttribute('data-spoken', page === pages[index]);
      if (index >= pages.length) return this.stop();
      const utterance = new SpeechSynthesisUtterance(pages[index].text.trim());
      utterance.lang = languageOf(utterance.text);
      utterance.rate = 0.92;
      utterance.onend = utterance.onerror = () => next(index + 1);
      speaker.speak(utterance);
    };
    this.isReading = true;
    this.#onChange();
    next(0);
    this.stopMarking = () => pages.forEach(({ leaf }) => leaf.removeAttribute('data-spoken'));
  }

  stopMarking = () => {};

  stop() {
    this.#reading++;
    this.stopMarking();
    if (!this.isReading) return;
    this.isReading = false;
    speaker.cancel();
    this.#onChange();
  }
}
