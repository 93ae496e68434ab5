// Diffusion models in the engine: folders as diffusers lays them out, with or without a text encoder.

import { Loader, Scenes } from '../../pkg/hearth.js';
import { HearthError } from '../errors.js';
import { Absent } from './download.js';
import { isObject, parse } from './json.js';
import { OffloadingPipeline } from './offload.js';
import { tokenizerFiles } from './tokenizer.js';
import { UnderstandingPipeline } from './understanding.js';

/** @typedef {import('./folder.js').Folder} Folder */

const INDEX = 'model_index.json';

/** Where diffusers keeps a network's weights besides `.safetensors`. */
const OF_DIFFUSERS = {
  weights: 'diffusion_pytorch_model',
  unread: [
    'diffusion_pytorch_model.bin',
    'diffusion_pytorch_model.bin.index.json',
    'diffusion_flax_model.msgpack',
  ],
};

/**
 * The parts with weights, in the order in which they are loaded. No others are fetched: a folder's `safety_checker` has more
 * than a gigabyte.
 */
const PARTS = {
  text_encoder: {
    weights: 'model',
    unread: ['pytorch_model.bin', 'pytorch_model.bin.index.json', 'tf_model.h5', 'flax_model.msgpack'],
  },
  unet: OF_DIFFUSERS,
  vae: OF_DIFFUSERS,
};

/** Pipelines of diffusers that pass over every part but a U-Net and a scheduler. */
const OF_NOTHING_ELSE = ['DDPMPipeline', 'DDIMPipeline', 'PNDMPipeline'];

/** What a folder with a text encoder has, and what one without. */
const PROMPTED = { name: 'a text-to-image model', tasks: ['text-to-image', 'image-to-image'] };
const UNPROMPTED = {
  name: 'a diffusion model without prompts',
  tasks: ['unconditional-image-generation', 'image-to-image'],
};

/** @type {import('./kinds.js').Kind} */
export const diffusion = {
  name: 'a diffusion model',
  tasks: ['unconditional-image-generation', 'text-to-image', 'image-to-image'],
  file: INDEX,
  sign: 'a unet',

  // An index without parts has only names of classes.
  recognises(index) {
    const hasParts = Object.values(index).some(Array.isArray);
    return !hasParts || namesIn(index).includes('unet');
  },

  describe: (index) => (takesPrompts(index) ? PROMPTED : UNPROMPTED),

  async prepare(folder, { device, dtype = 'auto', offload = false }) {
    const index = await folder.text(INDEX);
    const json = parse(index);
    const names = isObject(json) && takesPrompts(json) ? namesIn(json) : [];
    // The words of its illustrator: a file that only this index names.
    const words =
      isObject(json) && names.length > 0 && typeof json.lexicon === 'string' ? json.lexicon : null;
    if (offload && !names.includes('text_encoder')) {
      throw new HearthError('invalid-option', 'offload is true, and the folder has no text_encoder');
    }
    const weighty = Object.entries(PARTS).filter(([name]) => name === 'unet' || names.includes(name));
    // The oldest folders have all their files at the top.
    const read = weighty.length === 1 ? inPartOrAtTop : inPart;
    const [scheduler, tokenizer, ...configs] = await Promise.all([
      read(folder, 'scheduler/', 'scheduler_config.json'),
      names.includes('tokenizer') ? tokenizerFiles(folder) : {},
      ...weighty.map(([name]) => read(folder, `${name}/`, 'config.json')),
    ]);
    const lexicon = words && (await folder.text(words));
    /** @type {Record<string, string>} */
    const files = {
      [INDEX]: index,
      'scheduler/scheduler_config.json': scheduler.text,
      ...tokenizer,
      ...Object.fromEntries(configs.map(({ text }, at) => [`${weighty[at][0]}/config.json`, text])),
    };
    const parts = weighty.map(([name, { weights, unread }], at) => {
      const { within } = configs[at];
      const paths = unread.map((file) => within + file);
      return { name, weights: within + weights, unread: paths, isMain: name === 'unet' };
    });
    return {
      newLoader: () => Loader.diffusion(files, dtype, device),
      parts,
      finish(pipeline, reload) {
        const finished = offload ? new OffloadingPipeline(pipeline, reload) : pipeline;
        return lexicon ? new UnderstandingPipeline(finished, new Scenes(lexicon)) : finished;
      },
    };
  },

  start: (pipeline, { options, image, mask }, signal) => pipeline.start(options, image, mask, signal),

  report({ seed, height, width, sample_size, words, truncated, understood }, { previews = [], ...step }) {
    const shown = previews.map((/** @type {[string, Uint8ClampedArray]} */ [, rgba]) => rgba);
    const arrays = [...shown, step.rgba, step.latents, step.class_labels, step.attentions];
    const buffers = arrays.filter((array) => array).map(({ buffer }) => buffer);
    return [{ ...step, previews, seed, height, width, sample_size, words, truncated, understood }, buffers];
  },

  methods: {
    add_noise: (pipeline, { image, options }) => pipeline.add_noise(image, options),
  },
};

/** The parts that an index names. One that is not there is `[null, null]`. @param {Record<string, any>} index */
function namesIn(index) {
  return Object.keys(index).filter(
    (name) =>
      Array.isArray(index[name]) && !index[name].every((/** @type {unknown} */ name) => name === null),
  );
}

/** Some folders have more than one text encoder, and some of these no first one. @param {Record<string, any>} index */
function takesPrompts(index) {
  const hasTextEncoder = namesIn(index).some((name) => name.startsWith('text_encoder'));
  return hasTextEncoder && !OF_NOTHING_ELSE.includes(index._class_name);
}

/**
 * A file of a part.
 * @param {Folder} folder
 * @param {string} within
 * @param {string} file
 */
async function inPart(folder, within, file) {
  return { within, text: await folder.text(within + file) };
}

/**
 * A file of a part, which may be at the top.
 * @param {Folder} folder
 * @param {string} within
 * @param {string} file
 */
async function inPartOrAtTop(folder, within, file) {
  const text = await folder.optionalText(within + file);
  if (text !== undefined) return { within, text };
  const atTop = await folder.optionalText(file);
  if (atTop !== undefined) return { within: '', text: atTop };
  throw new Absent(folder.address(within + file));
}
