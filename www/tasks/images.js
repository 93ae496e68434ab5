// unconditional-image-generation: pictures from noise.

import { describe } from '../engine/page/remote.js';
import { diffuse, finished } from './diffusion.js';

/**
 * @typedef {import('../types.d.ts').GanOptions} GanOptions
 * @typedef {import('../types.d.ts').JudgedImage} JudgedImage
 * @typedef {import('../types.d.ts').DiffusionOptions} DiffusionOptions
 * @typedef {import('../engine/page/remote.js').Remote} Remote
 */

/** @param {Remote} remote @returns {import('../types.d.ts').ImagePipeline} */
export function imagePipeline(remote) {
  return remote.loaded.info.kind === 'gan' ? ganPipeline(remote) : diffusionPipeline(remote);
}

/** @param {Remote} remote @returns {import('../types.d.ts').DiffusionPipeline} */
function diffusionPipeline(remote) {
  const stream = (/** @type {DiffusionOptions} */ { signal, ...options } = {}) =>
    diffuse(remote, { options }, signal);
  const draw = (/** @type {DiffusionOptions} */ options) => finished(stream(options));
  return /** @type {any} */ (describe(remote, draw, { stream }));
}

/** @param {Remote} remote @returns {import('../types.d.ts').GanPipeline} */
function ganPipeline(remote) {
  const draw = async (/** @type {GanOptions} */ options = {}) => {
    /** @type {JudgedImage[]} */
    let images = [];
    for await (const event of stream(options)) images = event.images;
    return images;
  };

  /** @returns {AsyncGenerator<import('../types.d.ts').GanEvent, void, void>} */
  async function* stream(/** @type {GanOptions} */ { signal, ...options } = {}) {
    /** @type {JudgedImage[]} */
    const images = [];
    let [step_index, seed] = [0, 0];
    for await (const step of remote.run({ options }, signal)) {
      images.push(...judged(step, remote.loaded.info));
      seed = step.seed;
      const fraction = images.length / step.count;
      yield { type: 'step', step_index: step_index++, fraction, seed, images: [...images] };
    }
    yield { type: 'complete', seed, images };
  }

  return /** @type {any} */ (describe(remote, draw, { stream }));
}

/** @param {any} step @param {{ image_size: number, latent_dim: number }} info */
function judged({ rgba, scores, latents, class_labels, seed }, { image_size, latent_dim }) {
  const area = image_size * image_size * 4;
  return Array.from(scores, (score, index) => {
    const pixels = rgba.slice(index * area, (index + 1) * area);
    return Object.assign(new ImageData(pixels, image_size, image_size), {
      score,
      seed,
      latents: latents.slice(index * latent_dim, (index + 1) * latent_dim),
      ...(class_labels && { class_label: class_labels[index] }),
    });
  });
}
