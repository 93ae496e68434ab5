// Texts: Hearth beside onnxruntime-web and transformers.js with the same weights, for a small GPT-2 and OpenAI's smallest.

import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { Failure, root } from '../scripts/shell.js';
import { readHeader } from './checkpoint.js';
import { GPT2_124M, makeGpt2 } from './gpt2.js';
import { gpt2ToOnnx } from './onnx-gpt2.js';

/**
 * @typedef {import('./writers.js').Model & {
 *   folder: string,
 *   parameters: number,
 *   largest: number,
 *   vocab_size: number,
 *   n_positions: number,
 *   isRandom: boolean,
 * }} Model
 * @typedef {{
 *   cache: string,
 *   only?: string,
 *   model?: string,
 *   tokenizer?: string,
 *   devices: ('cpu' | 'webgpu')[],
 *   dtypes: string[],
 *   engines: string[],
 * }} Options
 */

const passage = () => readFileSync(path.join(import.meta.dirname, 'passage.txt'), 'utf8');

/** The models to measure. @param {Options} options @returns {Model[]} */
function models({ cache, only, model, tokenizer }) {
  if (model) {
    const folder = path.resolve(model);
    // The page gets it from a server of the repository.
    if (!folder.startsWith(root))
      throw new Failure(`--model is ${model}; it must be a folder inside ${root}`);
    return [prepare(folder, cache)];
  }
  const found = [];
  if (!only || only === 'story') found.push(prepare(path.join(root, 'models', 'gpt2-stories'), cache));
  if (!only || only === '124m') {
    const folder = path.join(cache, 'gpt2-124m');
    if (!existsSync(path.join(folder, 'model.safetensors')))
      console.log('Writing random weights of GPT-2’s shape (548 MB)…');
    makeGpt2(folder, GPT2_124M, tokenizer);
    found.push(prepare(folder, cache));
  }
  if (found.length === 0) throw new Failure(`--only is ${only}; it must be story or 124m`);
  return found;
}

