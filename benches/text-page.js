// What the benchmark of the texts runs inside the page.

import { dispatches, median, repeated } from './in-page.js';
import { importTransformers, likeliest, openHearth, openOnnxruntime, openTransformers } from './writers.js';

/**
 * @typedef {import('./writers.js').Model} Model
 * @typedef {import('./writers.js').Choice} Choice
 * @typedef {import('./writers.js').Writer} Writer
 */

/** One quantity is measured for about this long: where a token takes seconds there are few. */
const BUDGET_MS = 3_000;
/** What would take longer than this is not measured. */
const PATIENCE_MS = 30_000;
const MAX_RUNS = 9;
const MAX_TOKENS = 32;

const OPEN = /** @type {Record<string, (model: Model, choice: Choice) => Promise<Writer>>} */ ({
  hearth: openHearth,
  onnxruntime: openOnnxruntime,
  transformers: openTransformers,
});

/** @param {() => Promise<number>} work */
const repeat = (work) => repeated(work, MAX_RUNS, BUDGET_MS);

/**
 * @param {string} engine
 * @param {Model} model
 * @param {Choice} choice
 * @param {{ short: number[], long: number[] }} prompts
 */
export async function measure(engine, model, choice, { short, long }) {
  const started = performance.now();
  const writer = await OPEN[engine](model, choice);
  const load = performance.now() - started;
  /** @type {number[]} */
  let times = [];
  const read = async (/** @type {number[]} */ prompt, count = 1) => {
    ({ times } = await writer.write(prompt, count));
    return times[0];
  };
  let first = 0;
  let promptOnly = await counted(async () => (first = await read(short)));
  let count = 2;
  let all = await counted(() => read(short, count + 1));
  const isSlow = times[count] > BUDGET_MS;
  if (!isSlow) {
    count = Math.min(MAX_TOKENS, Math.floor(BUDGET_MS / (times[2] - times[1])));
    await read(short, count + 1); // the browser compiles what runs often a second time, better
    promptOnly = await counted(() => read(short));
    all = await counted(() => read(short, count + 1));
  }
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  const again = times[0];
  const result = {
    load,
    first,
    short: isSlow ? again : await repeat(() => read(short)),
    decode: median(gaps),
    long: (again * long.length) / short.length > PATIENCE_MS ? null : await repeat(() => read(long)),
    dispatches: (all - promptOnly) / count,
    heap_bytes: writer.heap_bytes,
  };
  await writer.dispose();
  return result;
}

/** The dispatches of a piece of work. @param {() => Promise<unknown>} work */
async function counted(work) {
  const before = await dispatches();
  await work();
  return (await dispatches()) - before;
}

/** Loads a model, so that the next page finds it in the cache. @param {Model} model @param {Choice} choice */
export async function load(model, choice) {
  await (await openHearth(model, choice)).dispose();
}

/**
 * That Hearth and onnxruntime-web write the same: Hearth's text is given to onnxruntime token by token.
 * @param {Model} model
 * @param {Choice} choice
 * @param {number[]} prompt
 * @param {number} count
 */
export async function compare(model, choice, prompt, count) {
  const hearth = await openHearth(model, choice);
  const { token_ids, alternatives } = await hearth.write(prompt, count, 20);
  await hearth.dispose();
  const onnxruntime = await openOnnxruntime(model, choice);
  let same = 0;
  let difference = 0;
  let index = 0;
  await onnxruntime.follow(prompt, (logits) => {
    const total = logSumExp(logits);
    for (const { token_id, logprob } of alternatives[index]) {
      difference = Math.max(difference, Math.abs(logits[token_id] - total - logprob));
    }
    if (likeliest(logits, model.eos_token_id) === token_ids[index]) same += 1;
    index += 1;
    return index < count ? token_ids[index - 1] : undefined;
  });
  await onnxruntime.dispose();
  return { same, count, difference };
}

/** @param {Float32Array} logits */
function logSumExp(logits) {
  const largest = logits.reduce((best, logit) => Math.max(best, logit));
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

/** A text's tokens. @param {Model} model @param {string} text @returns {Promise<{ token_ids: number[] }>} */
export async function tokenise({ name }, text) {
  const { AutoTokenizer } = await importTransformers();
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  return { token_ids: tokenizer.encode(text) };
}

/**
 * How well a model expects a text: the mean of −log p over its tokens after the first.
 * @param {Model} model
 * @param {Choice} choice
 * @param {string} text
 */
export async function score(model, choice, text) {
  const { pipe, dispose } = await openHearth(model, choice);
  const { logprobs } = await pipe.score(text);
  await dispose();
  const known = [...logprobs].slice(1); // nothing stands before the first token
  return { loss: -known.reduce((sum, logprob) => sum + logprob, 0) / known.length, count: known.length };
}
