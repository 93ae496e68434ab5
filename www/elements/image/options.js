// The options of a picture that a page or a visitor can ask for.

/** @satisfies {import('../attributes.js').ValueKinds} */
export const OPTIONS = /** @type {const} */ ({
  class_labels: 'labels',
  num_inference_steps: 'number',
  scheduler: 'name',
  eta: 'number',
  guidance_scale: 'number',
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
