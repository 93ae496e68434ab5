// Pictures of every kind that a page can have, as RGBA bytes of the size that a model takes.

import { HearthError, aborted } from '../engine/errors.js';

/**
 * @typedef {import('../types.d.ts').ImageSource} ImageSource
 * @typedef {import('../types.d.ts').FitOptions} FitOptions
 * @typedef {ImageBitmap | HTMLImageElement | HTMLCanvasElement | OffscreenCanvas} Drawable
 * @typedef {{ drawable: Drawable, width: number, height: number }} Picture
 */

const FITS = ['contain', 'cover', 'fill'];
const KINDS = 'an ImageData, ImageBitmap, Blob, image or canvas element, OffscreenCanvas, or a URL';

/** @param {string} message */
function invalid(message) {
  return new HearthError('invalid-option', message);
}

/**
 * A picture, ready to be drawn.
 * @param {string} name what it is called in messages
 * @param {ImageSource} source
 * @param {AbortSignal} [signal]
 * @returns {Promise<Picture>}
 */
export async function decode(name, source, signal) {
  const drawable = await drawableOf(name, source, signal);
  if (signal?.aborted) throw aborted();
  const { width, height } =
    drawable instanceof HTMLImageElement
      ? { width: drawable.naturalWidth, height: drawable.naturalHeight }
      : drawable;
  if (!width || !height) throw invalid(`${name} has no size: ${width} × ${height}`);
  return { drawable, width, height };
}

/** @param {string} name @param {ImageSource} source @param {AbortSignal} [signal] @returns {Promise<Drawable>} */
async function drawableOf(name, source, signal) {
  if (typeof source === 'string' || source instanceof URL) {
    return decodeBlob(name, await fetchBlob(name, source, signal));
  }
  if (source instanceof Blob) return decodeBlob(name, source);
  if (source instanceof HTMLImageElement) {
    await source.decode().catch(() => {
      throw invalid(`${name} is an image element without a picture, or with a broken one`);
    });
    return source;
  }
  const canvases = [ImageBitmap, HTMLCanvasElement, OffscreenCanvas];
  if (canvases.some((kind) => source instanceof kind)) return /** @type {Drawable} */ (source);
  if (source && typeof source === 'object' && 'data' in source) return canvasOf(name, source);
  throw invalid(`${name} is ${source === null ? 'null' : typeof source}; it must be ${KINDS}`);
}

/** @param {string} name @param {string | URL} address @param {AbortSignal} [signal] */
async function fetchBlob(name, address, signal) {
  /** @type {URL} */
  let url;
  try {
    url = new URL(address, document.baseURI);
  } catch {
    throw invalid(`${name} is ${address}, which is no URL`);
  }
  const shown = url.protocol === 'data:' ? 'the data: URL' : url.href;
  try {
    const response = await fetch(url, { signal });
    if (response.ok) return await response.blob();
    throw new HearthError('network', `${shown}: ${response.status} ${response.statusText}`.trim());
  } catch (error) {
    if (signal?.aborted) throw aborted();
    if (error instanceof HearthError) throw error;
    const why = /** @type {Error} */ (error).message;
    throw new HearthError('network', `${shown} cannot be read: ${why}`);
  }
}

/** Through an image element, which knows every format of the browser's and stands still. @param {string} name @param {Blob} blob */
async function decodeBlob(name, blob) {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } catch {
    throw invalid(`${name} is no picture that this browser can read (${blob.type || 'of unknown type'})`);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** @param {string} name @param {{ data: ArrayLike<number>, width: number, height: number }} source */
function canvasOf(name, { data, width, height }) {
  const isSize = (/** @type {number} */ size) => Number.isInteger(size) && size > 0;
  if (!isSize(width) || !isSize(height) || data?.length !== width * height * 4) {
    const got = `${data?.length} numbers for ${width} × ${height} pixels`;
    throw invalid(`${name} has ${got}; it must have four for each`);
  }
  const canvas = new OffscreenCanvas(width, height);
  const pixels = new ImageData(Uint8ClampedArray.from(data), width, height);
  /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d')).putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * Refuses impossible ways to fit before anything is fetched.
 * @param {FitOptions} options
 * @returns {Required<FitOptions>}
 */
export function readFit({ fit = 'contain', background = 'black' }) {
  if (!FITS.includes(fit)) throw invalid(`fit is ${fit}; it must be ${FITS.join(', ')}`);
  if (typeof background !== 'string' || !CSS.supports('color', background)) {
    throw invalid(`background is ${background}; it must be a CSS colour`);
  }
  return { fit, background };
}

/**
 * RGBA bytes `[height, width, 4]` of a picture, all of them opaque.
 * @param {string} name
 * @param {Picture} picture
 * @param {readonly [height: number, width: number]} size
 * @param {Required<FitOptions> & { crisp?: boolean, shape?: { width: number, height: number } }} how `crisp` pixels stay
 *   squares when they are enlarged; `shape` is what to fit, when not the picture itself
 */
export function fitted(name, picture, [height, width], { fit, background, crisp, shape = picture }) {
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  );
  // The background may be transparent itself.
  for (const colour of ['black', background]) {
    context.fillStyle = colour;
    context.fillRect(0, 0, width, height);
  }
  const [across, down] = [width / shape.width, height / shape.height];
  const scale = fit === 'cover' ? Math.max(across, down) : Math.min(across, down);
  const [x, y] = fit === 'fill' ? [across, down] : [scale, scale];
  // A very long picture would be less than a pixel wide.
  const wide = Math.max(Math.round(shape.width * x), 1);
  const high = Math.max(Math.round(shape.height * y), 1);
  const [left, top] = [Math.floor((width - wide) / 2), Math.floor((height - high) / 2)];
  context.imageSmoothingEnabled = !crisp || x < 1 || y < 1;
  context.imageSmoothingQuality = 'high';
  try {
    context.drawImage(picture.drawable, left, top, wide, high);
    return context.getImageData(0, 0, width, height).data;
  } catch (error) {
    const why =
      /** @type {Error} */ (error).name === 'SecurityError'
        ? 'it comes from another site, which does not let this page read it (CORS)'
        : /** @type {Error} */ (error).message;
    throw invalid(`${name} cannot be read: ${why}`);
  }
}
