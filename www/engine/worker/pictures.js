// What makes pictures: GANs and diffusion models, which their folders tell apart.

import { diffusion } from './diffusion.js';
import { gan } from './gan.js';
import { shippedFiles } from './load.js';
import * as source from './source.js';

/**
 * The kind of model that a folder has.
 * @param {import('./load.js').Place} place
 * @param {AbortSignal} signal
 * @returns {Promise<import('./load.js').Kind>}
 */
export async function kindOfPictures({ folder }, signal) {
  // Known without asking for what is not there, about which a browser complains in its console.
  if ((await shippedFiles(folder, signal)).includes('model.safetensors')) return gan;
  const index = await source.optionalText(`${folder}model_index.json`, signal);
  // Some hosts answer with a web page when there is no file.
  return index === undefined || index.trimStart().startsWith('<') ? gan : diffusion(index);
}
