// Digits from noise: the calls of a GAN and of a VAE, and where on a VAE's map a picture is.

import { HearthError } from '../engine/errors.js';
import { describe } from '../engine/page/remote.js';
import { decode, fitted, readFit } from './pictures.js';

/**
 * @typedef {import('../types.d.ts').GanOptions} GanOptions
 * @typedef {import('../types.d.ts').VaeOptions} VaeOptions
 * @typedef {import('../types.d.ts').GeneratedImage} GeneratedImage
 * @typedef {import('../types.d.ts').ImageSource} ImageSource
 * @typedef {import('../engine/page/remote.js').Remote} Remote
 */

/** @param {Remote} remote @returns {import('../types.d.ts').GanPipeline} */
export function ganPipeline(remote) {
  return digitsPipeline(remote, {});
}

/** @param {Remote} remote @returns {import('../types.d.ts').VaePipeline} */
export function vaePipeline(remote) {
  return digitsPipeline(remote, { encode: encoder(remote) });
}

/** @param {Remote} remote @param {object} methods @returns {any} */
function digitsPipeline(remote, methods) {
  const draw = async (/** @type {GanOptions & VaeOptions} */ options = {}) => {
    /** @type {GeneratedImage[]} */
    let images = [];
    for await (const event of stream(options)) images = event.images;
    return images;
  };

  /** What both yield; a GAN's pictures have scores too. @returns {AsyncGenerator<import('../types.d.ts').VaeEvent, void, void>} */
  async function* stream(/** @type {GanOptions & VaeOptions} */ { signal, ...options } = {}) {
    /** @type {GeneratedImage[]} */
    const images = [];
    let [step_index, seed] = [0, 0];
    for await (const step of remote.run({ options }, signal)) {
      images.push(...drawn(step, remote.loaded.info));
      seed = step.seed;
      const fraction = images.length / step.count;
      yield { type: 'step', step_index: step_index++, fraction, seed, images: [...images] };
    }
    yield { type: 'complete', seed, images };
  }

  return describe(remote, draw, { stream, ...methods });
}

/** The pictures of a step. @param {any} step @param {{ image_size: number, latent_dim: number }} info */
function drawn({ rgba, scores, latents, class_labels, seed }, { image_size, latent_dim }) {
  const area = image_size * image_size * 4;
  return Array.from({ length: rgba.length / area }, (_, index) => {
    const pixels = rgba.slice(index * area, (index + 1) * area);
    return Object.assign(new ImageData(pixels, image_size, image_size), {
      seed,
      latents: latents.slice(index * latent_dim, (index + 1) * latent_dim),
      ...(scores && { score: scores[index] }),
      ...(class_labels && { class_label: class_labels[index] }),
    });
  });
}

/** @param {Remote} remote @returns {import('../types.d.ts').VaePipeline['encode']} */
function encoder(remote) {
  return async (source, { signal, fit, background, ...others } = {}) => {
    for (const name of Object.keys(others)) {
      const known = 'fit, background, signal';
      throw new HearthError('invalid-option', `there is no option ${name}; encode takes ${known}`);
    }
    const how = readFit({ fit, background });
    const sources = /** @type {readonly ImageSource[]} */ (Array.isArray(source) ? source : [source]);
    if (sources.length === 0) {
      throw new HearthError('invalid-option', 'the list of pictures is empty; encode takes at least one');
    }
    const nameOf = (/** @type {number} */ index) =>
      sources.length === 1 ? 'the picture' : `picture ${index} of the list`;
    const size = remote.loaded.info.image_size;
    const length = size * size * 4;
    const pictures = new Uint8Array(sources.length * length);
    // One after the other: a list may be long, and each picture has a canvas.
    for (const [index, source] of sources.entries()) {
      const picture = await decode(nameOf(index), source, signal);
      pictures.set(fitted(nameOf(index), picture, [size, size], how), index * length);
    }
    return remote.call('encode', { pictures }, { signal });
  };
}
