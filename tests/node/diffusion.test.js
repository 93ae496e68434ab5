// Folders of diffusers in the engine: which of their files are fetched, and what they are for.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { diffusion } from '../../www/engine/worker/diffusion.js';
import { Folder } from '../../www/engine/worker/folder.js';
import { recognise } from '../../www/engine/worker/kinds.js';
import { loadModel } from '../../www/engine/worker/load.js';
import { Loader } from '../../www/pkg/hearth.js';
import { FakeLoader, files, log, origin } from './folder-host.js';

const CLASS = {
  unet: ['diffusers', 'UNet2DConditionModel'],
  scheduler: ['diffusers', 'EulerDiscreteScheduler'],
  vae: ['diffusers', 'AutoencoderKL'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  safety_checker: ['stable_diffusion', 'StableDiffusionSafetyChecker'],
  feature_extractor: ['transformers', 'CLIPImageProcessor'],
};
const LENGTHS = { text_encoder: 300, unet: 500, vae: 200 };
const WEIGHTS = {
  text_encoder: 'text_encoder/model',
  unet: 'unet/diffusion_pytorch_model',
  vae: 'vae/diffusion_pytorch_model',
};

/** @param {string} path @param {unknown} content */
const put = (path, content) =>
  files.set(`/${path}`, content instanceof Uint8Array ? content : JSON.stringify(content));

/** Puts a folder as the Hub has Stable Diffusion's, with these weights. @param {readonly ('' | '.fp16')[]} [variants] */
function putStableDiffusion(variants = ['']) {
  put('model_index.json', {
    _class_name: 'StableDiffusionPipeline',
    requires_safety_checker: true,
    ...CLASS,
  });
  put('scheduler/scheduler_config.json', {});
  put('unet/config.json', {});
  put('vae/config.json', {});
  put('text_encoder/config.json', { vocab_size: 2 });
  put('tokenizer/vocab.json', { a: 0, b: 1 });
  files.set('/tokenizer/merges.txt', '#version: 0.2\n');
  put('tokenizer/tokenizer_config.json', { tokenizer_class: 'CLIPTokenizer' });
  put('tokenizer/special_tokens_map.json', {});
  for (const [part, weights] of Object.entries(WEIGHTS)) {
    for (const variant of variants) {
      const length = LENGTHS[/** @type {keyof typeof LENGTHS} */ (part)] * (variant ? 1 : 2);
      put(`${weights}${variant}.safetensors`, new Uint8Array(length));
    }
  }
}

/** What the last loader was made from. @type {Record<string, string>} */
let small = {};

/**
 * Loads the folder.
 * @param {Partial<import('../../www/engine/worker/kinds.js').Target>} [target]
 * @param {FakeLoader} [loader]
 */
async function load(target = {}, loader = new FakeLoader()) {
  const make = (/** @type {Record<string, string>} */ files) => {
    small = files;
    return loader;
  };
  Object.assign(Loader, { diffusion: make });
  const folder = new Folder(`${origin()}/`, new AbortController().signal);
  /** @type {(number | null)[]} */
  const totals = [];
  const onProgress = (/** @type {number} */ _, /** @type {number | null} */ total) => totals.push(total);
  const pipeline = await loadModel(diffusion, folder, /** @type {any} */ (target), onProgress);
  return { loader, totals, pipeline };
}

/** The paths that were asked for with a method. @param {string} method */
const asked = (method) =>
  log.filter((entry) => entry.startsWith(method)).map((entry) => entry.split(' /')[1]);

/** Those of them that are not there. */
const missed = () => log.map((entry) => entry.split(' ')[1]).filter((path) => !files.has(path));

test('of a Stable Diffusion folder every file is fetched that is needed, and no other', async () => {
  putStableDiffusion();
  const { loader, totals } = await load({ variant: null });
  const texts = [
    ...['model_index.json', 'scheduler/scheduler_config.json', 'text_encoder/config.json'],
    ...['tokenizer/merges.txt', 'tokenizer/special_tokens_map.json', 'tokenizer/tokenizer_config.json'],
    ...['tokenizer/vocab.json', 'unet/config.json', 'vae/config.json'],
  ];
  const weights = Object.values(WEIGHTS).map((file) => `${file}.safetensors`);
  assert.deepEqual(Object.keys(small).sort(), texts);
  assert.deepEqual(asked('GET').sort(), [...texts, ...weights].sort());
  assert.deepEqual(missed(), []);
  assert.deepEqual(loader.parts, ['text_encoder', 'unet', 'vae']);
  assert.deepEqual(loader.files, [600, 1000, 400]);
  assert.deepEqual([...new Set(totals)], [2000], 'one progress over all of them');
});

test('a part that is [null, null] is not there', async () => {
  putStableDiffusion();
  const without = { safety_checker: [null, null], feature_extractor: [null, null], vae: [null, null] };
  put('model_index.json', { ...CLASS, ...without });
  const { loader } = await load({ variant: null });
  assert.deepEqual(loader.parts, ['text_encoder', 'unet']);
  assert.equal(small['vae/config.json'], undefined);
});

test('a folder without a text encoder has one part, and the oldest have it at the top', async () => {
  put('model_index.json', { unet: CLASS.unet, scheduler: CLASS.scheduler });
  put('scheduler/scheduler_config.json', { a: 1 });
  put('unet/config.json', { b: 2 });
  put(`${WEIGHTS.unet}.safetensors`, new Uint8Array(40));
  assert.deepEqual((await load()).loader.files, [40]);
  assert.deepEqual(missed(), []);
  assert.equal(log.length, 4, 'none was asked for twice, nor for its length');
  for (const [file, path] of [
    ['scheduler_config.json', 'scheduler/scheduler_config.json'],
    ['config.json', 'unet/config.json'],
    ['diffusion_pytorch_model.safetensors', `${WEIGHTS.unet}.safetensors`],
  ]) {
    files.set(`/${file}`, /** @type {string} */ (files.get(`/${path}`)));
    files.delete(`/${path}`);
  }
  assert.deepEqual((await load()).loader.files, [40]);
  assert.deepEqual(JSON.parse(small['unet/config.json']), { b: 2 });
  assert.deepEqual(JSON.parse(small['scheduler/scheduler_config.json']), { a: 1 });
});

test('an index says which tasks its folder is for', async () => {
  const unconditional = ['unconditional-image-generation', 'image-to-image'];
  const text = ['text-to-image', 'image-to-image'];
  const { unet, scheduler } = CLASS;
  for (const [index, tasks] of /** @type {[object, string[]][]} */ ([
    [CLASS, text],
    [{ unet, scheduler, text_encoder: [null, null], text_encoder_2: CLASS.text_encoder }, text],
    [{ unet, scheduler }, unconditional],
    [{ unet, scheduler, text_encoder: [null, null] }, unconditional],
    [{ ...CLASS, _class_name: 'DDPMPipeline' }, unconditional],
    [{ _class_name: 'DDPMPipeline' }, unconditional],
  ])) {
    put('model_index.json', index);
    for (const task of ['unconditional-image-generation', 'text-to-image', 'image-to-image']) {
      const folder = new Folder(`${origin()}/`, new AbortController().signal);
      assert.deepEqual((await recognise(task, folder)).tasks, tasks, JSON.stringify(index));
    }
  }
});

test('other pipelines are not taken for one of a unet', async () => {
  const { unet: _, ...others } = CLASS;
  for (const index of [
    { _class_name: 'FluxPipeline', ...others, transformer: ['diffusers', 'FluxTransformer2DModel'] },
    { ...others, unet: [null, null] },
  ]) {
    put('model_index.json', index);
    const folder = new Folder(`${origin()}/`, new AbortController().signal);
    await assert.rejects(recognise('text-to-image', folder), { code: 'unsupported-model' });
  }
});

test('a tokenizer in one file is asked for no other, and one in several for no tokenizer.json', async () => {
  putStableDiffusion();
  put('tokenizer/tokenizer_config.json', { backend: 'tokenizers', tokenizer_class: 'CLIPTokenizer' });
  put('tokenizer/tokenizer.json', {});
  for (const file of ['vocab.json', 'merges.txt', 'special_tokens_map.json'])
    files.delete(`/tokenizer/${file}`);
  await load({ variant: null });
  assert.deepEqual(missed(), []);
  assert.equal(small['tokenizer/tokenizer.json'], '{}');
  // Without that settings file nothing says it beforehand.
  files.delete('/tokenizer/tokenizer_config.json');
  await load({ variant: null });
  assert.equal(small['tokenizer/tokenizer.json'], '{}');
  files.delete('/tokenizer/tokenizer.json');
  await assert.rejects(load({ variant: null }), { code: 'network', message: /tokenizer\/vocab\.json: 404/ });
});

test('added tokens are asked for where the text encoder has rows for them', async () => {
  putStableDiffusion();
  put('text_encoder/config.json', { vocab_size: 3 });
  put('tokenizer/added_tokens.json', { '<cat-toy>': 2 });
  await load({ variant: null });
  assert.equal(small['tokenizer/added_tokens.json'], '{"<cat-toy>":2}');
});

test('auto takes the half-precision files of a folder that has them, but not where f32 is asked for', async () => {
  putStableDiffusion(['', '.fp16']);
  const { loader, totals } = await load();
  assert.deepEqual(loader.files, [300, 500, 200]);
  assert.deepEqual([...new Set(totals)], [1000]);
  assert.deepEqual(missed(), []);
  assert.deepEqual((await load({ dtype: 'f32' })).loader.files, [600, 1000, 400]);
  assert.deepEqual((await load({ variant: null })).loader.files, [600, 1000, 400]);
});

test('auto asks a folder without half-precision files for one of them, and loads the plain ones', async () => {
  putStableDiffusion();
  assert.deepEqual((await load()).loader.files, [600, 1000, 400]);
  assert.deepEqual(missed(), ['/unet/diffusion_pytorch_model.fp16.safetensors']);
  log.length = 0;
  assert.deepEqual((await load({ dtype: 'f32' })).loader.files, [600, 1000, 400]);
  assert.deepEqual(missed(), []);
});

test('auto loads what there is, if parts differ or there is nothing else', async () => {
  putStableDiffusion(['', '.fp16']);
  files.delete(`/${WEIGHTS.vae}.fp16.safetensors`);
  assert.deepEqual((await load()).loader.files, [300, 500, 400]);
  putStableDiffusion(['.fp16']);
  files.delete(`/${WEIGHTS.unet}.safetensors`);
  assert.deepEqual((await load({ dtype: 'f32' })).loader.files, [600, 500, 400]);
});

test('a variant that is asked for is loaded, or the file that is missing is named', async () => {
  putStableDiffusion();
  for (const [part, weights] of Object.entries(WEIGHTS)) {
    await assert.rejects(load({ variant: 'non_ema' }), ({ code, message }) => {
      assert.equal(code, 'invalid-option');
      assert.match(message, /^variant is non_ema, and the folder has no such file/);
      assert.ok(message.includes(`${weights}.non_ema.safetensors: 404`), `${part}: ${message}`);
      return true;
    });
    put(`${weights}.non_ema.safetensors`, new Uint8Array(70));
  }
  assert.deepEqual((await load({ variant: 'non_ema' })).loader.files, [70, 70, 70]);
});

test('a variant may be in shards, under either name of their index', async () => {
  putStableDiffusion(['', '.fp16']);
  files.delete(`/${WEIGHTS.unet}.fp16.safetensors`);
  const index = { metadata: { total_size: 30 }, weight_map: { a: 'one.safetensors', b: 'two.safetensors' } };
  put('unet/one.safetensors', new Uint8Array(10));
  put('unet/two.safetensors', new Uint8Array(20));
  for (const name of ['safetensors.index.fp16.json', 'fp16.safetensors.index.json']) {
    put(`${WEIGHTS.unet}.${name}`, index);
    assert.deepEqual((await load({ variant: 'fp16' })).loader.files, [300, 10, 20, 200], name);
    files.delete(`/${WEIGHTS.unet}.${name}`);
  }
});

test('a shard that is missing is named, and no other file is taken in its place', async () => {
  putStableDiffusion(['']);
  files.delete(`/${WEIGHTS.unet}.safetensors`);
  put(`${WEIGHTS.unet}.safetensors.index.json`, { weight_map: { a: 'one.safetensors' } });
  put(`${WEIGHTS.unet}.fp16.safetensors`, new Uint8Array(10));
  await assert.rejects(load({ dtype: 'f32' }), { code: 'network', message: /unet\/one\.safetensors: 404/ });
});

test('a part with nothing but a pickle is refused in those words', async () => {
  putStableDiffusion();
  files.delete(`/${WEIGHTS.text_encoder}.safetensors`);
  put('text_encoder/pytorch_model.bin', new Uint8Array(8));
  await assert.rejects(load(), {
    code: 'unsupported-model',
    message: /text_encoder\/pytorch_model\.bin is a pickle/,
  });
});

test('offload is refused where there is no text encoder', async () => {
  put('model_index.json', { unet: CLASS.unet, scheduler: CLASS.scheduler });
  await assert.rejects(load({ offload: true }), { code: 'invalid-option', message: /^offload is true/ });
});

/** A pipeline as the wasm has it, which says what happens to its text encoder. */
class Pipeline {
  /** @type {string[]} */
  events = [];
  isAway = false;
  needs_text_encoder({ prompt = '' }) {
    return this.isAway && prompt !== 'known';
  }
  text_encoder_loader() {
    return new FakeLoader();
  }
  /** @param {FakeLoader} encoder */
  attach({ parts, files }) {
    this.events.push(`attach ${parts} ${files}`);
    this.isAway = false;
  }
  offload() {
    if (!this.isAway) this.events.push('offload');
    this.isAway = true;
  }
  start({ prompt = '' }) {
    this.events.push(`start ${prompt}`);
    if (prompt === 'wrong') throw new Error('it is wrong');
    assert.ok(!this.isAway || prompt === 'known', 'the text encoder is there');
    return { prompt };
  }
}

/** Loads the folder with `offload`. */
async function loadOffloading() {
  putStableDiffusion();
  const pipeline = new Pipeline();
  const loader = Object.assign(new FakeLoader(), { finish: () => pipeline });
  const loaded = await load({ offload: true, variant: null }, loader);
  const { signal: never } = new AbortController();
  const start = async (/** @type {string} */ prompt, signal = never) =>
    diffusion.start(loaded.pipeline, { options: { prompt } }, signal);
  log.length = 0;
  return { pipeline, start };
}

const ENCODER = `${WEIGHTS.text_encoder}.safetensors`;

test('with offload the text encoder leaves when a call has begun, and comes back for a call that needs it', async () => {
  const { pipeline, start } = await loadOffloading();
  assert.deepEqual(await start('first'), { prompt: 'first' });
  await start('known');
  assert.deepEqual(asked('GET'), []);
  await start('second');
  assert.deepEqual(asked('GET'), [ENCODER]);
  assert.deepEqual(pipeline.events, [
    ...['start first', 'offload', 'start known'],
    ...['attach text_encoder 600', 'start second', 'offload'],
  ]);
});

test('calls at the same time begin one after the other, and none loses the text encoder to another', async () => {
  const { pipeline, start } = await loadOffloading();
  await start('known');
  pipeline.events.length = 0;
  const prompts = ['a', 'known', 'wrong', 'b'];
  const begun = await Promise.allSettled(prompts.map((prompt) => start(prompt)));
  assert.deepEqual(
    begun.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(pipeline.events, [
    'attach text_encoder 600',
    ...prompts.map((prompt) => `start ${prompt}`),
    'offload',
  ]);
  assert.deepEqual(asked('GET'), [ENCODER], 'it was loaded once for all of them');
});

test('a call that is stopped while the text encoder comes leaves the next one its turn', async () => {
  const { pipeline, start } = await loadOffloading();
  await start('known');
  pipeline.events.length = 0;
  const controller = new AbortController();
  const [stopped, waits, next] = ['a', 'b', 'c'].map((prompt, index) =>
    start(prompt, index < 2 ? controller.signal : undefined),
  );
  controller.abort();
  await assert.rejects(stopped, { code: 'aborted' });
  await assert.rejects(waits, { code: 'aborted' });
  assert.deepEqual(await next, { prompt: 'c' });
  assert.deepEqual(pipeline.events, ['attach text_encoder 600', 'start c', 'offload']);
});

test('a text encoder that cannot be fetched fails its call, and the next one asks again', async () => {
  const { start } = await loadOffloading();
  await start('first');
  files.delete(`/${ENCODER}`);
  await assert.rejects(start('second'), {
    code: 'network',
    message: /text_encoder\/model\.safetensors: 404/,
  });
  putStableDiffusion();
  assert.deepEqual(await start('third'), { prompt: 'third' });
});
