// Digits to train on: from a folder, from a file, or a page's own.

import { HearthError } from '../engine/errors.js';
import { fetchData } from './data-file.js';
import { readIdx } from './idx.js';

/**
 * @typedef {import('../types.d.ts').Digits} Digits
 * @typedef {import('../types.d.ts').DigitsSource} DigitsSource
 */

const FILES = ['images-idx3-ubyte.gz', 'labels-idx1-ubyte.gz'];

/** The most bytes of pictures. More would leave a training no room in wasm's 4 GB. */
const MOST = 2 ** 29;

/** Whether a name is that of an IDX file, and not of a folder. @param {string} pathname */
const isFile = (pathname) => /(ubyte|\.idx\d?|\.gz)$/i.test(pathname);

/** @type {typeof import('../types.d.ts').loadDigits} */
export async function loadDigits(source, { count, signal, onProgress } = {}) {
  if (count !== undefined && !(Number.isInteger(count) && count >= 2)) {
    throw new HearthError('invalid-option', `count is ${count}; it must be a whole number from 2 on`);
  }
  const url = addressOf(source);
  const urls = isFile(url.pathname) ? [url] : FILES.map((file) => within(url, file));
  const progress = urls.map(() => ({ loaded: 0, total: /** @type {number | null} */ (null) }));
  const files = await Promise.all(
    urls.map((url, index) =>
      fetchData(url, signal, (loaded, total) => {
        progress[index] = { loaded, total };
        onProgress?.(sumOf(progress));
      }),
    ),
  );
  const [images, labels] = files;
  const pictures = await readIdx(images.name, images.bytes, { rank: 3, count });
  const [total, height, width] = pictures.sizes;
  const named = labels && (await readIdx(labels.name, labels.bytes, { rank: 1 }));
  const all = { pixels: pictures.data, labels: named?.data ?? null, height, width, count: total };
  if (named && count !== undefined && named.sizes[0] >= total) all.labels = named.data.slice(0, total);
  checkDigits(all, images.name);
  await Promise.all(files.map(({ keep }) => keep()));
  return all;
}

/**
 * The digits that a page names or has.
 * @param {DigitsSource} data
 * @param {{ signal?: AbortSignal, onProgress?: (progress: import('../types.d.ts').Progress) => void }} how
 * @returns {Promise<Omit<Digits, 'count'>>}
 */
export async function digitsOf(data, how) {
  if (typeof data === 'string' || data instanceof URL) return loadDigits(data, how);
  const what = 'the URL of a folder or of an IDX file, or { pixels, labels, height, width }';
  if (!data || typeof data !== 'object') {
    throw new HearthError(
      'invalid-option',
      `data is ${data === null ? 'null' : typeof data}; it must be ${what}`,
    );
  }
  const { pixels, labels = null, height, width } = data;
  const isBytes = (/** @type {unknown} */ bytes) => bytes instanceof Uint8Array;
  if (!isBytes(pixels) || !(labels === null || isBytes(labels))) {
    throw new HearthError(
      'data-invalid',
      'data: pixels and labels must be a Uint8Array each; labels may be null',
    );
  }
  checkDigits({ pixels, labels, height, width }, 'data');
  return { pixels, labels, height, width };
}

/** Refuses what nothing can be learnt from. @param {Omit<Digits, 'count'>} digits @param {string} name */
function checkDigits({ pixels, labels, height, width }, name) {
  const refuse = (/** @type {string} */ what) => {
    throw new HearthError('data-invalid', `${name} ${what}`);
  };
  const isSize = (/** @type {number} */ size) => Number.isInteger(size) && size > 0;
  if (!isSize(height) || !isSize(width))
    refuse(`has pictures of ${height} × ${width} pixels; both must be above 0`);
  const count = pixels.length / (height * width);
  if (!Number.isInteger(count))
    refuse(`has ${pixels.length} bytes, which are no whole pictures of ${height} × ${width}`);
  if (count < 2) refuse(`has ${count === 1 ? 'one picture' : 'no picture'}; a training needs two or more`);
  if (pixels.length > MOST)
    refuse(`has ${pixels.length} bytes of pictures; at most ${MOST} fit into a training`);
  if (labels && labels.length !== count)
    refuse(`has ${count} pictures, and there are ${labels.length} labels`);
}

/** @param {string | URL} source */
function addressOf(source) {
  try {
    return new URL(source, document.baseURI);
  } catch {
    const what = 'it must be the URL of a folder or of an IDX file';
    throw new HearthError('invalid-option', `data is ${source}; ${what}`);
  }
}

/** A file in a folder. @param {URL} folder @param {string} file */
function within(folder, file) {
  const url = new URL(folder);
  url.pathname = url.pathname.replace(/\/*$/, '/') + file;
  return url;
}

/** @param {{ loaded: number, total: number | null }[]} files */
function sumOf(files) {
  const loaded = files.reduce((sum, file) => sum + file.loaded, 0);
  const isKnown = files.every(({ total }) => total !== null);
  return { loaded, total: isKnown ? files.reduce((sum, { total }) => sum + (total ?? 0), 0) : null };
}
