// The models that ship with Hearth: their weight files have known sizes and hashes.

import { withoutQuery } from '../address.js';
import { HearthError } from '../errors.js';
import * as source from './source.js';

/** @typedef {{ size: number, sha256: string }} ShippedFile */

const FOLDER = new URL('../../../models/', import.meta.url).href;

/** The manifest of the models that ship, as a model's folder reads it: once, so that all its files are of one version. */
export class Manifest {
  #signal;
  /** @type {Promise<Record<string, ShippedFile>> | undefined} */
  #files;

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.#signal = signal;
  }

  /**
   * What is known of a weight file, if it ships with Hearth.
   * @param {string} url
   * @returns {Promise<ShippedFile | undefined>}
   */
  async find(url) {
    if (!url.startsWith(FOLDER)) return undefined;
    this.#files ??= this.#read();
    return (await this.#files)[withoutQuery(url).slice(FOLDER.length)];
  }

  /** Whether a folder ships with Hearth: then it has no other weight files than the manifest's. @param {string} url the folder's */
  async ships(url) {
    if (!url.startsWith(FOLDER)) return false;
    this.#files ??= this.#read();
    const within = withoutQuery(url).slice(FOLDER.length);
    return Object.keys(await this.#files).some((file) => file.startsWith(within));
  }

  /** Reads the manifest again, if it was read, from the server itself. */
  refresh() {
    if (!this.#files) return;
    this.#files = this.#read(true);
    this.#files.catch(() => {}); // whoever looks for a file gets the error
  }

  async #read(fresh = false) {
    const json = await source.text(`${FOLDER}manifest.json`, this.#signal, fresh);
    try {
      return JSON.parse(json).files;
    } catch {
      throw new HearthError('network', 'models/manifest.json is damaged');
    }
  }
}
