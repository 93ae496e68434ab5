// The kinds of models that the engine runs, and how a folder says which one it holds.
// A new kind is a file that describes it, and one more entry here.

import { withoutQuery } from '../address.js';
import { HearthError } from '../errors.js';
import { diffusion } from './diffusion.js';
import { gan } from './gan.js';
import { ganTraining } from './gan-training.js';
import { gpt2 } from './gpt2.js';
import { isObject, parse } from './json.js';
import { story } from './story.js';
import { vae } from './vae.js';

/**
 * @typedef {import('./folder.js').Folder} Folder
 *
 * @typedef {object} Target where a model is to run, and how its weights are kept
 * @property {import('../../pkg/hearth.js').DeviceHandle} device
 * @property {string} [dtype]
 * @property {string | null} [variant] which of a folder's weight files: null the plain ones. Default: `auto`
 * @property {boolean} [offload] whether the text encoder leaves the device when prompts are encoded
 * @property {import('./training.js').Digits} [data] what it is trained on
 *
 * @typedef {object} Kind what the engine must know of a kind of model
 * @property {string} name for messages
 * @property {readonly string[]} tasks what it can be loaded for
 * @property {'model_index.json' | 'config.json'} file where its folders say what they are
 * @property {string} sign what they say there, for messages
 * @property {(json: Record<string, any>) => boolean} recognises whether that file is one of its own
 * @property {(json: Record<string, any>) => What} [describe] what such a folder has, where not every one is for all tasks
 * @property {false} [isShared] where each that is loaded is one of its own, because calls change it
 * @property {readonly string[]} [wanted] other files that each of its folders is asked for
 * @property {(folder: Folder, target: Target) => Promise<import('./load.js').Prepared>} prepare reads the small files
 * @property {(pipeline: any, params: any, signal: AbortSignal) => any} start begins a call, now or later
 * @property {(run: any) => any} [opening] the call's first event
 * @property {(run: any, step: any) => [event: any, transfer?: Transferable[]]} report a step as an event, with the buffers to transfer
 * @property {Readonly<Record<string, (pipeline: any, params: any) => any>>} [methods] what else can be asked of it
 *
 * @typedef {object} What what a folder has
 * @property {string} name for messages
 * @property {readonly string[]} tasks what it can be loaded for
 *
 * @typedef {What & { kind: Kind }} Found
 */

/** @type {readonly Kind[]} */
const KINDS = [gan, ganTraining, vae, diffusion, story, gpt2];

const INDEX = 'model_index.json';
const CONFIG = 'config.json';

/** @param {string} task */
const kindsFor = (task) => KINDS.filter(({ tasks }) => tasks.includes(task));

/** Whether all who load a model for this task can have the same one. @param {string} task */
export const isShared = (task) => kindsFor(task).every((kind) => kind.isShared !== false);

/**
 * The files that can say what a folder for this task holds, in the order in which they are asked.
 * @param {string} task
 */
export function identifyingFiles(task) {
  return kindsFor(task).some(({ file }) => file === INDEX) ? [INDEX, CONFIG] : [CONFIG];
}

/**
 * What a folder holds. It need not be for the task.
 * @param {string} task
 * @param {Folder} folder
 * @returns {Promise<Found>}
 */
export async function recognise(task, folder) {
  if (identifyingFiles(task).includes(INDEX) && !(await hasWeightsAtTop(folder))) {
    const index = await folder.optionalText(INDEX);
    if (index !== undefined) return read(task, folder, INDEX, index);
  }
  const config = folder.text(CONFIG);
  const kinds = kindsFor(task);
  // A task of one kind can ask for that kind's other files without waiting for the first.
  if (kinds.length === 1) for (const file of kinds[0].wanted ?? []) folder.text(file);
  return read(task, folder, CONFIG, await config);
}

/**
 * Whether a folder ships with Hearth and has its weights at the top. Then it has no `model_index.json`, and not asking for it
 * spares the browser's console a message about a missing file.
 * @param {Folder} folder
 */
async function hasWeightsAtTop(folder) {
  return (await folder.manifest.find(folder.address('model.safetensors'))) !== undefined;
}

/** @param {string} task @param {Folder} folder @param {Kind['file']} file @param {string} text @returns {Found} */
function read(task, folder, file, text) {
  const refused = (/** @type {string} */ what) =>
    new HearthError('unsupported-model', `${withoutQuery(folder.address(file))} ${what}`);
  /** @type {unknown} */
  let json;
  try {
    json = parse(text);
  } catch (error) {
    throw refused(`is no JSON: ${/** @type {Error} */ (error).message}`);
  }
  if (!isObject(json)) throw refused('is no JSON object');
  const kinds = KINDS.filter((kind) => kind.file === file && kind.recognises(json));
  // Folders of a GAN are for a kind that draws, and for one that is trained.
  const kind = kinds.find(({ tasks }) => tasks.includes(task)) ?? kinds[0];
  if (kind) {
    const tasks = kinds.flatMap(({ tasks }) => tasks);
    return { name: kind.name, tasks, ...kind.describe?.(json), kind };
  }
  const known = new Set(KINDS.map(({ name, file, sign }) => `${name} (${file} with ${sign})`));
  throw refused(`has ${described(json)}; Hearth loads ${[...known].join(', ')}`);
}

/** What a file says about its folder's model. @param {Record<string, any>} json */
function described(json) {
  const names = ['model_type', '_class_name'].filter((name) => typeof json[name] === 'string');
  if (names.length > 0) return names.map((name) => `${name} "${json[name]}"`).join(' and ');
  const keys = Object.keys(json).slice(0, 5);
  return `no model_type and no _class_name${keys.length > 0 ? `, but ${keys.join(', ')}` : ''}`;
}
