// What the benchmark of a GAN's learning runs inside the page, through the public API.

import { heapBytes } from './in-page.js';

/** The attributes of `<hearth-training>` in index.html. */
const OPTIONS = {
  learning_rate: 4e-4,
  betas: /** @type {const} */ ([0.5, 0.999]),
  discriminator_steps: 2,
  label_smoothing: 0.1,
  mismatched_labels: 0.25,
};

/** @param {string} device */
async function begin(device) {
  const { pipeline } = await import('../www/hearth.js');
  return pipeline('gan-training', '/models/gan-mnist', {
    device: /** @type {any} */ (device),
    data: '/data/mnist',
  });
}

/**
 * Trains for some minutes: the steps done, when the first pictures had come, in ms, and the checkpoint in base 64.
 * @param {string} device
 * @param {number} minutes
 */
export async function learn(device, minutes) {
  const started = performance.now();
  const train = await begin(device);
  let [steps, first] = [0, 0];
  for await (const event of train.stream({ ...OPTIONS, seed: 1, sample_every: 10 })) {
    if (event.type !== 'step') continue;
    steps = event.step_index;
    if (event.images) first ||= performance.now() - started;
    if (performance.now() - started > minutes * 60_000) break;
  }
  const checkpoint = await base64(await train.save());
  await train.dispose();
  return { steps, first, checkpoint };
}

/** @param {Blob} blob @returns {Promise<string>} */
async function base64(blob) {
  const reader = new FileReader();
  reader.readAsDataURL(blob);
  await new Promise((resolve) => reader.addEventListener('load', resolve, { once: true }));
  return String(reader.result).replace(/^.*,/, '');
}

/**
 * The engine's heap after each tenth of so many small steps.
 * @param {string} device
 * @param {number} steps
 */
export async function heaps(device, steps) {
  const train = await begin(device);
  const sizes = [];
  for (let tenth = 0; tenth < 10; tenth++) {
    const call = { ...OPTIONS, batch_size: 4, steps: steps / 10, resume: tenth > 0 };
    for await (const _ of train.stream(call)); // only what stays is looked at
    sizes.push(await heapBytes());
  }
  await train.dispose();
  return { sizes };
}
