// Hearth's public API. The contract, with docs, is types.d.ts.

import { folderAddress, hubAddress } from './engine/address.js';
import { CODES, HearthError } from './engine/errors.js';
import { Remote } from './engine/page/remote.js';
import { configure, located, modelUrl } from './engine/page/settings.js';
import { digitsOf, loadDigits } from './tasks/data.js';
import { ganTrainingPipeline } from './tasks/gan-training.js';
import { imageToImagePipeline } from './tasks/image-to-image.js';
import { imagePipeline } from './tasks/images.js';
import { openStory } from './tasks/open-story.js';
import { textToImagePipeline } from './tasks/text-to-image.js';
import { textPipeline } from './tasks/text.js';

export { CODES, HearthError, configure, loadDigits, modelUrl };

/**
 * The values that a loading option can have.
 * @typedef {{ has: (value: any) => boolean, what: string }} Values
 */

/** @param {readonly unknown[]} values @returns {Values} */
const oneOf = (...values) => ({ has: (value) => values.includes(value), what: values.join(', ') });

/** @type {Record<string, Values>} */
const LOADING = {
  device: oneOf('auto', 'webgpu', 'cpu'),
  dtype: oneOf('auto', 'f32', 'f16', 'q8'),
  variant: {
    has: (value) => value === null || (typeof value === 'string' && /^[\w.-]*$/.test(value)),
    what: "'auto', the variant that the names of files have, such as 'fp16', or null for the plain files",
  },
};
/** Those of models that may have a text encoder. */
const PROMPTED = { ...LOADING, offload: oneOf(true, false) };

/** Those of a training, whose weights are its own. What its data is, `digitsOf` says. */
const TRAINED = { device: LOADING.device, data: { has: () => true, what: 'pictures' } };

/** Those of a story, which has a writer and an illustrator. Where the latter is, `where` says. */
const TOLD = { ...PROMPTED, illustrator: { has: () => true, what: 'the URL of a folder' } };

/**
 * Every task: what makes its pipeline, its loading options, and what is read on the page before. A task of several models opens
 * them by itself.
 * @typedef {{
 *   create: (remote: Remote) => any,
 *   options: Record<string, Values>,
 *   read?: (given: any, how: import('./types.d.ts').PipelineOptions) => Promise<Record<string, unknown>>,
 * } | {
 *   open: (model: string | URL, how: How, given: any, calls: Calls) => Promise<any>,
 *   options: Record<string, Values>,
 * }} Task
 *
 * @typedef {{ device: string, dtype: string, variant: string | null, offload: boolean }} How
 * @typedef {Pick<import('./types.d.ts').PipelineOptions, 'signal' | 'onProgress'>} Calls
 * @type {Record<string, Task>}
 */
const TASKS = {
  'unconditional-image-generation': { create: imagePipeline, options: LOADING },
  'text-to-image': { create: textToImagePipeline, options: PROMPTED },
  'image-to-image': { create: imageToImagePipeline, options: PROMPTED },
  'text-generation': { create: textPipeline, options: LOADING },
  'gan-training': {
    create: ganTrainingPipeline,
    options: TRAINED,
    read: async ({ data }, how) => ({ data: await digitsOf(data, how) }),
  },
  'illustrated-story': {
    options: TOLD,
    async open(model, how, { illustrator }, calls) {
      // Other files and a text encoder are something that only an illustrator may have.
      const writer = { ...where(model), ...how, variant: 'auto', offload: false };
      return openStory({ writer, illustrator: { ...where(illustrator, 'illustrator'), ...how } }, calls);
    },
  },
};

/** @type {typeof import('./types.d.ts').pipeline} */
export async function pipeline(
  /** @type {string} */ task,
  /** @type {string | URL} */ model,
  /** @type {import('./types.d.ts').DiffusionPipelineOptions & { data?: any, illustrator?: any }} */ {
    signal,
    onProgress,
    ...given
  } = {},
) {
  if (!Object.hasOwn(TASKS, task)) {
    throw invalid(`there is no task ${task}; there is ${Object.keys(TASKS).join(', ')}`);
  }
  const chosen = TASKS[task];
  const { options } = chosen;
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(options, name)) {
      const known = Object.keys(options).join(', ');
      throw invalid(`there is no option ${name}; ${task} takes ${known}, signal, onProgress`);
    }
    const isDefault = value === undefined || (value === null && name !== 'variant');
    if (!isDefault && !options[name].has(value)) {
      throw invalid(`${name} is ${value}; it must be ${options[name].what}`);
    }
  }
  const { device, dtype, variant = 'auto', offload } = given;
  const how = {
    device: device ?? 'auto',
    dtype: dtype ?? 'auto',
    variant: variant || null,
    offload: !!offload,
  };
  if ('open' in chosen) return chosen.open(model, how, given, { signal, onProgress });
  const more = await chosen.read?.(given, { signal, onProgress });
  const remote = new Remote({ task, ...where(model), ...how, ...more });
  await remote.load({ signal, onProgress });
  return chosen.create(remote);
}

/** @param {string} message */
function invalid(message) {
  return new HearthError('invalid-option', message);
}

/**
 * What to load: the folder's address and, if it has the form of a name on the Hub, what it would be there.
 * @param {string | URL} model
 * @param {string} [name] for messages
 */
function where(model, name = 'model') {
  try {
    if (model === undefined || model === null) throw new TypeError();
    return { model: folderAddress(located(model), document.baseURI), onHub: hubAddress(model) };
  } catch {
    throw invalid(`${name} is ${model}; it must be the URL of a folder`);
  }
}
