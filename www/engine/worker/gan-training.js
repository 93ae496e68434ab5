// GANs that are trained in the engine. Only the folder's config.json is read: weights begin at random.

import { HearthError } from '../errors.js';
import { gan } from './gan.js';
import { ROW, Training } from './training.js';

/** @type {import('./kinds.js').Kind} */
export const ganTraining = {
  ...gan,
  tasks: ['gan-training'],
  isShared: false,

  async prepare(folder, { device, data }) {
    const config = await folder.text('config.json');
    if (!data)
      throw new HearthError('invalid-option', 'data is missing; gan-training needs pictures to train on');
    const newLoader = () => ({ finish: () => new Training(config, device, data), free() {} });
    return { newLoader: /** @type {any} */ (newLoader), parts: [] };
  },

  start: (training, params, signal) => training.run(params, signal),

  report(_, { step_index, losses, rgba, verdicts }) {
    const first = step_index - losses.length / ROW;
    const arrays = [losses, ...(rgba ? [rgba, verdicts.real, verdicts.fake] : [])];
    return [{ first, losses, rgba, verdicts }, arrays.map(({ buffer }) => buffer)];
  },

  methods: {
    reset: (training, { options }) => training.reset(options),
    change: (training, { options }) => training.change(options),
    options: (training) => training.options(),
    steps: (training) => training.steps(),
    sample: async (training) => (await training.pictures()).rgba,
    save: (training) => training.save(),
    open: (training, { bytes }) => training.open(bytes),
  },
};
