// How much there is to download, as far as that is known beforehand: of the models that ship.

import { modelUrl } from '../hearth.js';
import { models } from '../offline.js';

const WEIGHTS = '.safetensors';
const HALF = `.fp16${WEIGHTS}`;

/** @typedef {Record<string, { size: number }>} Files */

/** @type {Promise<Files> | null} */
let listed = null;

/** The weight files of the models that ship. */
function shipped() {
  listed ??= fetch(modelUrl('manifest.json'))
    .then((response) => response.json())
    .then(({ files }) => files);
  listed.catch(() => (listed = null)); // the next one tries again
  return listed;
}

/** @param {string | URL} folder */
const addressOf = (folder) => `${new URL(folder, document.baseURI).href.replace(/\/$/, '')}/`;

/**
 * The bytes of a folder's weights; null if they are not known.
 * @param {string | URL} folder
 * @returns {Promise<number | null>}
 */
export async function bytesOf(folder) {
  try {
    const [address, models] = [addressOf(folder), modelUrl('')];
    if (!address.startsWith(models)) return null;
    return sizeIn(await shipped(), address.slice(models.length)) || null;
  } catch {
    return null; // it is only good to know
  }
}

/**
 * The bytes of these folders' weights that the browser does not keep already; null unless all of them are known.
 * @param {readonly string[]} folders
 * @returns {Promise<number | null>}
 */
export async function bytesToDownload(folders) {
  const sizes = await Promise.all(folders.map(bytesOf));
  if (sizes.includes(null)) return null;
  const kept = await models().catch(() => []);
  const isKept = (/** @type {string} */ folder) =>
    kept.some(({ url, complete }) => complete && url === addressOf(folder));
  return folders.reduce((sum, folder, index) => sum + (isKept(folder) ? 0 : Number(sizes[index])), 0);
}

/**
 * @param {Files} files
 * @param {string} folder
 */
function sizeIn(files, folder) {
  const all = Object.keys(files).filter((file) => file.startsWith(folder));
  // A folder with weights of its own is a model, and what is below it are others.
  const direct = all.filter((file) => !file.slice(folder.length).includes('/'));
  const own = direct.length > 0 ? direct : all;
  // Of a file that is there in half precision too, only that is fetched.
  const needed = own.filter((file) => file.endsWith(HALF) || !own.includes(file.replace(WEIGHTS, HALF)));
  return needed.reduce((sum, file) => sum + files[file].size, 0);
}
