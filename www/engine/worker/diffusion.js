// Diffusion models in the engine: folders as diffusers lays them out.

import { Loader } from '../../pkg/hearth.js';
import { Absent } from './download.js';

/** @type {import('./kinds.js').Kind} */
export const diffusion = {
  name: 'a diffusion model',
  tasks: ['unconditional-image-generation', 'image-to-image'],
  file: 'model_index.json',
  sign: 'a unet',

  // An index without parts has only names of classes.
  recognises(index) {
    const parts = Object.keys(index).filter((name) => Array.isArray(index[name]));
    return parts.length === 0 || parts.includes('unet');
  },

  async prepare(folder, { device }) {
    const [index, unet, scheduler] = await Promise.all([
      folder.text('model_index.json'),
      part(folder, 'unet/', 'config.json'),
      part(folder, 'scheduler/', 'scheduler_config.json'),
    ]);
    const weights = `${unet.within}diffusion_pytorch_model`;
    const newLoader = () => Loader.diffusion(unet.text, scheduler.text, index, device);
    const unread = [
      `${weights}.bin`,
      `${weights}.bin.index.json`,
      `${unet.within}diffusion_flax_model.msgpack`,
    ];
    return { newLoader, parts: [{ name: 'unet', weights, unread }] };
  },

  start: (pipeline, { options, image, mask }) => pipeline.start(options, image, mask),

  report({ seed }, { previews = [], ...step }) {
    const shown = previews.map((/** @type {[string, Uint8ClampedArray]} */ [, rgba]) => rgba);
    const arrays = [...shown, step.rgba, step.latents, step.class_labels];
    const buffers = arrays.filter((array) => array).map(({ buffer }) => buffer);
    return [{ ...step, previews, seed }, buffers];
  },

  methods: {
    add_noise: (pipeline, { image, options }) => pipeline.add_noise(image, options),
  },
};

/**
 * A file of one part of the pipeline. The oldest folders have all their files at the top.
 * @param {import('./folder.js').Folder} folder
 * @param {string} within
 * @param {string} file
 */
async function part(folder, within, file) {
  const text = await folder.optionalText(within + file);
  if (text !== undefined) return { within, text };
  const atTop = await folder.optionalText(file);
  if (atTop !== undefined) return { within: '', text: atTop };
  throw new Absent(folder.address(within + file));
}
