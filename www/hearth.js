// Hearth's public API. The contract, with docs, is types.d.ts.

import { folderAddress, hubAddress } from './engine/address.js';
import { CODES, HearthError } from './engine/errors.js';
import { Remote } from './engine/page/remote.js';
import { imageToImagePipeline } from './tasks/image-to-image.js';
import { imagePipeline } from './tasks/images.js';
import { textPipeline } from './tasks/text.js';

export { CODES, HearthError };

const DEVICES = ['auto', 'webgpu', 'cpu'];
const DTYPES = ['auto', 'f32', 'f16', 'q8'];

/**
 * Every task: what makes its pipeline, and the values that its loading options can have.
 * @type {Record<string, { create: (remote: Remote) => any, choices: Record<string, readonly string[]> }>}
 */
const TASKS = {
  'unconditional-image-generation': { create: imagePipeline, choices: { device: DEVICES } },
  'image-to-image': { create: imageToImagePipeline, choices: { device: DEVICES } },
  'text-generation': { create: textPipeline, choices: { device: DEVICES, dtype: DTYPES } },
};

/** @type {typeof import('./types.d.ts').pipeline} */
export async function pipeline(
  /** @type {string} */ task,
  /** @type {string | URL} */ model,
  /** @type {import('./types.d.ts').TextPipelineOptions} */ { signal, onProgress, ...options } = {},
) {
  if (!Object.hasOwn(TASKS, task)) {
    throw invalid(`there is no task ${task}; there is ${Object.keys(TASKS).join(', ')}`);
  }
  const { create, choices } = TASKS[task];
  for (const [name, values] of Object.entries(choices)) {
    const value = Reflect.get(options, name) ?? 'auto';
    if (!values.includes(value)) throw invalid(`${name} is ${value}; it must be ${values.join(', ')}`);
  }
  const known = Object.keys(choices);
  for (const name of Object.keys(options).filter((name) => !known.includes(name))) {
    throw invalid(`there is no option ${name}; ${task} takes ${known.join(', ')}, signal, onProgress`);
  }
  const { device = 'auto', dtype = 'auto' } = options;
  const remote = new Remote({ task, ...where(model), device, dtype });
  await remote.load({ signal, onProgress });
  return create(remote);
}

/** @param {string} message */
function invalid(message) {
  return new HearthError('invalid-option', message);
}

/** What to load: the folder's address and, if it has the form of a name on the Hub, what it would be there. @param {string | URL} model */
function where(model) {
  try {
    return { model: folderAddress(model, document.baseURI), onHub: hubAddress(model) };
  } catch {
    throw invalid(`model is ${model}; it must be the URL of a folder`);
  }
}
