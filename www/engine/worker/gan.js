// GANs in the engine.

import { GanLoader } from '../../pkg/hearth.js';
import * as source from './source.js';

/** @type {import('./load.js').Kind} */
export const gan = {
  name: 'a GAN',
  tasks: ['unconditional-image-generation'],

  async prepare({ folder, device }, signal) {
    const config = await source.text(`${folder}config.json`, signal);
    return { newLoader: () => new GanLoader(config, device), weights: 'model' };
  },

  start: (pipeline, { options }) => pipeline.start(options),

  tell({ seed, count }, pictures) {
    const { rgba, scores, latents, class_labels } = pictures;
    const buffers = [rgba, scores, latents, ...(class_labels ? [class_labels] : [])];
    return [{ ...pictures, seed, count }, buffers.map(({ buffer }) => buffer)];
  },
};
