// GANs in the engine.

import { Loader } from '../../pkg/hearth.js';

/** @type {import('./kinds.js').Kind} */
export const gan = {
  name: 'a GAN',
  tasks: ['unconditional-image-generation'],
  file: 'config.json',
  sign: 'model_type "gan"',
  recognises: ({ model_type }) => model_type === 'gan',

  async prepare(folder, { device }) {
    const config = await folder.text('config.json');
    const unread = ['pytorch_model.bin', 'pytorch_model.bin.index.json'];
    return {
      newLoader: () => Loader.gan(config, device),
      parts: [{ name: 'model', weights: 'model', unread }],
    };
  },

  start: (pipeline, { options }) => pipeline.start(options),

  report({ seed, count }, pictures) {
    const { rgba, scores, latents, class_labels } = pictures;
    const buffers = [rgba, scores, latents, ...(class_labels ? [class_labels] : [])];
    return [{ ...pictures, seed, count }, buffers.map(({ buffer }) => buffer)];
  },
};
