// text-to-image: pictures from prompts.

import { HearthError } from '../engine/errors.js';
import { describe } from '../engine/page/remote.js';
import { diffuse, finished } from './diffusion.js';
import { checkPrompts } from './prompts.js';

/**
 * @typedef {import('../types.d.ts').ImagePrompt} ImagePrompt
 * @typedef {import('../types.d.ts').TextToImageOptions} TextToImageOptions
 */

/** @param {import('../engine/page/remote.js').Remote} remote @returns {import('../types.d.ts').TextToImagePipeline} */
export function textToImagePipeline(remote) {
  /** @returns {AsyncGenerator<import('../types.d.ts').DiffusionEvent, void, void>} */
  async function* stream(
    /** @type {ImagePrompt} */ prompt,
    /** @type {TextToImageOptions} */ { signal, ...options } = {},
  ) {
    if ('prompt' in options) {
      throw new HearthError('invalid-option', 'prompt comes before the options, and is none of them');
    }
    const params = { options: { ...options, prompt } };
    checkPrompts(params.options);
    yield* diffuse(remote, params, signal);
  }

  const paint = (/** @type {ImagePrompt} */ prompt, /** @type {TextToImageOptions} */ options) =>
    finished(stream(prompt, options));

  return /** @type {any} */ (describe(remote, paint, { stream }));
}
