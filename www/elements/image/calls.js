// Calls of a model, with a prompt or without.

/**
 * @typedef {import('../../types.d.ts').DiffusionPipeline} DiffusionPipeline
 * @typedef {import('../../types.d.ts').TextToImagePipeline} TextToImagePipeline
 * @typedef {DiffusionPipeline | TextToImagePipeline} Drawing
 */

/**
 * Starts a call. A model with prompts takes its prompt before the options.
 * @param {Drawing} model
 * @param {Record<string, any>} options
 * @returns {AsyncGenerator<import('../../types.d.ts').DiffusionEvent, void, void>}
 */
export function streamOf(model, options) {
  if (!model.info.prompts) return /** @type {DiffusionPipeline} */ (model).stream(options);
  const { prompt, ...others } = options;
  return /** @type {TextToImagePipeline} */ (model).stream(prompt, others);
}

/**
 * The pictures of a call.
 * @param {Drawing} model
 * @param {Record<string, any>} options
 */
export async function draw(model, options) {
  for await (const event of streamOf(model, { ...options, preview: 'none' })) {
    if (event.type === 'complete') return event.images;
  }
  return [];
}
