// A model's folder: its small files, each fetched once, whoever asks for it.

import * as cache from './cache.js';
import * as source from './source.js';

export class Folder {
  /** @type {Map<string, Promise<string>>} */
  #texts = new Map();

  /** @param {string} url with a slash at its end @param {AbortSignal} signal stops whatever is being fetched */
  constructor(url, signal) {
    this.url = url;
    this.signal = signal;
  }

  /** The text of a file. @param {string} file @returns {Promise<string>} */
  text(file) {
    let text = this.#texts.get(file);
    if (!text) {
      text = source.text(this.url + file, this.signal);
      text.catch(() => {}); // whoever waits for the text gets the error
      this.#texts.set(file, text);
    }
    return text;
  }

  /** The same of a file that need not be there. @param {string} file @returns {Promise<string | undefined>} */
  async optionalText(file) {
    try {
      return await this.text(file);
    } catch (error) {
      if (!(error instanceof source.Absent)) throw error;
      await cache.recordAbsence(this.url + file);
      return undefined;
    }
  }
}
