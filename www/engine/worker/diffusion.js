// Diffusion models in the engine: folders as diffusers lays them out.

import { DiffusionLoader } from '../../pkg/hearth.js';
import * as source from './source.js';

/**
 * The kind of a folder with this `model_index.json`.
 * @param {string} index
 * @returns {import('./load.js').Kind}
 */
export const diffusion = (index) => ({
  name: 'a diffusion model',
  tasks: ['unconditional-image-generation', 'image-to-image'],

  async prepare({ folder, device }, signal) {
    const [unet, scheduler] = await Promise.all([
      part(folder, 'unet/', 'config.json', signal),
      part(folder, 'scheduler/', 'scheduler_config.json', signal),
    ]);
    const weights = `${unet.within}diffusion_pytorch_model`;
    const newLoader = () => new DiffusionLoader(unet.text, scheduler.text, index, device);
    return { newLoader, weights, pickled: `${weights}.bin` };
  },

  start: (pipeline, { options, image, mask }) => pipeline.start(options, image, mask),

  tell({ seed }, { previews = [], ...step }) {
    const shown = previews.map((/** @type {[string, Uint8ClampedArray]} */ [, rgba]) => rgba);
    const arrays = [...shown, step.rgba, step.latents, step.class_labels];
    const buffers = arrays.filter((array) => array).map(({ buffer }) => buffer);
    return [{ ...step, previews, seed }, buffers];
  },
});

/**
 * A file of one part of the pipeline. The oldest folders have all their files at the top.
 * @param {string} folder
 * @param {string} within
 * @param {string} file
 * @param {AbortSignal} signal
 */
async function part(folder, within, file, signal) {
  const text = await source.optionalText(folder + within + file, signal);
  if (text !== undefined) return { within, text };
  const atTop = await source.optionalText(folder + file, signal);
  if (atTop !== undefined) return { within: '', text: atTop };
  throw new source.Absent(folder + within + file);
}
