// What the benchmark of diffusion runs inside the page.

import { dispatches, heapBytes, importOnnxruntime, median, timed, timedWarm } from './in-page.js';

const MODEL = '/benches/cache/unet.onnx';
const FOLDER = '/models/ddpm-mnist';
const STEPS = 25;

/**
 * Hearth, through its public API: a step is one of a whole picture's, with its preview on show.
 * @param {string} device
 * @param {number} runs
 */
export async function hearth(device, runs) {
  const started = performance.now();
  const { pipeline } = await import('../www/hearth.js');
  const draw = /** @type {import('../www/types.d.ts').DiffusionPipeline} */ (
    await pipeline('unconditional-image-generation', FOLDER, { device: /** @type {any} */ (device) })
  );
  const load = performance.now() - started;
  const canvas = new OffscreenCanvas(32, 32).getContext('2d');
  const options = { seed: 1, class_labels: 3, num_inference_steps: STEPS };
  const picture = async (/** @type {any} */ more) => {
    const steps = [];
    let before = performance.now();
    for await (const event of draw.stream({ ...options, ...more })) {
      if (event.images[0]) canvas?.putImageData(event.images[0], 0, 0);
      const now = performance.now();
      if (event.type === 'step') steps.push(now - before);
      before = now;
    }
    return steps;
  };
  const first = await timed(() => picture({ num_inference_steps: 1 }), 1);
  await picture({});
  const count = await dispatches();
  const [preview, ...steps] = await picture({});
  const per_step = ((await dispatches()) - count) / STEPS;
  const whole = await timed(() => picture({}), runs);
  const silent = await timed(() => picture({ preview: 'none' }), runs);
  const heap_bytes = await heapBytes();
  await draw.dispose();
  return { load, first, preview, step: median(steps), whole, silent, per_step, heap_bytes };
}

/**
 * The same U-Net in onnxruntime-web, once a step; what the scheduler would compute is left out.
 * @param {'wasm' | 'webgpu'} provider
 * @param {number} runs
 */
export async function onnxruntime(provider, runs) {
  const started = performance.now();
  const ort = await importOnnxruntime(provider);
  const session = await ort.InferenceSession.create(MODEL, { executionProviders: [provider] });
  const load = performance.now() - started;
  const step = async (/** @type {number} */ timestep) => {
    const { out } = await session.run({
      sample: new ort.Tensor(
        'float32',
        Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i)),
        [1, 1, 32, 32],
      ),
      timestep: new ort.Tensor('float32', Float32Array.of(timestep), [1, 1]),
      class_labels: new ort.Tensor('int64', BigInt64Array.of(3n), [1]),
    });
    return out.getData();
  };
  const first = await timed(() => step(999), 1);
  await timed(() => step(500), 2);
  const count = await dispatches();
  await step(500);
  const per_step = (await dispatches()) - count;
  const one = await timedWarm(() => step(500), Math.min(runs, 10));
  const whole = await timed(
    async () => {
      for (let n = 0; n < STEPS; n++) await step(999 - 40 * n);
    },
    Math.min(runs, 3),
  );
  await session.release();
  return { load, first, step: one, whole, per_step };
}
