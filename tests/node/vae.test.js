// VAEs of digits in the engine: how their folders are recognised and loaded, and what is asked of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { vaePipeline } from '../../www/tasks/digits.js';
import { Folder } from '../../www/engine/worker/folder.js';
import { gpt2 } from '../../www/engine/worker/gpt2.js';
import { recognise } from '../../www/engine/worker/kinds.js';
import { loadModel } from '../../www/engine/worker/load.js';
import { vae } from '../../www/engine/worker/vae.js';
import { Loader } from '../../www/pkg/hearth.js';
import { FakeLoader, files, log, origin } from './folder-host.js';

const TASK = 'unconditional-image-generation';
const CONFIG = { model_type: 'vae', image_size: 28, latent_dim: 2 };

/** Puts a folder of this name. @param {string} name @param {object} [config] */
function put(name, config = CONFIG) {
  files.set(`/${name}config.json`, JSON.stringify(config));
  files.set(`/${name}model.safetensors`, new Uint8Array(100));
}

const folderOf = (/** @type {string} */ name) =>
  new Folder(`${origin()}/${name}`, new AbortController().signal);

/** Loads a folder. @param {string} name @param {string} [dtype] */
async function load(name, dtype) {
  /** @type {string[]} */
  const configs = [];
  const loader = new FakeLoader();
  Object.assign(Loader, { vae: (/** @type {string} */ config) => (configs.push(config), loader) });
  const target = /** @type {any} */ ({ dtype, variant: null });
  await loadModel(vae, folderOf(name), target, () => {});
  return { configs, loader };
}

test('a VAE is recognised by its model_type, and is for pictures from noise alone', async () => {
  put('');
  const { name, tasks } = await recognise(TASK, folderOf(''));
  assert.deepEqual([name, tasks], ['a VAE', [TASK]]);
  const folder = folderOf('');
  const { kind } = await recognise('text-generation', folder);
  assert.equal(kind, vae, 'so that the refusal can name the task');
  // A writer's files are asked for meanwhile, and their requests would be in the next test's log.
  await Promise.allSettled((gpt2.wanted ?? []).map((file) => folder.text(file)));
});

test('an autoencoder of latent diffusion is not taken for one', async () => {
  put('', { _class_name: 'AutoencoderKL', latent_channels: 4 });
  await assert.rejects(recognise(TASK, folderOf('')), {
    code: 'unsupported-model',
    message: /a VAE .*"vae"/,
  });
});

test('a folder in a folder is a model of its own', async () => {
  put('');
  put('latent-16/', { ...CONFIG, latent_dim: 16 });
  const { configs, loader } = await load('latent-16/');
  assert.deepEqual(
    configs.map((config) => JSON.parse(config).latent_dim),
    [16],
  );
  assert.deepEqual([loader.parts, loader.files], [['model'], [100]]);
  assert.deepEqual(log, ['GET /latent-16/config.json', 'GET /latent-16/model.safetensors']);
});

test('a dtype other than f32 is refused before anything is fetched', async () => {
  put('');
  for (const dtype of ['f16', 'q8']) {
    await assert.rejects(load('', dtype), { code: 'invalid-option', message: /VAE.*f32/ });
  }
  assert.deepEqual(log, []);
  for (const dtype of ['auto', 'f32']) assert.equal((await load('', dtype)).loader.files.length, 1);
});

test('a step is reported with its seed and count, and its buffers are handed over', () => {
  const [rgba, latents] = [new Uint8ClampedArray(4), new Float32Array(2)];
  const [event, transfer] = vae.report({ seed: 7, count: 3 }, { rgba, latents });
  assert.deepEqual(event, { rgba, latents, seed: 7, count: 3 });
  assert.deepEqual(transfer, [rgba.buffer, latents.buffer]);
});

test('encode refuses what it does not know, and an empty list, before it asks the engine', async () => {
  globalThis.CSS ??= /** @type {any} */ ({ supports: () => true });
  const call = () => assert.fail('the engine was asked');
  const map = vaePipeline(/** @type {any} */ ({ loaded: { info: { image_size: 28 } }, call }));
  const options = /** @type {any} */ ({ strength: 0.5 });
  await assert.rejects(map.encode('digit.png', options), {
    code: 'invalid-option',
    message: /strength.*fit/,
  });
  await assert.rejects(map.encode([]), { code: 'invalid-option', message: /empty/ });
  const fit = /** @type {any} */ ('stretch');
  await assert.rejects(map.encode('digit.png', { fit }), {
    code: 'invalid-option',
    message: /^fit is stretch/,
  });
});
