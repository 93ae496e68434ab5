// GPT-2 in the engine.

import { Gpt2Loader } from '../../pkg/hearth.js';
import * as source from './source.js';

/** @type {import('./load.js').Kind} */
export const gpt2 = {
  name: 'a GPT-2',
  tasks: ['text-generation'],

  async prepare({ folder, device, dtype = 'auto' }, signal) {
    const [config, tokenizer, defaults] = await Promise.all([
      source.text(`${folder}config.json`, signal),
      tokenizerFiles(folder, signal),
      source.optionalText(`${folder}generation_config.json`, signal),
    ]);
    const { json, vocab, merges } = tokenizer;
    const newLoader = () => new Gpt2Loader(config, json, vocab, merges, defaults, dtype, device);
    return { newLoader, weights: 'model' };
  },

  start: (pipeline, { prompt, options }) => pipeline.start(prompt, options),

  opening: ({ seed, prompt_ids }) => ({ type: 'start', seed, prompt_ids: [...prompt_ids] }),

  tell: (_, step) => [step],
};

/**
 * `tokenizer.json`, or the two files that older checkpoints have instead.
 * @param {string} folder
 * @param {AbortSignal} signal
 */
async function tokenizerFiles(folder, signal) {
  const json = await source.optionalText(`${folder}tokenizer.json`, signal);
  if (json !== undefined) return { json };
  const [vocab, merges] = await Promise.all(
    ['vocab.json', 'merges.txt'].map((file) => source.optionalText(folder + file, signal)),
  );
  return { vocab, merges };
}
