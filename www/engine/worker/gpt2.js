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

  wanted: ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json'],

  async prepare(folder, { device, dtype = 'auto' }) {
    const config = folder.text('config.json');
    const files = await textsOf(folder, gpt2.wanted ?? []);
    if (files['tokenizer.json'] === undefined) Object.assign(files, await textsOf(folder, olderFiles(files)));
    files['config.json'] = await config;
    const newLoader = () => Loader.gpt2(files, dtype, device);
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
 * The files that have the tokenizer in older folders. Newer versions of transformers write the tokens that were added into
 * tokenizer_config.json, as `added_tokens_decoder`.
 * @param {Record<string, string>} files those that are there
 */
function olderFiles(files) {
  const vocabulary = ['vocab.json', 'merges.txt'];
  const isNew = files['tokenizer_config.json']?.includes('"added_tokens_decoder"');
  return isNew ? vocabulary : [...vocabulary, 'added_tokens.json', 'special_tokens_map.json'];
}

/**
 * The texts of those of these files that are there.
 * @param {import('./folder.js').Folder} folder
 * @param {readonly string[]} names
 * @returns {Promise<Record<string, string>>}
 */
async function textsOf(folder, names) {
  const texts = await Promise.all(names.map(async (name) => [name, await folder.optionalText(name)]));
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined));
}
