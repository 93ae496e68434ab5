// The options of a picture that a page or a visitor can ask for.

/** Those that the form has a field for. @satisfies {import('../attributes.js').ValueKinds} */
export const FIELDS = /** @type {const} */ ({
  prompt: 'text',
  negative_prompt: 'name',
  class_labels: 'labels',
  num_inference_steps: 'number',
  scheduler: 'name',
  eta: 'number',
  guidance_scale: 'number',
  height: 'number',
  width: 'number',
});

/** @satisfies {import('../attributes.js').ValueKinds} */
export const OPTIONS = /** @type {const} */ ({
  ...FIELDS,
  num_images_per_prompt: 'number',
  guidance_rescale: 'number',
  clip_skip: 'number',
});

/** The schedulers that are offered until a model says which it has. @type {readonly import('../../types.d.ts').SchedulerName[]} */
export const SCHEDULERS = [
  'DDIMScheduler',
  'DDPMScheduler',
  'DPMSolverMultistepScheduler',
  'EulerAncestralDiscreteScheduler',
  'EulerDiscreteScheduler',
  'LCMScheduler',
  'PNDMScheduler',
  'UniPCMultistepScheduler',
];

/** The only scheduler that takes `eta`. */
export const WITH_ETA = /** @type {const} */ ('DDIMScheduler');

/** No picture is larger. */
const MAX_SIDE = 2048;

/**
 * Height and width of a call's pictures, unless the call will be refused.
 * @param {Record<string, any>} options
 * @param {{ sample_size: readonly [number, number], size_multiple?: number }} info
 * @returns {[height: number, width: number]}
 */
export function sizeOf({ height, width }, { sample_size: [ownHeight, ownWidth], size_multiple = 1 }) {
  const side = (/** @type {any} */ asked, /** @type {number} */ own) =>
    asked > 0 && asked <= MAX_SIDE && asked % size_multiple === 0 ? asked : own;
  return [side(height, ownHeight), side(width, ownWidth)];
}