/** What is known of a model in a folder, which is written as ONNX too. @param {string} folder @param {string} cache @returns {Model} */
function prepare(folder, cache) {
  const read = (/** @type {string} */ name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  const config = read('config.json');
  const name = path.basename(folder);
  const weights = path.join(folder, 'model.safetensors');
  const beside = path.join(cache, name);
  const onnx = path.join(beside, 'onnx');
  // transformers.js wants config and tokenizer beside its weights.
  mkdirSync(beside, { recursive: true });
  for (const file of beside === folder ? [] : readdirSync(folder)) {
    if (file.endsWith('.json')) copyFileSync(path.join(folder, file), path.join(beside, file));
  }
  gpt2ToOnnx(config, weights, onnx);
  const tensors = [...readHeader(weights)].filter(([name]) => !name.endsWith('.attn.bias'));
  const sizes = tensors.map(([, { shape }]) => shape.reduce((product, size) => product * size, 1));
  return {
    name,
    folder,
    url: `/${path.relative(root, folder).split(path.sep).join('/')}`,
    parameters: sizes.reduce((sum, size) => sum + size, 0),
    largest: Math.max(...tensors.map(([, { length }]) => length)),
    isRandom: beside === folder,
    ...config,
  };
}

/** @param {import('./browser.js').Bench} bench @param {Model} model */
async function promptsFor({ inPage }, model) {
  const { vocab_size, n_positions } = model;
  // Any tokens do for random weights.
  const token_ids = model.isRandom
    ? Array.from({ length: 512 }, (_, index) => (index * 7919 + 17) % (vocab_size - 1))
    : (await inPage('text-page.js', 'tokenise', model, passage())).token_ids;
  const long = token_ids.slice(0, Math.min(256, n_positions / 2));
  return { short: long.slice(0, 64), long };
}

const HEADER = [
  ...['', 'load, ms', 'first token', 'again, ms', 'read, tokens/s', 'write, tokens/s', 'ms a token'],
  ...['dispatches', 'longest block, ms', 'heap, MB'],
];

/** @param {string} text @param {number} index of its column */
function cell(text, index) {
  return index === 0 ? text.padEnd(26) : text.padStart(HEADER[index].length + 2);
}

/** A figure with three digits that count; a dash for what was not measured. @param {number | null | undefined} value */
function figure(value) {
  if (value === null || value === undefined) return '–';
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

/** @param {import('./browser.js').Bench} bench @param {Options} options */
export async function benchText(bench, options) {
  const { inPage, clearCaches } = bench;
  const { devices, dtypes, engines } = options;
  for (const model of models(options)) {
    const { name, parameters, folder, largest } = model;
    const { size } = statSync(path.join(folder, 'model.safetensors'));
    const prompts = await promptsFor(bench, model);
    const { short, long } = prompts;
    console.log(
      `GPT-2: ${name}, ${(parameters / 1e6).toFixed(1)} M parameters, ${(size / 1e6).toFixed(0)} MB; ` +
        `prompts of ${short.length} and ${long.length} tokens`,
    );
    console.log(HEADER.map((name, index) => cell(name, index)).join(''));
    if (engines.includes('hearth')) {
      await clearCaches();
      await inPage('text-page.js', 'load', model, { device: 'cpu', dtype: 'f16' });
    }
    for (const device of devices) {
      /** @type {Record<string, number>} */
      const speeds = {};
      const rows = engines.flatMap((engine) =>
        engine === 'hearth' ? dtypes.map((dtype) => ({ engine, dtype })) : [{ engine, dtype: 'f32' }],
      );
      for (const { engine, dtype } of rows) {
        const title = `${engine}, ${device}, ${dtype}`;
        try {
          const row = await inPage('text-page.js', 'measure', engine, model, { device, dtype }, prompts);
          speeds[engine === 'hearth' ? dtype : engine] = 1000 / row.decode;
          const { load, first, decode, dispatches, block, heap_bytes } = row;
          const figures = [
            ...[load, first, row.short, row.long && (1000 * long.length) / row.long, 1000 / decode, decode],
            ...[device === 'webgpu' ? dispatches : null, block, heap_bytes && heap_bytes / 1e6],
          ];
          console.log([title, ...figures.map(figure)].map(cell).join(''));
        } catch (error) {
          process.exitCode = 1;
          console.log(`${title.padEnd(26)}  failed: ${/** @type {Error} */ (error).message.split('\n')[0]}`);
        }
      }
      const { onnxruntime, transformers, ...ours } = speeds;
      const against = Object.entries({ 'onnxruntime-web': onnxruntime, 'transformers.js': transformers });
      for (const [other, speed] of against.filter(([, speed]) => speed)) {
        const ratios = Object.entries(ours).map(([dtype, own]) => `${(own / speed).toFixed(2)}× in ${dtype}`);
        if (ratios.length) console.log(`  Hearth writes ${ratios.join(', ')} as fast as ${other}`);
      }
      // With random weights a few tokens show that both compute the same; in software WebGPU they take minutes.
      const count = !model.isRandom ? 32 : device === 'cpu' ? 16 : 0;
      if (count && ['hearth', 'onnxruntime'].every((engine) => engines.includes(engine))) {
        const choice = { device, dtype: 'f32' };
        const { same, difference } = await inPage('text-page.js', 'compare', model, choice, short, count);
        console.log(
          `  ${same} of ${count} tokens are onnxruntime-web’s; the logprobs of the 20 likeliest differ by ${difference.toExponential(1)} at most`,
        );
      }
    }
    console.log(
      `  The heap may be ${((1.25 * largest + 64 * 2 ** 20) / 1e6).toFixed(0)} MB while loading to WebGPU: 1.25 times the largest tensor and 64 MiB\n`,
    );
  }
}

/**
 * What 16 and 8 bits do to how well a text is expected.
 * @param {import('./browser.js').Bench} bench
 * @param {Options} options
 */
export async function benchPerplexity({ inPage }, options) {
  for (const model of models({ ...options, only: 'story' })) {
    console.log(`Perplexity of ${model.name} on passage.txt`);
    for (const device of options.devices) {
      for (const dtype of options.dtypes) {
        const { loss, count } = await inPage('text-page.js', 'score', model, { device, dtype }, passage());
        console.log(
          `  ${device}, ${dtype}`.padEnd(14) +
            ` ${Math.exp(loss).toFixed(4).padStart(10)}   ${loss.toFixed(5)} nats a token, ${count} tokens`,
        );
      }
    }
    console.log('');
  }
}
