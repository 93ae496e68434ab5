// The files of a tokenizer in a folder of diffusers.

import { isObject, parse } from './json.js';

/** @typedef {import('./folder.js').Folder} Folder */

const WITHIN = 'tokenizer/';

/**
 * The texts of a tokenizer's files, by their paths in the folder. Which there are differs with the version of transformers
 * that saved them, and none is asked for that is likely not to be there.
 * @param {Folder} folder
 * @returns {Promise<Record<string, string>>}
 */
export async function tokenizerFiles(folder) {
  const settings = await texts(folder, ['tokenizer_config.json']);
  // transformers 5 names a backend, and saves a tokenizer.json and nothing else.
  const isOneFile = Object.values(settings).some((text) => text.includes('"backend"'));
  const forms = [one, several];
  for (const form of isOneFile ? forms : forms.reverse()) {
    const files = await form(folder);
    if (files) return { ...settings, ...files };
  }
  await folder.text(`${WITHIN}vocab.json`); // says that it is not there
  return settings;
}

/** @param {Folder} folder */
async function one(folder) {
  const files = await texts(folder, ['tokenizer.json']);
  return Object.keys(files).length > 0 ? files : undefined;
}

/** The form of the Hub's Stable Diffusion folders. @param {Folder} folder */
async function several(folder) {
  const needed = await texts(folder, ['vocab.json', 'merges.txt']);
  if (Object.keys(needed).length < 2) return undefined;
  const more = ['special_tokens_map.json'];
  if (await hasAddedTokens(folder, needed[`${WITHIN}vocab.json`])) more.push('added_tokens.json');
  return { ...needed, ...(await texts(folder, more)) };
}

/**
 * Whether the text encoder has rows for tokens that are not in the vocabulary. Few folders have such tokens.
 * @param {Folder} folder
 * @param {string} vocabulary
 */
async function hasAddedTokens(folder, vocabulary) {
  const config = await folder.optionalText('text_encoder/config.json');
  try {
    const [tokens, encoder] = [parse(vocabulary), parse(config ?? '')];
    return !isObject(tokens) || !isObject(encoder) || Object.keys(tokens).length < encoder.vocab_size;
  } catch {
    return false; // whoever reads the damaged file refuses it
  }
}

/**
 * The texts of those of these files that are there.
 * @param {Folder} folder
 * @param {readonly string[]} names
 * @returns {Promise<Record<string, string>>}
 */
async function texts(folder, names) {
  const paths = names.map((name) => WITHIN + name);
  const found = await Promise.all(paths.map(async (path) => [path, await folder.optionalText(path)]));
  return Object.fromEntries(found.filter(([, text]) => text !== undefined));
}
