// What the benchmark of text to image runs inside the page.

import {
  dispatches,
  heapBytes,
  hideSmallSubgroups,
  importOnnxruntime,
  median,
  repeated,
  report,
} from './in-page.js';

/** A quantity is measured as often as fits into this time. */
const BUDGET_MS = 15_000;
/** Texts that are encoded in one call, so that its other work weighs less. The engine knows 32. */
const TEXTS = 8;

/**
 * @typedef {import('../www/types.d.ts').TextToImagePipeline} Pipeline
 * @typedef {import('../www/types.d.ts').TextToImageOptions} Options
 * @typedef {{ url: string, prompt: string, token_ids: number[], size: number }} Model `size` is its pictures' height and width
 */

/** The noise of a picture that both engines draw. @param {number} size of the latents */
const noiseOf = (size) => Float32Array.from({ length: 4 * size * size }, (_, index) => Math.sin(index));

/**
 * When the events of a call came, in ms since it began, and its picture.
 * @param {Pipeline} paint
 * @param {string | string[]} prompt
 * @param {Options} options
 * @param {number} [steps] after which the call is left
 */
async function call(paint, prompt, options, steps = Infinity) {
  const started = performance.now();
  /** @type {number[]} */
  const times = [];
  for await (const event of paint.stream(prompt, { guidance_scale: 0, ...options })) {
    times.push(performance.now() - started);
    if (event.type === 'complete') return { times, image: event.images[0] };
    if (times.length === steps) break;
  }
  return { times, image: null };
}

/**
 * What the text encoder takes for each of these texts: a step of small pictures takes longer by that when they are new.
 * @param {Pipeline} paint
 * @param {string[]} prompts
 */
async function encoding(paint, prompts) {
  const side = paint.info.size_multiple;
  const options = { height: side, width: side, num_inference_steps: 1 }; // with a preview, for which the engine waits
  const first = await call(paint, prompts, options, 1);
  const again = await call(paint, prompts, options, 1);
  return (first.times[0] - again.times[0]) / prompts.length;
}

/**
 * Hearth, through its public API.
 * @param {Model} model
 * @param {{ device: 'cpu' | 'webgpu', dtype: string }} choice
 * @param {number} runs
 */
export async function hearth({ url, prompt, size }, choice, runs) {
  const started = performance.now();
  const { pipeline } = await import('../www/hearth.js');
  const paint = await pipeline('text-to-image', url, /** @type {any} */ (choice));
  const load = performance.now() - started;
  const latents = noiseOf(size / 8);
  const decodes = /** @type {number[]} */ ([]);
  /** Draws a picture, whose steps are shown and so done before they are reported. @param {number} count */
  const draw = async (count) => {
    const before = await dispatches();
    const { times, image } = await call(paint, prompt, { latents, num_inference_steps: count });
    decodes.push(times[count] - times[count - 1]);
    const steps = times.slice(1, count).map((time, index) => time - times[index]);
    return { first: times[0], steps, image, dispatched: (await dispatches()) - before };
  };
  const { first, image } = await draw(1);
  decodes.length = 0;
  const few = await draw(1);
  const count = Math.max(2, Math.min(runs + 1, Math.ceil(BUDGET_MS / few.first)));
  const many = await draw(count);
  const step = median(many.steps);
  const per_step = (many.dispatched - few.dispatched) / (count - 1);
  for (const begun = performance.now(); performance.now() - begun < BUDGET_MS && decodes.length < runs;) {
    await draw(1);
  }
  const decode = median(decodes);
  let text = 0;
  const newPrompts = () => Array.from({ length: TEXTS }, () => `${text++}`);
  await encoding(paint, newPrompts()); // compiles what small pictures need
  const encode = await repeated(() => encoding(paint, newPrompts()), runs, BUDGET_MS);
  const heap_bytes = await heapBytes();
  await paint.dispose();
  return { load, first, encode, step, decode, per_step, heap_bytes, rgba: [...(image?.data ?? [])] };
}

