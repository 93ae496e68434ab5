// What is kept of models, as a page lists and removes it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytesOf, until } from './harness.js';
import { openBlank, page, site } from './session.js';

const GAN = '/tests/fixtures/gan/conditional/';
const SHARDS = '/tests/fixtures/gan/sharded/';
const PIPELINE = '/tests/fixtures/diffusion/pipeline-rgb/';

/** Loads a model and gives it back. @param {string} model */
const load = (model) =>
  page.evaluate(async (model) => {
    const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
    await (await pipeline('unconditional-image-generation', model, { device: 'cpu' })).dispose();
  }, model);

/** Calls a function of the module. @param {string} name @param {unknown[]} args @returns {Promise<any>} */
const call = (name, ...args) =>
  page.evaluate(
    async ([name, args]) => (await import(/** @type {any} */ ('/www/offline.js')))[name](...args),
    /** @type {const} */ ([name, args]),
  );

/** The paths of what is listed. */
const listed = async () =>
  (await call('models'))
    .map((/** @type {{ url: string }} */ { url }) => url.slice(site.origin.length))
    .sort();

test('each model is listed once, with all of its files, and removed with all of them', async () => {
  await openBlank();
  assert.deepEqual(await listed(), []);
  for (const model of [GAN, SHARDS, PIPELINE]) await load(model);
  assert.deepEqual(await listed(), [PIPELINE, GAN, SHARDS].sort());
  for (const { size, complete } of await call('models')) {
    assert.ok(size > 1000);
    assert.equal(complete, true);
  }
  assert.equal(await call('remove', PIPELINE.slice(0, -1)), true, 'a slash at the end makes no difference');
  assert.equal(await call('remove', PIPELINE), false);
  assert.deepEqual(await listed(), [GAN, SHARDS].sort());
  const left = await page.evaluate(async () => {
    const all = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
    return (await Promise.all(all)).flat().map(({ url }) => url);
  });
  assert.deepEqual(
    left.filter((url) => url.includes(PIPELINE)),
    [],
  );
  await load(PIPELINE);
  assert.equal((await listed()).length, 3);
});

test('the size is that of the files', async () => {
  await openBlank();
  await load(GAN);
  const sizes = ['config.json', 'model.safetensors'].map(async (file) => {
    const response = await fetch(`${site.origin}${GAN}${file}`);
    return (await response.arrayBuffer()).byteLength;
  });
  const [config, weights] = await Promise.all(sizes);
  const [{ size }] = await call('models');
  assert.equal(size, config + weights);
});

test('what lacks a weight file, or the rest of one, is listed as not complete', async () => {
  await openBlank();
  const shard = `${SHARDS}model-00002-of-00003.safetensors`;
  site.answers.set(shard, () => {}); // never answers
  const weights = bytesOf('models/gan-mnist/model.safetensors');
  site.answers.set('/models/gan-mnist/model.safetensors', (_, response) => {
    response.writeHead(200, { 'content-length': weights.length });
    response.write(weights.subarray(0, 1_000_000));
    // What has come is kept once a second.
    setTimeout(() => response.write(weights.subarray(1_000_000, 2_000_000)), 1500);
  });
  for (const model of [SHARDS, '/models/gan-mnist/']) void load(model).catch(() => {});
  await until(async () => (await call('models')).length === 2);
  for (const { size, complete } of await call('models')) {
    assert.ok(size > 0);
    assert.equal(complete, false);
  }
  await page.reload();
  site.answers.clear();
  for (const model of [SHARDS, '/models/gan-mnist/']) await load(model);
  for (const { complete } of await call('models')) assert.equal(complete, true);
});

test('a page can ask for room, and how much there is', async () => {
  await openBlank();
  assert.equal(typeof (await call('persist')), 'boolean');
  const { used, available } = await call('usage');
  assert.ok(used >= 0 && available > used);
});
