// unconditional-image-generation: pictures from noise.

import { describe } from '../engine/page/remote.js';
import { diffuse, finished } from './diffusion.js';
import { ganPipeline, vaePipeline } from './digits.js';

/**
 * @typedef {import('../types.d.ts').DiffusionOptions} DiffusionOptions
 * @typedef {import('../engine/page/remote.js').Remote} Remote
 */

/**
 * What makes the pipeline of each kind of model.
 * @type {Record<import('../types.d.ts').ImagePipeline['info']['kind'], (remote: Remote) => import('../types.d.ts').ImagePipeline>}
 */
const KINDS = { gan: ganPipeline, vae: vaePipeline, diffusion: diffusionPipeline };

/** @param {Remote} remote @returns {import('../types.d.ts').ImagePipeline} */
export function imagePipeline(remote) {
  const { kind } = /** @type {{ kind: keyof typeof KINDS }} */ (remote.loaded.info);
  return KINDS[kind](remote);
}

/** @param {Remote} remote @returns {import('../types.d.ts').DiffusionPipeline} */
function diffusionPipeline(remote) {
  const stream = (/** @type {DiffusionOptions} */ { signal, ...options } = {}) =>
    diffuse(remote, { options }, signal);
  const draw = (/** @type {DiffusionOptions} */ options) => finished(stream(options));
  return /** @type {any} */ (describe(remote, draw, { stream }));
}
