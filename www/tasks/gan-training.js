// gan-training: a GAN that learns on the page.

import { describe } from '../engine/page/remote.js';
import { HearthError } from '../engine/errors.js';

/**
 * @typedef {import('../types.d.ts').TrainingCall} TrainingCall
 * @typedef {import('../types.d.ts').TrainingEvent} TrainingEvent
 */

/** What a step reports in each row. */
const NAMES = /** @type {const} */ (['d_loss', 'g_loss', 'd_real', 'd_fake']);

/** @param {import('../engine/page/remote.js').Remote} remote @returns {import('../types.d.ts').GanTrainingPipeline} */
export function ganTrainingPipeline(remote) {
  /** @returns {AsyncGenerator<TrainingEvent, void, void>} */
  async function* stream(
    /** @type {TrainingCall} */ { signal, steps, sample_every, resume, ...options } = {},
  ) {
    check('steps', steps, 1);
    check('sample_every', sample_every, 0);
    let step_index = 0;
    for await (const group of remote.run({ steps, sample_every, resume, options }, signal)) {
      for (const step of stepsOf(group)) {
        const isLast = step.step_index === group.first + group.losses.length / NAMES.length;
        const shown = isLast && group.rgba ? shownAfter(group, remote.loaded.info) : {};
        step_index = step.step_index;
        yield { type: 'step', ...step, ...shown };
      }
    }
    yield { type: 'complete', step_index };
  }

  const methods = {
    stream,
    reset: async (/** @type {TrainingCall} */ { signal, ...options } = {}) => {
      await remote.call('reset', { options }, { signal });
    },
    change: async (/** @type {import('../types.d.ts').TrainingOptions} */ options) => {
      await remote.call('change', { options });
    },
    options: () => remote.call('options', {}),
    steps: () => remote.call('steps', {}),
    sample: async () => imagesOf(await remote.call('sample', {}), remote.loaded.info),
    save: async () => new Blob([await remote.call('save', {})], { type: 'application/octet-stream' }),
    open: async (/** @type {Blob | ArrayBuffer | Uint8Array} */ checkpoint) =>
      remote.call('open', { bytes: await bytesOf(checkpoint) }),
  };
  return /** @type {any} */ (describe(remote, {}, methods));
}

/** @param {string} name @param {number | undefined} value @param {number} least */
function check(name, value, least) {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  throw new HearthError('invalid-option', `${name} is ${value}; it must be a whole number from ${least} on`);
}

/**
 * The steps of a group, one after the other.
 * @param {{ first: number, losses: Float32Array }} group `first`: how many steps came before it
 */
function* stepsOf({ first, losses }) {
  for (let row = 0; row < losses.length / NAMES.length; row++) {
    const [d_loss, g_loss, d_real, d_fake] = losses.subarray(row * NAMES.length, (row + 1) * NAMES.length);
    yield { step_index: first + row + 1, d_loss, g_loss, d_real, d_fake };
  }
}

/** @param {any} group @param {{ image_size: number }} info */
function shownAfter({ rgba, verdicts }, info) {
  return { images: imagesOf(rgba, info), verdicts };
}

/** @param {Uint8ClampedArray<ArrayBuffer>} rgba @param {{ image_size: number }} info */
function imagesOf(rgba, { image_size }) {
  const area = image_size * image_size * 4;
  return Array.from(
    { length: rgba.length / area },
    (_, index) => new ImageData(rgba.slice(index * area, (index + 1) * area), image_size, image_size),
  );
}

/** @param {unknown} checkpoint */
async function bytesOf(checkpoint) {
  if (checkpoint instanceof Blob) return new Uint8Array(await checkpoint.arrayBuffer());
  if (checkpoint instanceof ArrayBuffer) return new Uint8Array(checkpoint);
  if (checkpoint instanceof Uint8Array) return checkpoint;
  const what = 'it must be what save() gave: a Blob, or its bytes';
  throw new HearthError(
    'invalid-option',
    `the checkpoint is ${checkpoint === null ? 'null' : typeof checkpoint}; ${what}`,
  );
}