/**
 * The same three networks in onnxruntime-web.
 * @param {Model} model
 * @param {'wasm' | 'webgpu'} provider
 * @param {number} runs
 */
export async function onnxruntime({ url, token_ids, size }, provider, runs) {
  const started = performance.now();
  await hideSmallSubgroups();
  const ort = await importOnnxruntime(provider);
  const open = (/** @type {string} */ name) =>
    ort.InferenceSession.create(`${url}/onnx/${name}.onnx`, { executionProviders: [provider] });
  const sessions = {
    text_encoder: await open('text_encoder'),
    unet: await open('unet'),
    decoder: await open('decoder'),
  };
  const load = performance.now() - started;
  const side = size / 8;
  const floats = (/** @type {Float32Array} */ data, /** @type {number[]} */ shape) =>
    new ort.Tensor('float32', data, shape);
  const run = async (/** @type {keyof typeof sessions} */ name, /** @type {Record<string, any>} */ feeds) => {
    const { out } = await sessions[name].run(feeds);
    return /** @type {{ data: Float32Array, dims: number[] }} */ ({
      data: await out.getData(),
      dims: out.dims,
    });
  };
  const input_ids = new ort.Tensor('int64', BigInt64Array.from(token_ids, BigInt), [token_ids.length]);
  const encode = () => run('text_encoder', { input_ids });
  const text = await encode();
  const step = () =>
    run('unet', {
      sample: floats(noiseOf(side), [1, 4, side, side]),
      timestep: floats(Float32Array.of(999), [1, 1]),
      encoder_hidden_states: floats(text.data, text.dims),
    });
  const count = await dispatches();
  const begun = performance.now();
  const latents = await step();
  const first = performance.now() - begun;
  const per_step = (await dispatches()) - count;
  const decode = () => run('decoder', { latents: floats(latents.data, latents.dims) });
  const { data } = await decode();
  const taken = (/** @type {() => Promise<unknown>} */ work) =>
    repeated(
      async () => {
        const started = performance.now();
        await work();
        return performance.now() - started;
      },
      runs,
      BUDGET_MS,
    );
  const times = { encode: await taken(encode), step: await taken(step), decode: await taken(decode) };
  for (const session of Object.values(sessions)) await session.release();
  return { load, first, ...times, per_step, pixels: [...data] };
}

/**
 * One picture of a large model, drawn in one step on the CPU.
 * @param {string} url
 * @param {string} dtype
 * @param {number} size
 */
export async function drawOne(url, dtype, size) {
  const started = performance.now();
  const { pipeline } = await import('../www/hearth.js');
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  let reported = 0;
  const paint = await pipeline('text-to-image', url, {
    device: 'cpu',
    dtype: /** @type {any} */ (dtype),
    onProgress: ({ loaded, total }) => {
      const tenths = total ? Math.floor((10 * loaded) / total) : 0;
      if (tenths > reported) report(`  ${seconds()}: ${(loaded / 1e6).toFixed(0)} MB have come`);
      reported = Math.max(reported, tenths);
    },
  });
  const load = performance.now() - started;
  const loaded_bytes = await heapBytes();
  await report(`  ${seconds()}: loaded, ${(loaded_bytes / 1e6).toFixed(0)} MB of memory`);
  await encoding(paint, ['a']);
  const encode = await encoding(paint, ['a b c']);
  await report(`  ${seconds()}: the text is encoded`);
  const begun = performance.now();
  const options = { num_inference_steps: 1, seed: 1, height: size, width: size };
  let step = 0;
  let image;
  for await (const event of paint.stream('a b c', { ...options, guidance_scale: 0, preview: 'none' })) {
    if (event.type === 'complete') image = event.images[0];
    else {
      step = performance.now() - begun;
      await report(`  ${seconds()}: the step is done`);
    }
  }
  const decode = performance.now() - begun - step;
  const { data } = /** @type {ImageData} */ (image);
  const colours = new Set(data).size;
  const heap_bytes = await heapBytes();
  await paint.dispose();
  return { load, encode, step, decode, loaded_bytes, heap_bytes, colours };
}
