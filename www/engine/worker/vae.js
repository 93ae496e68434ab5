// VAEs of digits in the engine: a map of latents that draws, and on which a digit has its place.

import { Loader } from '../../pkg/hearth.js';
import { HearthError } from '../errors.js';

/** @type {import('./kinds.js').Kind} */
export const vae = {
  name: 'a VAE',
  tasks: ['unconditional-image-generation'],
  file: 'config.json',
  sign: 'model_type "vae"',
  recognises: ({ model_type }) => model_type === 'vae',

  async prepare(folder, { device, dtype = 'auto' }) {
    if (!['auto', 'f32'].includes(dtype)) {
      throw new HearthError('invalid-option', `dtype is ${dtype}; the weights of a VAE are kept in f32`);
    }
    const config = await folder.text('config.json');
    const unread = ['pytorch_model.bin', 'pytorch_model.bin.index.json'];
    return {
      newLoader: () => Loader.vae(config, device),
      parts: [{ name: 'model', weights: 'model', unread }],
    };
  },

  start: (pipeline, { options }) => pipeline.start(options),

  report({ seed, count }, { rgba, latents }) {
    return [{ rgba, latents, seed, count }, [rgba.buffer, latents.buffer]];
  },

  methods: {
    encode: (pipeline, { pictures }) => pipeline.encode(pictures),
  },
};
