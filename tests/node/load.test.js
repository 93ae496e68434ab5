// A model's weights on their way into a loader, from a server of this test's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Folder } from '../../www/engine/worker/folder.js';
import { loadModel } from '../../www/engine/worker/load.js';
import { FakeLoader, files, log, origin } from './folder-host.js';

/**
 * Loads a model of these parts.
 * @param {import('../../www/engine/worker/load.js').Part[]} parts
 * @param {{ signal?: AbortSignal, onProgress?: (loaded: number, total: number | null) => void, query?: string }} [options]
 */
function load(parts, { signal = new AbortController().signal, onProgress = () => {}, query = '' } = {}) {
  const loader = new FakeLoader();
  const kind = /** @type {any} */ ({ prepare: async () => ({ newLoader: () => loader, parts }) });
  const loading = loadModel(
    kind,
    new Folder(`${origin()}/${query}`, signal),
    /** @type {any} */ ({}),
    onProgress,
  );
  return { loader, loading };
}

const two = [
  { name: 'text_encoder', weights: 'text_encoder/model' },
  { name: 'unet', weights: 'unet/model' },
];

test('a part alone is asked for once, and says its length when it begins', async () => {
  files.set('/model.safetensors', new Uint8Array(1000));
  /** @type {any[]} */
  const events = [];
  const { loader, loading } = load([{ name: 'model', weights: 'model' }], {
    onProgress: (...event) => events.push(event),
  });
  await loading;
  assert.deepEqual(log, ['GET /model.safetensors']);
  assert.deepEqual(
    [events[0], events.at(-1)],
    [
      [0, 1000],
      [1000, 1000],
    ],
  );
  assert.deepEqual(loader.files, [1000]);
});

test('several parts come one after the other, and progress is over all of them from the beginning', async () => {
  files.set('/text_encoder/model.safetensors', new Uint8Array(300_000));
  files.set('/unet/model.safetensors', new Uint8Array(500_000));
  /** @type {number[]} */
  const loaded = [];
  const totals = new Set();
  const { loader, loading } = load(two, {
    onProgress(bytes, total) {
      loaded.push(bytes);
      totals.add(total);
    },
  });
  await loading;
  assert.deepEqual(loader.files, [300_000, 500_000]);
  assert.deepEqual([...totals], [800_000]);
  assert.deepEqual(
    loaded,
    loaded.toSorted((a, b) => a - b),
  );
  assert.equal(loaded.at(-1), 800_000);
});

test('a part in shards is counted as its index says, and until then nobody knows how much there is', async () => {
  files.set('/text_encoder/model.safetensors', new Uint8Array(2000));
  const weight_map = { a: 'one.safetensors', b: 'two.safetensors' };
  const index = JSON.stringify({ metadata: { total_size: 5000 }, weight_map });
  files.set('/unet/model.safetensors.index.json', index);
  files.set('/unet/one.safetensors', new Uint8Array(3000));
  files.set('/unet/two.safetensors', new Uint8Array(2000));
  /** @type {(number | null)[]} */
  const totals = [];
  const { loader, loading } = load(two, { onProgress: (_, total) => totals.push(total) });
  await loading;
  assert.deepEqual(loader.files, [2000, 3000, 2000]);
  assert.deepEqual(loader.parts, ['text_encoder', 'unet', 'unet']);
  assert.deepEqual([totals[0], totals.at(-1)], [null, 7000]);
});

test('every file of a folder is asked for with the folder’s query, its shards too', async () => {
  const index = JSON.stringify({ weight_map: { a: 'one.safetensors' } });
  files.set('/unet/model.safetensors.index.json?sig=x', index);
  files.set('/unet/one.safetensors?sig=x', new Uint8Array(3000));
  const { loader, loading } = load([two[1]], { query: '?sig=x' });
  await loading;
  assert.deepEqual(loader.files, [3000]);
  assert.deepEqual(new Set(log.map((entry) => entry.split('?')[1])), new Set(['sig=x']));
});

test('a web page in place of a part is a part that is not there', async () => {
  const index = JSON.stringify({ weight_map: { a: 'one.safetensors' } });
  files.set('/unet/model.safetensors', '<!doctype html><title>App</title>');
  const error = {
    code: 'weights-invalid',
    message: /unet\/model\.safetensors: the server answered with a web page/,
  };
  await assert.rejects(load([two[1]]).loading, error);
  files.set('/unet/model.safetensors.index.json', index);
  files.set('/unet/one.safetensors', new Uint8Array(3000));
  const { loader, loading } = load([two[1]]);
  await loading;
  assert.deepEqual(loader.files, [3000]);
});

test('stopping in one part keeps the next from being asked for', async () => {
  files.set('/text_encoder/model.safetensors', new Uint8Array(300_000));
  files.set('/unet/model.safetensors', new Uint8Array(500_000));
  const controller = new AbortController();
  const { signal } = controller;
  const { loader, loading } = load(two, { signal, onProgress: (bytes) => bytes > 0 && controller.abort() });
  await assert.rejects(loading, { code: 'aborted' });
  assert.equal(loader.freed, 1);
  assert.equal(log.filter((entry) => entry === 'GET /unet/model.safetensors').length, 0);
});

test('a part without weights is named, and so is what it has instead', async () => {
  files.set('/text_encoder/model.safetensors', new Uint8Array(2000));
  await assert.rejects(load(two).loading, { code: 'network', message: /unet\/model\.safetensors: 404/ });
  const [encoder, unet] = two;
  const unread = ['model.bin', 'model.bin.index.json', 'model.h5', 'model.msgpack'].map(
    (name) => `unet/${name}`,
  );
  for (const [file, format] of [
    [unread[3], "a file of Flax's"],
    [unread[2], "a file of TensorFlow's"],
    [unread[1], "the index of a pickle of PyTorch's"],
    [unread[0], "a pickle of PyTorch's"],
  ]) {
    files.set(`/${file}`, 'cposix');
    const { loader, loading } = load([encoder, { ...unet, unread }]);
    await assert.rejects(loading, ({ code, message }) => {
      assert.equal(code, 'unsupported-model');
      assert.ok(message.startsWith(`${origin()}/${file} is ${format}`), message);
      assert.match(message, /needs a \.safetensors file.*refs%2Fpr%2FN/);
      return true;
    });
    assert.equal(loader.freed, 1);
  }
});
