// The options of a training: what they are by default, and what provokes a failure worth seeing.

/** Those that can be changed while it runs. @satisfies {import('../attributes.js').ValueKinds} */
export const OPTIONS = /** @type {const} */ ({
  learning_rate: 'number',
  batch_size: 'number',
  discriminator_steps: 'number',
  label_smoothing: 'number',
  mismatched_labels: 'number',
  loss: 'name',
  optimizer: 'name',
  betas: 'numbers',
  weight_clip: 'number',
});

/** Those of a call that trains. @satisfies {import('../attributes.js').ValueKinds} */
export const CALL = /** @type {const} */ ({ steps: 'number', sample_every: 'number' });

/** What an option is where no attribute asks for it: the engine's own defaults. */
export const DEFAULTS = Object.freeze({
  learning_rate: 2e-4,
  batch_size: 64,
  discriminator_steps: 1,
  label_smoothing: 0,
  mismatched_labels: 0,
  loss: 'bce',
  optimizer: 'Adam',
  betas: /** @type {readonly [number, number]} */ ([0.9, 0.999]),
  weight_clip: 0.01,
});

/** The values that a menu offers. @type {Readonly<Record<string, readonly string[]>>} */
export const CHOICES = { loss: ['bce', 'hinge', 'wasserstein'], optimizer: ['Adam', 'SGD'] };

/**
 * Options that make a training fail in a way that is known, so that it can be watched.
 * @type {Readonly<Record<'overpower' | 'collapse', import('../../types.d.ts').TrainingOptions>>}
 */
export const EXPERIMENTS = {
  // A discriminator that learns eight times for each time that the generator does, and is told to be sure.
  overpower: { ...DEFAULTS, discriminator_steps: 8, learning_rate: 4e-4 },
  // Large steps with much momentum and few examples: the generator runs to what fools the discriminator now.
  collapse: { ...DEFAULTS, learning_rate: 2e-3, batch_size: 16, betas: [0.95, 0.999] },
};

/**
 * Those of some options that are not what they are by default.
 * @param {object} defaults
 * @param {object} options
 */
export function changedFrom(defaults, options) {
  const changed = Object.entries(options).filter(
    ([name, value]) => name in defaults && String(value) !== String(Reflect.get(defaults, name)),
  );
  return Object.fromEntries(changed);
}
