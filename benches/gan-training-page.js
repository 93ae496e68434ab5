// What the benchmark of a GAN's training runs inside the page.

import { importTfjs, isTransposed, makeGan, readSafetensors } from './tfjs-gan.js';

const BATCH = 64;
const LATENTS = 100;
const PIXELS = 28 * 28;
/** Losses are read once in so many steps, if these do not take too long. */
const STEPS = 10;

/** Rings of ten sizes, a class each, at places that differ: what is in the pictures does not change what a step takes. @param {number} count */
function rings(count) {
  const labels = Uint8Array.from({ length: count }, (_, index) => index % 10);
  const pixels = Uint8Array.from({ length: count * PIXELS }, (_, at) => {
    const [index, x, y] = [Math.floor(at / PIXELS), at % 28, Math.floor((at % PIXELS) / 28)];
    const radius = Math.hypot(x - 11 - (index % 6), y - 11 - (index % 7));
    return Math.max(0, 255 - 100 * Math.abs(radius - 2 - labels[index]));
  });
  return { pixels, labels };
}

/**
 * Hearth's engine on this page, with a training of `count` pictures that begins. (Its public API has it in a worker.)
 * @param {string} device
 * @param {number} count
 */
async function begin(device, count) {
  const glue = await import(/** @type {any} */ ('/www/pkg/hearth.js'));
  await glue.default();
  const config = await (await fetch('/models/gan-mnist/config.json')).text();
  const handle = device === 'cpu' ? glue.DeviceHandle.cpu() : await glue.DeviceHandle.webgpu(() => {});
  const training = new glue.GanTraining(config, handle);
  const { pixels, labels } = rings(count);
  training.set_data(pixels, labels, 28, 28);
  training.start({ seed: 1, batch_size: BATCH });
  return { training, config: JSON.parse(config), pixels, labels };
}

/**
 * How long a step takes: after a third of the time, when everything is compiled, as many as fit into the rest.
 * @param {(steps: number) => Promise<unknown>} advance
 * @param {number} budget in ms
 */
async function timeSteps(advance, budget) {
  const started = performance.now();
  let last = started;
  let one = 0;
  // As a page that shows its progress would, which is what makes a block of the main thread end.
  const rest = () => /** @type {any} */ (globalThis).scheduler.yield();
  do {
    await advance(1);
    await rest();
    one = performance.now() - last;
    last += one;
    if (one > 60_000) throw new Error('a step takes over a minute');
  } while (last - started < budget / 3);
  const steps = Math.min(STEPS, Math.max(1, Math.floor(budget / 6 / one)));
  const begun = performance.now();
  let done = 0;
  do {
    await advance(steps);
    await rest();
    done += steps;
  } while (performance.now() - begun < (2 * budget) / 3);
  return { step: (performance.now() - begun) / done };
}

/** @param {string} device @param {number} budget */
export async function hearth(device, budget) {
  const { training } = await begin(device, 1024);
  return timeSteps((steps) => training.advance(steps), budget);
}

/**
 * Pictures and classes on TensorFlow.js's device.
 * @param {any} tf
 * @param {{ pixels: Uint8Array, labels: Uint8Array }} data
 */
const onDevice = (tf, { pixels, labels }) => ({
  real: tf.tensor(
    Float32Array.from(pixels, (byte) => byte / 127.5 - 1),
    [labels.length, PIXELS],
  ),
  classes: tf.cast(tf.oneHot(tf.tensor1d([...labels], 'int32'), 10), 'float32'),
});

/**
 * Pictures, classes and noise are on the device before a step cuts its batch out of them. Hearth shuffles bytes and draws noise in each.
 * @param {string} backend
 * @param {boolean} isTurned
 * @param {number} budget
 */
export async function tfjs(backend, isTurned, budget) {
  const data = await begin('cpu', 1024);
  const file = await data.training.save();
  data.training.free();
  const tf = await importTfjs(backend);
  const { step } = makeGan(tf, file, data.config, { batch: BATCH, isTurned });
  const { real, classes } = onDevice(tf, data);
  const noise = tf.randomNormal([1024, LATENTS]);
  let at = 0;
  return timeSteps(async (steps) => {
    const all = [];
    for (let index = 0; index < steps; index++, at = (at + BATCH) % 1024) {
      const cut = (/** @type {any} */ tensor) => tf.slice(tensor, [at, 0], [BATCH, -1]);
      const one = () => step(cut(real), cut(classes), cut(noise));
      all.push(tf.tidy(one));
    }
    const losses = tf.stack(all);
    await losses.data();
    tf.dispose([...all, losses]);
  }, budget);
}

/**
 * That both compute the same: by how much the first step's losses differ, and the gradients, as parts of each tensor's largest. All
 * pictures are in the batch, and the generator begins with zeros for the noise, so that it does not matter which noise is drawn; what
 * its weights learn, which does depend on it, is left out.
 * @param {string} device
 * @param {string} backend
 * @param {boolean} isTurned
 */
export async function difference(device, backend, isTurned) {
  const { training, ...data } = await begin(device, BATCH);
  const file = await training.save();
  const name = 'generator.main.0.weight';
  const { from, shape } = /** @type {{ from: number, shape: number[] }} */ (readSafetensors(file).get(name));
  const [rows, width] = shape;
  for (let row = 0; row < rows; row++) {
    file.fill(0, from + 4 * row * width, from + 4 * (row * width + LATENTS));
  }
  training.open(file);
  const [d_loss, g_loss] = await training.advance(1);
  const learnt = readSafetensors(await training.save());

  const tf = await importTfjs(backend);
  const { step, optimizers } = makeGan(tf, file, data.config, { batch: BATCH, isTurned });
  const { real, classes } = onDevice(tf, data);
  const theirs = await step(real, classes, tf.randomNormal([BATCH, LATENTS])).data();
  const losses = Math.max(Math.abs(theirs[0] - d_loss), Math.abs(theirs[1] - g_loss));

  // After one step Adam's first moments are a tenth of the gradients.
  const moments = Object.values(optimizers).flatMap((optimizer) => optimizer.accumulatedFirstMoment);
  let gradients = 0;
  for (const { originalName, variable } of moments) {
    const parameter = originalName.replace(/\/m$/, '');
    const a = await (isTransposed(parameter) ? tf.transpose(variable) : variable).data();
    const { values: b } = /** @type {{ values: Float32Array }} */ (
      learnt.get(`optimizer.${parameter}.exp_avg`)
    );
    const compared = [...b.keys()].filter((at) => parameter !== name || at % width >= LATENTS);
    const largest = compared.reduce((most, at) => Math.max(most, Math.abs(b[at])), 0);
    const furthest = compared.reduce((most, at) => Math.max(most, Math.abs(a[at] - b[at])), 0);
    gradients = Math.max(gradients, furthest / largest);
  }
  return { losses, gradients, tensors: moments.length };
}
