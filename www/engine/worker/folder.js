// A model's folder: its small files, each fetched once, whoever asks for it, and what it is best to know of the others.

import { fileAddress } from '../address.js';
import { keepAbsence } from '../cache.js';
import { Absent } from './download.js';
import { Manifest } from './shipped.js';
import * as source from './source.js';

export class Folder {
  /** @type {Map<string, Promise<string>>} */
  #texts = new Map();

  /** What somebody who uses the model should know of its files, in sentences. @type {Set<string>} */
  warnings = new Set();

  /** @param {string} url with a slash at its path's end @param {AbortSignal} signal stops whatever is being fetched */
  constructor(url, signal) {
    this.url = url;
    this.signal = signal;
    /** What is known of the folder's files if it ships with Hearth. */
    this.manifest = new Manifest(signal);
  }

  /** The address of a file. @param {string} file */
  address(file) {
    return fileAddress(this.url, file);
  }

  /** The text of a file. @param {string} file @returns {Promise<string>} */
  text(file) {
    let text = this.#texts.get(file);
    if (!text) {
      text = source.text(this.address(file), this.signal);
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
      if (!(error instanceof Absent)) throw error;
      await keepAbsence(this.address(file));
      return undefined;
    }
  }
}
