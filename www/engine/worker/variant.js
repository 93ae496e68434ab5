// Which weight files of a folder are loaded: the plain ones, or a variant of them, as diffusers and transformers name it.

import { find } from './kept.js';
import { lengthOf } from './probe.js';

/**
 * @typedef {import('./folder.js').Folder} Folder
 * @typedef {import('./load.js').Part} Part
 *
 * @typedef {object} Files where a part's weights may be
 * @property {string} file all of them in one
 * @property {readonly string[]} indexes of shards, if there is no such file
 * @property {string | null} variant
 *
 * @typedef {object} Choice
 * @property {Part} part
 * @property {readonly Files[]} files those that are there are loaded, the first of them
 * @property {number | null} length of the file that is expected, if it is known before it is read
 */

/** The variant with weights in half precision. */
const HALF = 'fp16';

/**
 * The files of a part.
 * @param {Part} part
 * @param {string | null} variant
 * @returns {Files}
 */
export function filesOf({ weights }, variant) {
  const [name, end] = [`${weights}.safetensors`, '.index.json'];
  if (!variant) return { file: name, indexes: [name + end], variant: null };
  const file = `${weights}.${variant}.safetensors`;
  // diffusers writes the first; older versions wrote the second.
  return { file, indexes: [`${name}.index.${variant}.json`, file + end], variant };
}

/**
 * Chooses the files of each part. Only one variant can be asked for by name. `auto` takes the half-precision file where a
 * folder has one, unless the weights are to be kept in `f32`.
 *
 * Asking for a file that is not there costs a request, and the browser logs it as an error. So a folder of one part, which is
 * mostly small, has its plain file taken if there is one; and of several parts, the main one speaks for the others.
 * @param {readonly Part[]} parts
 * @param {{ variant?: string | null, dtype?: string }} target
 * @param {Folder} folder
 * @returns {Promise<Choice[]>}
 */
export async function choose(parts, { variant = 'auto', dtype }, folder) {
  const lengthIn = async (/** @type {Part} */ part, /** @type {string | null} */ variant) =>
    parts.length > 1 ? lengthBefore(filesOf(part, variant).file, folder) : null;
  if (variant !== 'auto') {
    return Promise.all(
      parts.map(async (part) => ({
        part,
        files: [filesOf(part, variant)],
        length: (await lengthIn(part, variant)) ?? null,
      })),
    );
  }
  const main = parts.find(({ isMain }) => isMain);
  const mayBeHalf = main !== undefined && parts.length > 1 && dtype !== 'f32';
  const mainLength = mayBeHalf ? await lengthIn(main, HALF) : undefined;
  return Promise.all(
    parts.map(async (part) => {
      const [plain, half] = [filesOf(part, null), filesOf(part, HALF)];
      if (mainLength !== undefined) {
        const length = part === main ? mainLength : await lengthIn(part, HALF);
        if (length !== undefined) return { part, files: [half, plain], length };
      }
      const files = main ? [plain, half] : [plain];
      return { part, files, length: (await lengthIn(part, null)) ?? null };
    }),
  );
}

/**
 * The length of a file before it is read: null if nobody says it, undefined if the file is not there. A copy in the cache
 * counts, because there may be no network.
 * @param {string} file
 * @param {Folder} folder
 * @returns {Promise<number | null | undefined>}
 */
async function lengthBefore(file, folder) {
  const url = folder.address(file);
  const shipped = await folder.manifest.find(url);
  if (shipped) return shipped.size;
  if (await folder.manifest.ships(folder.url)) return undefined;
  const kept = await find(url);
  return kept?.isWhole ? kept.size : lengthOf(url, folder.signal);
}
