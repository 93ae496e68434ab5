// The training of a GAN: Hearth beside TensorFlow.js with the same networks, weights and step.

import { median } from './in-page.js';

const ROUNDS = 3;
const BUDGET = 15_000; // for all rounds of an engine, in ms
const TOLERANCE = 1e-3;

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} device
 * @property {string[]} tfjs the backend of TensorFlow.js, and whether its products are turned; none for Hearth
 * @property {{ step: number, block: number }[]} rounds
 * @property {string} [failure]
 */

/** @param {string} name @param {string} device @param {string[]} tfjs @returns {Row} */
const row = (name, device, ...tfjs) => ({ name, device, tfjs, rounds: [] });

const rows = () => [
  row('Hearth, CPU', 'cpu'),
  row('TensorFlow.js, wasm', 'cpu', 'wasm'),
  row('TensorFlow.js, wasm, turned', 'cpu', 'wasm', 'turned'),
  row('TensorFlow.js, cpu', 'cpu', 'cpu'),
  row('Hearth, WebGPU', 'webgpu'),
  row('TensorFlow.js, webgl', 'webgpu', 'webgl'),
  row('TensorFlow.js, webgpu', 'webgpu', 'webgpu'),
];

/**
 * @param {import('./browser.js').Bench} bench
 * @param {{ devices: string[], engines: string[] }} options
 */
export async function benchGanTraining({ inPage }, { devices, engines }) {
  const all = rows().filter(
    ({ device, tfjs }) => devices.includes(device) && engines.includes(tfjs.length ? 'tensorflow' : 'hearth'),
  );
  /** @param {Row} row @param {(row: Row) => Promise<void>} work */
  const attempt = async (row, work) => {
    if (row.failure) return;
    await work(row).catch((/** @type {Error} */ { message }) => {
      row.failure = message.split('\n')[0].replace(/^page\.evaluate: (Error: )?/, '');
    });
  };

  console.log('GAN: training gan-mnist, 64 pictures a step, Adam');
  for (const row of all.filter(({ tfjs }) => tfjs.length)) {
    await attempt(row, async ({ name, device, tfjs: [backend, turned] }) => {
      const found = await inPage('gan-training-page.js', 'difference', device, backend, Boolean(turned));
      const { losses, gradients, tensors } = found;
      console.log(
        `  ${name}: the first losses differ from Hearth's by ${losses.toExponential(1)}, ` +
          `the gradients of ${tensors} tensors by ${gradients.toExponential(1)} of the largest`,
      );
      if (!(losses < TOLERANCE)) throw new Error(`its losses are others than Hearth's, by ${losses}`);
    });
  }
  // By turns, because the machine may do other things at times.
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of all) {
      await attempt(row, async ({ device, tfjs: [backend, turned], rounds }) => {
        const budget = BUDGET / ROUNDS;
        const args = backend ? ['tfjs', backend, Boolean(turned), budget] : ['hearth', device, budget];
        rounds.push(await inPage('gan-training-page.js', .../** @type {[string]} */ (args)));
      });
    }
  }
  print(all);
}

/** @param {Row[]} all */
function print(all) {
  console.log('                             steps/s  ms a step  quickest round  longest block, ms');
  const steps = (/** @type {Row} */ { rounds }) => rounds.map(({ step }) => step);
  for (const row of all) {
    const times = steps(row);
    const { name, rounds, failure } = row;
    if (!rounds.length) {
      console.log(`${name.padEnd(28)}       –  ${failure}`);
      continue;
    }
    const cell = (/** @type {number} */ value, /** @type {number} */ width) =>
      (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)).padStart(width);
    const [middle, least] = [median(times), Math.min(...times)];
    const block = Math.max(...rounds.map(({ block }) => block));
    console.log(
      `${name.padEnd(28)} ${cell(1000 / middle, 7)} ${cell(middle, 10)} ${cell(least, 15)} ${cell(block, 18)}${failure ? `  ${rounds.length} of ${ROUNDS} rounds: ${failure}` : ''}`,
    );
  }
  for (const ours of all.filter(({ tfjs, rounds }) => !tfjs.length && rounds.length)) {
    const others = all.filter(
      ({ tfjs, rounds, device }) => tfjs.length && rounds.length && device === ours.device,
    );
    const ratios = others.map(({ name, ...other }) => {
      const theirs = steps(/** @type {Row} */ (other));
      const ratio = (median(theirs) / median(steps(ours))).toFixed(1);
      return `${ratio}× as fast as ${name} (the quickest rounds: ${(Math.min(...theirs) / Math.min(...steps(ours))).toFixed(1)}×)`;
    });
    console.log(`  ${ours.name}: ${ratios.join(', ')}`);
  }
  console.log('');
}
