// The models that ship with Hearth: their weight files have known sizes and hashes.

import { HearthError } from '../errors.js';
import * as source from './source.js';

/** @typedef {{ size: number, sha256: string }} ShippedFile */

const FOLDER = new URL('../../../models/', import.meta.url).href;

/** @type {Promise<Record<string, ShippedFile>> | undefined} */
let manifest;

/**
 * What is known of a weight file, if it ships with Hearth.
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<ShippedFile | undefined>}
 */
export async function shippedFile(url, signal) {
  if (!url.startsWith(FOLDER)) return undefined;
  return (await readManifest(signal))[url.slice(FOLDER.length)];
}

/** @param {AbortSignal} signal */
async function readManifest(signal) {
  manifest ??= source.text(`${FOLDER}manifest.json`, signal).then((json) => JSON.parse(json).files);
  try {
    return await manifest;
  } catch (error) {
    manifest = undefined;
    throw error instanceof SyntaxError
      ? new HearthError('network', 'models/manifest.json is damaged')
      : error;
  }
}
