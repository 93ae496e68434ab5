// The events and pictures of a diffusion model's calls, from noise, from prompts or from a picture.

import { promptsOf } from './prompts.js';

/**
 * @typedef {import('../types.d.ts').DiffusionEvent} DiffusionEvent
 * @typedef {import('../types.d.ts').GeneratedImage} GeneratedImage
 * @typedef {import('./prompts.js').Prompts} Prompts
 * @typedef {Uint8ClampedArray<ArrayBuffer>} RGBA
 * @typedef {{ height: number, width: number }} Size
 */

/**
 * Runs a call.
 * @param {import('../engine/page/remote.js').Remote} remote
 * @param {{ options: Prompts & object, image?: Uint8ClampedArray, mask?: Uint8ClampedArray }} params
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<DiffusionEvent, void, void>}
 */
export async function* diffuse(remote, params, signal) {
  for await (const event of remote.run(params, signal)) {
    const { type, seed, step_index, num_steps, timestep } = event;
    const ofPrompts = { ...textsOf(event, 'truncated'), ...textsOf(event, 'understood') };
    if (type === 'step') {
      /** @type {[string, ImageData[]][]} */
      const previews = event.previews.map((/** @type {[string, RGBA]} */ [kind, rgba]) => [
        kind,
        imagesOf(rgba, event),
      ]);
      const fraction = (step_index + 1) / num_steps;
      const [[, images] = ['none', []]] = previews;
      const shown = {
        images,
        previews: Object.fromEntries(previews),
        ...attentionsOf(event, params.options),
      };
      yield { type, step_index, num_steps, timestep, fraction, seed, ...shown, ...ofPrompts };
    } else {
      yield { type, seed, images: generated(event, params.options), ...ofPrompts };
    }
  }
}

/**
 * The pictures of a call.
 * @param {AsyncGenerator<DiffusionEvent, void, void>} events
 */
export async function finished(events) {
  /** @type {GeneratedImage[]} */
  let images = [];
  for await (const event of events) if (event.type === 'complete') images = event.images;
  return images;
}

/**
 * What was cut off each prompt, or what it was understood as; nothing if that is so of none.
 * @param {Record<string, any>} event
 * @param {'truncated' | 'understood'} name
 */
function textsOf(event, name) {
  /** @type {(string | null)[]} */
  const texts = (event[name] ?? []).map((/** @type {string | null | undefined} */ text) => text ?? null);
  return texts.some((text) => text !== null) ? { [name]: texts } : {};
}

/**
 * How much each pixel of the sample attends to each word, if that was asked for.
 * @param {{ attentions?: Float32Array, words: string[][], sample_size: ArrayLike<number> }} event
 * @param {Prompts} options
 */
function attentionsOf({ attentions: values, words: ofPrompts, sample_size }, { num_images_per_prompt }) {
  if (!values) return {};
  const length = num_images_per_prompt ?? 1;
  const words = ofPrompts.flatMap((words) => Array.from({ length }, () => words));
  return { attentions: { words, height: sample_size[0], width: sample_size[1], values } };
}

/** @param {any} event @param {Prompts} options @returns {GeneratedImage[]} */
function generated({ rgba, latents, class_labels, seed, truncated, understood, ...size }, options) {
  const images = imagesOf(rgba, size);
  const numbers = latents.length / images.length;
  const prompts = promptsOf(options, { truncated, understood }, images.length);
  return images.map((image, index) =>
    Object.assign(image, {
      seed,
      latents: latents.slice(index * numbers, (index + 1) * numbers),
      ...(class_labels && { class_label: class_labels[index] }),
      ...prompts[index],
    }),
  );
}

/** @param {RGBA} rgba @param {Size} size */
function imagesOf(rgba, { height, width }) {
  const area = height * width * 4;
  return Array.from(
    { length: rgba.length / area },
    (_, index) => new ImageData(rgba.slice(index * area, (index + 1) * area), width, height),
  );
}
