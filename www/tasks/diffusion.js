// The events and pictures of a diffusion model's calls, from noise or from a picture.

/**
 * @typedef {import('../types.d.ts').DiffusionEvent} DiffusionEvent
 * @typedef {import('../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('../types.d.ts').GeneratedImage} GeneratedImage
 */

/**
 * Runs a call.
 * @param {import('../engine/page/remote.js').Remote} remote
 * @param {{ options: object, image?: Uint8ClampedArray, mask?: Uint8ClampedArray }} params
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<DiffusionEvent, void, void>}
 */
export async function* diffuse(remote, params, signal) {
  for await (const event of remote.run(params, signal)) {
    const { type, seed, step_index, num_steps, timestep } = event;
    /** @type {DiffusionInfo} */
    const info = remote.loaded.info;
    if (type === 'step') {
      /** @type {[string, ImageData[]][]} */
      const previews = event.previews.map(
        (/** @type {[string, Uint8ClampedArray<ArrayBuffer>]} */ [kind, rgba]) => [
          kind,
          imagesOf(rgba, info),
        ],
      );
      const fraction = (step_index + 1) / num_steps;
      const [[, images] = ['none', []]] = previews;
      const shown = { images, previews: Object.fromEntries(previews) };
      yield { type, step_index, num_steps, timestep, fraction, seed, ...shown };
    } else {
      yield { type, seed, images: generated(event, info) };
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

/** @param {any} event @param {DiffusionInfo} info @returns {GeneratedImage[]} */
function generated({ rgba, latents, class_labels, seed }, info) {
  const images = imagesOf(rgba, info);
  const numbers = latents.length / images.length;
  return images.map((image, index) =>
    Object.assign(image, {
      seed,
      latents: latents.slice(index * numbers, (index + 1) * numbers),
      ...(class_labels && { class_label: class_labels[index] }),
    }),
  );
}

/** @param {Uint8ClampedArray<ArrayBuffer>} rgba @param {DiffusionInfo} info */
function imagesOf(rgba, { sample_size: [height, width] }) {
  const area = height * width * 4;
  return Array.from(
    { length: rgba.length / area },
    (_, index) => new ImageData(rgba.slice(index * area, (index + 1) * area), width, height),
  );
}
