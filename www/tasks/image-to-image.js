// image-to-image: varying a picture, repainting a part of it, enlarging a small one; and adding noise to it.

import { HearthError } from '../engine/errors.js';
import { describe } from '../engine/page/remote.js';
import { diffuse, finished } from './diffusion.js';
import { decode, fitted, readFit } from './pictures.js';
import { checkPrompts } from './prompts.js';

/**
 * @typedef {import('../types.d.ts').ImageSource} ImageSource
 * @typedef {import('../types.d.ts').ImageToImageOptions} ImageToImageOptions
 * @typedef {import('../types.d.ts').TextGuidedImageToImageOptions} TextGuidedImageToImageOptions
 * @typedef {ImageToImageOptions & Partial<TextGuidedImageToImageOptions>} Options
 * @typedef {import('./pictures.js').Picture} Picture
 */

/** No larger picture is drawn, and every browser has canvases of this size. */
const MAX_SIDE = 2048;

/** @param {import('../engine/page/remote.js').Remote} remote @returns {import('../types.d.ts').ImageToImagePipeline} */
export function imageToImagePipeline(remote) {
  /** @returns {AsyncGenerator<import('../types.d.ts').DiffusionEvent, void, void>} */
  async function* stream(
    /** @type {ImageSource} */ image,
    /** @type {Options} */ { signal, fit, background, mask_image, ...options } = {},
  ) {
    const { info } = remote.loaded;
    if (info.prompts) checkPrompts(options);
    const how = readFit({ fit, background });
    const [picture, mask] = await Promise.all([
      decode('the picture', image, signal),
      mask_image === undefined || mask_image === null ? undefined : decode('mask_image', mask_image, signal),
    ]);
    if (mask) refuseOtherShape(picture, mask);
    const size = sizeOf(options, info);
    // A small picture to follow is enlarged to crisp squares, because each of its pixels counts.
    const crisp = options.downsampling_factor !== undefined;
    const params = {
      options,
      image: fitted('the picture', picture, size, { ...how, crisp }),
      // The mask is fitted like its picture. What it does not cover is black, and stays.
      ...(mask && {
        mask: fitted('mask_image', mask, size, { ...how, background: 'black', shape: picture }),
      }),
    };
    yield* diffuse(remote, params, signal);
  }

  const edit = (/** @type {ImageSource} */ image, /** @type {Options} */ options) =>
    finished(stream(image, options));

  /** @type {import('../types.d.ts').ImageToImagePipeline['add_noise']} */
  const add_noise = async (image, given) => {
    const { signal, fit, background, ...options } = given ?? {}; // the engine then says what is missing
    const how = readFit({ fit, background });
    const picture = await decode('the picture', image, signal);
    const size = remote.loaded.info.sample_size;
    const params = { image: fitted('the picture', picture, size, how), options };
    const { rgba, alpha, seed } = await remote.call('add_noise', params, { signal });
    const { timestep, t } = options;
    const asked = { ...(timestep !== undefined && { timestep }), ...(t !== undefined && { t }) };
    return Object.assign(new ImageData(rgba, size[1], size[0]), { seed, alpha, ...asked });
  };

  return /** @type {any} */ (describe(remote, edit, { stream, add_noise }));
}

/**
 * The size that a call's pictures are fitted to. What no picture can have is left to the engine, which refuses it by name.
 * @param {{ height?: unknown, width?: unknown }} options
 * @param {import('../types.d.ts').DiffusionInfo} info
 * @returns {[height: number, width: number]}
 */
function sizeOf({ height, width }, { sample_size: [ownHeight, ownWidth] }) {
  const side = (/** @type {unknown} */ asked, /** @type {number} */ own) => {
    const number = Number(asked ?? own);
    return Number.isInteger(number) && number > 0 && number <= MAX_SIDE ? number : own;
  };
  return [side(height, ownHeight), side(width, ownWidth)];
}

/** A mask may be larger or smaller than its picture, but not of another shape. @param {Picture} picture @param {Picture} mask */
function refuseOtherShape(picture, mask) {
  const [a, b] = [picture.width * mask.height, picture.height * mask.width];
  // Sizes are whole numbers, so that shapes are equal only to within a pixel.
  if (Math.abs(a - b) <= Math.max(picture.width, picture.height, mask.width, mask.height)) return;
  const sizes = `${mask.width} × ${mask.height}, and the picture is ${picture.width} × ${picture.height}`;
  throw new HearthError('invalid-option', `mask_image is ${sizes}; both must have the same shape`);
}
