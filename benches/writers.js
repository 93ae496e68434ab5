// Inside the page: three engines that write, behind one interface.
//
// All write greedily and never end before they should, so that each does the same work.

import { heapBytes, hideSmallSubgroups, importOnnxruntime } from './in-page.js';

/**
 * @typedef {{
 *   name: string,
 *   url: string,
 *   eos_token_id: number,
 *   n_layer: number,
 *   n_head: number,
 *   n_embd: number,
 * }} Model `url` is where its checkpoint is; its ONNX files are in /benches/cache/NAME
 * @typedef {{ device: 'cpu' | 'webgpu', dtype: string }} Choice
 * @typedef {{ token_id: number, logprob: number }[]} Alternatives
 * @typedef {{
 *   token_ids: number[],
 *   times: number[],
 *   alternatives?: Alternatives[],
 * }} Text the new tokens, and when each came, in ms since the call
 * @typedef {{
 *   write: (prompt: number[], count: number) => Promise<Text>,
 *   heap_bytes?: number,
 *   dispose: () => Promise<unknown>,
 * }} Writer
 */

const CACHE = '/benches/cache/';

/** @param {Model} model @param {Choice} choice */
export async function openHearth({ url }, { device, dtype }) {
  const { pipeline } = await import('../www/hearth.js');
  const pipe = await pipeline('text-generation', url, { device, dtype: /** @type {any} */ (dtype) });
  const write = async (
    /** @type {number[]} */ prompt,
    /** @type {number} */ count,
    /** @type {number} */ top_logprobs = 0,
  ) => {
    /** @type {Required<Text>} */
    const text = { token_ids: [], times: [], alternatives: [] };
    const started = performance.now();
    const options = {
      ...{ do_sample: false, repetition_penalty: 1, max_new_tokens: count, min_new_tokens: count },
      ...(top_logprobs && { top_logprobs }),
    };
    for await (const event of pipe.stream(prompt, options)) {
      if (event.type !== 'token') continue;
      text.times.push(performance.now() - started);
      text.token_ids.push(event.token_id);
      text.alternatives.push(event.top_logprobs ?? []);
    }
    return text;
  };
  return { write, heap_bytes: await heapBytes(), dispose: () => pipe.dispose(), pipe };
}

/** onnxruntime-web, with a loop around it that keeps the cache on the device. @param {Model} model @param {Choice} choice */
export async function openOnnxruntime({ name, eos_token_id, n_layer, n_head, n_embd }, { device }) {
  const provider = device === 'cpu' ? 'wasm' : 'webgpu';
  await hideSmallSubgroups();
  const ort = await importOnnxruntime(provider);
  const keys = Array.from({ length: n_layer }, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat();
  const present = keys.map((key) => [`present.${key}`, 'gpu-buffer']);
  const session = await ort.InferenceSession.create(`${CACHE}${name}/onnx/model.onnx`, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    externalData: [{ path: 'model.onnx_data', data: `${CACHE}${name}/onnx/model.onnx_data` }],
    ...(device === 'webgpu' && {
      preferredOutputLocation: { ...Object.fromEntries(present), logits: 'cpu' },
    }),
  });

  /** Reads tokens after those in `cache`. @param {number[]} tokens @param {Record<string, any> | null} cache @param {number} past */
  const step = async (tokens, cache, past) => {
    const integers = (/** @type {number[]} */ values) =>
      new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const count = past + tokens.length;
    /** @type {Record<string, any>} */
    const feeds = {
      input_ids: integers(tokens),
      attention_mask: integers(Array(count).fill(1)),
      position_ids: integers(tokens.map((_, index) => past + index)),
    };
    for (const key of keys) {
      const empty = () => new ort.Tensor('float32', new Float32Array(0), [1, n_head, 0, n_embd / n_head]);
      feeds[`past_key_values.${key}`] = cache?.[`present.${key}`] ?? empty();
    }
    const { logits, ...grown } = await session.run(feeds);
    for (const key of keys) cache?.[`present.${key}`].dispose();
    return { logits: /** @type {Float32Array} */ (logits.data), cache: grown };
  };

  /**
   * The logits after the prompt and after each of `tokens`, until `next` gives no more of them.
   * @param {number[]} prompt
   * @param {(logits: Float32Array) => number | undefined} next
   */
  const follow = async (prompt, next) => {
    let tokens = prompt;
    let past = 0;
    /** @type {Record<string, any> | null} */
    let kept = null;
    for (;;) {
      /** @type {{ logits: Float32Array, cache: Record<string, any> }} */
      const { logits, cache } = await step(tokens, kept, past);
      past += tokens.length;
      kept = cache;
      const token_id = next(logits);
      if (token_id === undefined) break;
      tokens = [token_id];
    }
    for (const tensor of Object.values(kept)) tensor.dispose();
  };

  const write = async (/** @type {number[]} */ prompt, /** @type {number} */ count) => {
    /** @type {Text} */
    const text = { token_ids: [], times: [] };
    const started = performance.now();
    await follow(prompt, (logits) => {
      const token_id = likeliest(logits, eos_token_id);
      text.token_ids.push(token_id);
      text.times.push(performance.now() - started);
      return text.token_ids.length < count ? token_id : undefined;
    });
    return text;
  };
  return { write, follow, dispose: () => session.release() };
}

/** The token of the highest score that is not `except`. @param {Float32Array} logits @param {number} except */
export function likeliest(logits, except) {
  let best = except === 0 ? 1 : 0;
  for (let token = 0; token < logits.length; token++) {
    if (logits[token] > logits[best] && token !== except) best = token;
  }
  return best;
}

/** transformers.js. @param {Model} model @param {Choice} choice */
export async function openTransformers({ name }, { device }) {
  const { AutoModelForCausalLM, BaseStreamer, Tensor, env } = await importTransformers();
  const model = await AutoModelForCausalLM.from_pretrained(name, {
    device: device === 'cpu' ? 'wasm' : 'webgpu',
    dtype: 'fp32',
    use_external_data_format: true,
  });
  env.backends.onnx.logLevel = 'error';
  const write = async (/** @type {number[]} */ prompt, /** @type {number} */ count) => {
    /** @type {Text} */
    const text = { token_ids: [], times: [] };
    const started = performance.now();
    class Clock extends BaseStreamer {
      #isPrompt = true; // which it is shown first

      put(/** @type {bigint[][]} */ [tokens]) {
        if (!this.#isPrompt) {
          text.times.push(performance.now() - started);
          text.token_ids.push(Number(tokens[0]));
        }
        this.#isPrompt = false;
      }

      end() {}
    }
    const row = (/** @type {number[]} */ values) =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    await model.generate({
      input_ids: row(prompt),
      attention_mask: row(prompt.map(() => 1)),
      ...{ do_sample: false, repetition_penalty: 1, max_new_tokens: count, min_new_tokens: count },
      streamer: new Clock(),
    });
    return text;
  };
  return { write, dispose: () => model.dispose() };
}

export async function importTransformers() {
  await hideSmallSubgroups();
  const dist = '/benches/node_modules/@huggingface/transformers/dist/';
  const transformers = await import(`${dist}transformers.min.js`);
  const { env } = transformers;
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: CACHE });
  Object.assign(env.backends.onnx.wasm, {
    numThreads: 1,
    wasmPaths: '/benches/node_modules/onnxruntime-web/dist/',
  });
  return transformers;
}
