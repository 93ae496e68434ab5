// GPT-2 in the engine.

import { Loader } from '../../pkg/hearth.js';

/** Where transformers keeps weights besides `model.safetensors`. */
const UNREAD = ['pytorch_model.bin', 'pytorch_model.bin.index.json', 'tf_model.h5', 'flax_model.msgpack'];

/** @type {import('./kinds.js').Kind} */
export const gpt2 = {
  name: 'a GPT-2',
  tasks: ['text-generation'],
  file: 'config.json',
  sign: 'model_type "gpt2"',

  // The oldest configs have no model_type, but a class of GPT-2's, or its names of sizes.
  recognises({ model_type, architectures, n_embd, n_layer }) {
    if (model_type !== undefined) return model_type === 'gpt2';
    const classes = Array.isArray(architectures) ? architectures.map(String) : [];
    return classes.some((name) => name.startsWith('GPT2')) || (n_embd !== undefined && n_layer !== undefined);
  },

  wanted: ['tokenizer.json', 'generation_config.json'],

  async prepare(folder, { device, dtype = 'auto' }) {
    const [config, tokenizer, defaults] = await Promise.all([
      folder.text('config.json'),
      tokenizerFiles(folder),
      folder.optionalText('generation_config.json'),
    ]);
    const { json, vocab, merges } = tokenizer;
    const newLoader = () => Loader.gpt2(config, json, vocab, merges, defaults, dtype, device);
    return { newLoader, parts: [{ name: 'model', weights: 'model', unread: UNREAD }] };
  },

  start: (pipeline, { prompt, options }) => pipeline.start(prompt, options),

  opening: ({ seed, prompt_ids }) => ({ type: 'start', seed, prompt_ids: [...prompt_ids] }),

  report: (_, step) => [step],

  methods: {
    attention: (pipeline, { prompt, options }) => pipeline.attention(prompt, options),
    score: (pipeline, { prompt, options }) => pipeline.score(prompt, options),
  },
};

/**
 * `tokenizer.json`, or the two files that older checkpoints have instead.
 * @param {import('./folder.js').Folder} folder
 */
async function tokenizerFiles(folder) {
  const json = await folder.optionalText('tokenizer.json');
  if (json !== undefined) return { json };
  const [vocab, merges] = await Promise.all(
    ['vocab.json', 'merges.txt'].map((file) => folder.optionalText(file)),
  );
  return { vocab, merges };
}
