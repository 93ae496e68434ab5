// How much there is to download, as far as that is known beforehand: of the models that ship.

import { modelUrl } from '../hearth.js';
import { models } from '../offline.js';

const HALF = '.fp16.safetensors';

/** @typedef {Record<string, { size: number }>} Files */

/** @param {string | URL} folder */
const addressOf = (folder) => `${new URL(folder, document.baseURI).href.replace(/\/$/, '')}/`;

/**
 * The bytes of a folder's weights; null if they are not known.
 * @param {string | URL} folder
 * @returns {Promise<number | null>}
 */
export async function bytesOf(folder) {
  const [address, shipped] = [addressOf(folder), modelUrl('')];
  if (!address.startsWith(shipped)) return null;
  try {
    const { files } = await (await fetch(modelUrl('manifest.json'))).json();
    return sizeIn(files, address.slice(shipped.length)) || null;
  } catch {
    return null; // it is only good to know
  }
}

/**
 * The bytes of these folders' weights that the browser does not keep already; null unless all of them are known.
 * @param {readonly string[]} folders
 * @returns {Promise<number | null>}
 */
export async function bytesToCome(folders) {
  const kept = await models().catch(() => []);
  const isKept = (/** @type {string} */ folder) =>
    kept.some(({ url, complete }) => complete && url === addressOf(folder));
  const sizes = await Promise.all(folders.map((folder) => (isKept(folder) ? 0 : bytesOf(folder))));
  return sizes.reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0);
}

/**
 * @param {Files} files
 * @param {string} folder
 */
function sizeIn(files, folder) {
  const own = Object.keys(files).filter((file) => file.startsWith(folder));
  // Of a file that is there in half precision too, only that is fetched.
  const needed = own.filter(
    (file) => !own.includes(file.replace(/\.safetensors$/, HALF)) || file.endsWith(HALF),
  );
  return needed.reduce((sum, file) => sum + files[file].size, 0);
}
