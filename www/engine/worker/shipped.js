// The models that ship with Hearth: their weight files have known sizes and hashes.

import { withoutQuery } from '../address.js';
import { HearthError } from '../errors.js';
import { Absent } from './download.js';
import * as source from './source.js';

/** @typedef {{ size: number, sha256: string }} ShippedFile */

/** The folder that they are in. */
let shippedFolder = '';

/** @param {string} folder where they are, with a slash at its end */
export function shipFrom(folder) {
  shippedFolder = folder;
}

/** Whether something is among the models that ship. @param {string} url */
const isShipped = (url) => shippedFolder !== '' && url.startsWith(shippedFolder);

/** Its path among them. @param {string} url */
const pathOf = (url) => withoutQuery(url).slice(shippedFolder.length);

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
    if (!isShipped(url)) return undefined;
    this.#files ??= this.#read();
    return (await this.#files)[pathOf(url)];
  }

  /** Whether a folder ships with Hearth: then it has no other weight files than the manifest's. @param {string} url the folder's */
  async ships(url) {
    if (!isShipped(url)) return false;
    this.#files ??= this.#read();
    const within = pathOf(url);
    return Object.keys(await this.#files).some((file) => file.startsWith(within));
  }

  /** Reads the manifest again, if it was read, from the server itself. */
  refresh() {
    if (!this.#files) return;
    this.#files = this.#read(true);
    this.#files.catch(() => {}); // whoever looks for a file gets the error
  }

  async #read(fresh = false) {
    try {
      return JSON.parse(await source.text(`${shippedFolder}manifest.json`, this.#signal, fresh)).files;
    } catch (error) {
      if (error instanceof Absent) return {}; // a page's own models, in a folder of that name
      if (error instanceof HearthError) throw error;
      throw new HearthError('network', 'models/manifest.json is damaged');
    }
  }
}
