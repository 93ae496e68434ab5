// The public API in a real browser, on both devices, with good and bad input.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { bytesOf, launch, prependToWorker, pretendGpu, send, until } from './harness.js';
import { openBlank, page, site } from './session.js';

const FIXTURE = 'tests/fixtures/gan/conditional';
const WEIGHTS = `/${FIXTURE}/model.safetensors`;
const SHIPPED = '/models/gan-mnist/model.safetensors';

beforeEach(() => openBlank());

/**
 * Loads a model and draws with it; errors come back as their code and message.
 * @param {string} model
 * @param {{ device?: string, options?: object }} [how]
 * @returns {Promise<{ device?: string, count?: number, pixels?: number[], scores?: number[], code?: string, message?: string, reason?: string, isFallback?: boolean }>}
 */
function draw(model, { device = 'cpu', options = { seed: 1 } } = {}) {
  return page.evaluate(
    async ({ model, device, options }) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      try {
        const draw = await pipeline('unconditional-image-generation', model, { device });
        const images = await draw(options);
        await draw.dispose();
        return {
          device: draw.device,
          reason: draw.fallback_reason,
          isFallback: draw.is_fallback_adapter,
          count: images.length,
          pixels: [...images[0].data],
          scores: images.map((/** @type {any} */ image) => image.score),
        };
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        return { code, message };
      }
    },
    { model: `/${model}`, device, options },
  );
}

/** That the engine still works, as it must after every failure. */
async function assertStillWorks() {
  site.answers.clear();
  const { code, message, count } = await draw(FIXTURE);
  assert.equal(count, 1, `${code}: ${message}`);
}

describe('drawing', () => {
  for (const device of ['cpu', 'webgpu']) {
    test(`the shipped model draws on ${device}`, async () => {
      const options = { seed: 7, class_labels: [2, 0, 2, 6] };
      const drawn = await draw('models/gan-mnist', { device, options });
      assert.equal(drawn.message, undefined);
      assert.equal(drawn.device, device);
      assert.equal(drawn.count, 4);
      assert.equal(drawn.pixels?.length, 28 * 28 * 4);
      assert.ok(new Set(drawn.pixels).size > 20, 'a picture has many shades');
      for (const score of drawn.scores ?? []) assert.ok(score > 0 && score < 1);
    });
  }

  test('both devices draw the same digits from the same seed', async () => {
    const [cpu, webgpu] = [
      await draw('models/gan-mnist'),
      await draw('models/gan-mnist', { device: 'webgpu' }),
    ];
    assert.ok(cpu.pixels && webgpu.pixels, cpu.message ?? webgpu.message);
    const pairs = cpu.pixels.map((value, index) => Math.abs(value - (webgpu.pixels?.[index] ?? NaN)));
    assert.ok(pairs.reduce((sum, difference) => sum + difference, 0) / pairs.length < 0.5);
  });

  test('a checkpoint in shards draws what the same one in a file does', async () => {
    const sharded = await draw('tests/fixtures/gan/sharded');
    assert.equal(sharded.count, 1, sharded.message);
    assert.equal(site.count('/tests/fixtures/gan/sharded/model-00003-of-00003.safetensors'), 1);
  });

  test('pictures are ImageData with what they were made from, and step events come before complete', async () => {
    const seen = await page.evaluate(async (model) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      /** @type {any[]} */
      const progress = [];
      const draw = await pipeline('unconditional-image-generation', model, {
        device: 'cpu',
        onProgress: (/** @type {any} */ event) => progress.push(event),
      });
      const events = [];
      for await (const { type, images, fraction, seed } of draw.stream({ batch_size: 130, seed: 5 })) {
        events.push([type, images.length, fraction, seed]);
      }
      const [image] = await draw({ seed: 5, class_labels: 3 });
      const [again] = await draw({ latents: image.latents, class_labels: 3 });
      return {
        events,
        last: progress.at(-1),
        isImageData: image instanceof ImageData,
        label: image.class_label,
        seed: image.seed,
        same: String(image.data) === String(again.data),
        info: draw.info,
      };
    }, `/${FIXTURE}`);
    assert.deepEqual(seen.events, [
      ['step', 64, 64 / 130, 5],
      ['step', 128, 128 / 130, 5],
      ['step', 130, 1, 5],
      ['complete', 130, undefined, 5],
    ]);
    assert.equal(seen.last.loaded, bytesOf(`${FIXTURE}/model.safetensors`).length);
    assert.equal(seen.last.total, seen.last.loaded);
    assert.ok(seen.isImageData && seen.same);
    assert.deepEqual([seen.label, seen.seed], [3, 5]);
    assert.deepEqual(seen.info, { kind: 'gan', image_size: 6, num_classes: 4, latent_dim: 7, warnings: [] });
  });

  test('bad options are refused by name and the pipeline goes on', async () => {
    const cases = [
      ['seed', { seed: -1 }],
      ['seed', { seed: 2 ** 53 }],
      ['batch_size', { batch_size: 0 }],
      ['batch_size', { batch_size: 1e9 }],
      ['class_labels', { class_labels: [4] }],
      ['truncation', { truncation: 0 }],
      ['sede', { sede: 1 }],
    ];
    for (const [name, options] of cases) {
      const { code, message } = await draw(FIXTURE, { options: /** @type {object} */ (options) });
      assert.equal(code, 'invalid-option');
      assert.ok(message?.includes(String(name)), message);
    }
    const { code } = await draw(FIXTURE, { device: 'tpu' });
    assert.equal(code, 'invalid-option');
    await assertStillWorks();
  });

  test('a pipeline that was disposed of says so', async () => {
    const code = await page.evaluate(async (model) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      const draw = await pipeline('unconditional-image-generation', model, { device: 'cpu' });
      await draw.dispose();
      await draw.dispose();
      return draw().catch((/** @type {any} */ error) => error.code);
    }, `/${FIXTURE}`);
    assert.equal(code, 'disposed');
    await assertStillWorks();
  });

  test('the engine refuses what a kind of model has no method for, and goes on', async () => {
    const answers = await page.evaluate(async (model) => {
      const { Remote } = await import(/** @type {any} */ ('/www/engine/page/remote.js'));
      const remote = new Remote({ task: 'unconditional-image-generation', model, device: 'cpu' });
      await remote.load();
      const ask = (/** @type {string} */ method) =>
        remote.call(method, {}).catch((/** @type {any} */ { code, message }) => `${code}: ${message}`);
      return Promise.all(['encode', 'attention', 'start', 'free', 'toString'].map(ask));
    }, `${site.origin}/${FIXTURE}/`);
    for (const answer of answers) assert.match(answer, /^unsupported-model: \w+ is nothing that a GAN does$/);
    await assertStillWorks();
  });

  test('many calls at once all get their own pictures', async () => {
    const same = await page.evaluate(async (model) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      const load = () => pipeline('unconditional-image-generation', model, { device: 'webgpu' });
      const [a, b] = await Promise.all([load(), load()]);
      const seeds = [1, 2, 3, 4];
      const together = await Promise.all(seeds.map((seed) => (seed % 2 ? a : b)({ seed, batch_size: 70 })));
      const data = (/** @type {any[]} */ images) => String(images.map((image) => image.data));
      /** @type {any[]} */
      const alone = [];
      for (const seed of seeds) alone.push(await a({ seed, batch_size: 70 }));
      return together.every((images, index) => data(images) === data(alone[index]));
    }, `/${FIXTURE}`);
    assert.ok(same);
    assert.equal(site.count(WEIGHTS), 1, 'one download serves both');
  });
});

/** The fixture's file with its header or data changed. @param {(header: any, data: Buffer) => Buffer | void} change */
function changed(change) {
  const bytes = bytesOf(`${FIXTURE}/model.safetensors`);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const data = Buffer.from(bytes.subarray(8 + length));
  const result = change(header, data) ?? data;
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, result]);
}

/** @param {bigint} length */
function headerLength(length) {
  const bytes = Buffer.from(bytesOf(`${FIXTURE}/model.safetensors`));
  bytes.writeBigUInt64LE(length);
  return bytes;
}

describe('bad files', () => {
  const tensor = 'generator.main.0.weight';
  /** @type {[string, string, Buffer | string][]} */
  const files = [
    ['HTML', 'weights-invalid', '<!doctype html><title>Not here</title>'],
    ['an empty file', 'weights-truncated', ''],
    ['a truncated file', 'weights-truncated', bytesOf(`${FIXTURE}/model.safetensors`).subarray(0, 3000)],
    ['a header longer than the file', 'weights-truncated', headerLength(90_000n)],
    ['a header of 20 GB', 'weights-invalid', headerLength(20_000_000_000n)],
    ['a header that is no JSON', 'weights-invalid', Buffer.from('\x04\0\0\0\0\0\0\0{{{{')],
    [
      'overlapping offsets',
      'weights-invalid',
      changed((header) => void (header[tensor].data_offsets[0] -= 4)),
    ],
    [
      'offsets beyond the file',
      'weights-invalid',
      changed((header) => void (header[tensor].data_offsets = [1e9, 1e9 + 360])),
    ],
    ['bytes after the end', 'weights-invalid', changed((_, data) => Buffer.concat([data, Buffer.alloc(5)]))],
    ['a wrong dtype', 'weights-mismatch', changed((header) => void (header[tensor].dtype = 'I32'))],
    ['a wrong shape', 'weights-mismatch', changed((header) => void header[tensor].shape.reverse())],
    ['NaN weights', 'weights-invalid', changed((_, data) => void data.writeFloatLE(NaN, 400))],
  ];
  for (const [what, expected, body] of files) {
    test(`${what}: ${expected}`, async () => {
      site.answers.set(WEIGHTS, send(body));
      const { code, message } = await draw(FIXTURE);
      assert.equal(code, expected, message);
      await assertStillWorks();
    });
  }

  test('a file that is not there: network', async () => {
    const { code, message } = await draw('models/none');
    assert.equal(code, 'network');
    assert.match(message ?? '', /404/);
    site.answers.set(WEIGHTS, (_, response) => response.writeHead(404).end());
    assert.equal((await draw(FIXTURE)).code, 'network');
    await assertStillWorks();
  });

  test('a config that is a web page or absurd: unsupported-model', async () => {
    for (const body of ['<!doctype html>', '{"model_type":"gan","image_size":1e99}']) {
      site.answers.set(`/${FIXTURE}/config.json`, send(body));
      assert.equal((await draw(FIXTURE)).code, 'unsupported-model');
    }
    await assertStillWorks();
  });

  test('a shipped file with one wrong bit: weights-invalid, and it is not kept', async () => {
    const bytes = Buffer.from(bytesOf(SHIPPED.slice(1)));
    bytes[bytes.length - 10] ^= 1;
    site.answers.set(SHIPPED, send(bytes));
    const { code, message } = await draw('models/gan-mnist');
    assert.equal(code, 'weights-invalid', message);
    assert.match(message ?? '', /SHA-256/);
    site.answers.clear();
    assert.equal((await draw('models/gan-mnist')).count, 1);
  });
});

/**
 * Sends a file in connections that break off, each after `bytes` more.
 * @param {Buffer} file
 * @param {{ bytes: number, cuts: number, withLength?: boolean, ranges?: boolean, orderly?: boolean }} how
 * @returns {import('./harness.js').Answer}
 */
function cut(file, { bytes, cuts, withLength = true, ranges = true, orderly = false }) {
  let left = cuts;
  return (request, response) => {
    const start = ranges ? Number(request.headers.range?.match(/\d+/)?.[0] ?? 0) : 0;
    if (start >= file.length) return response.writeHead(416).end();
    const rest = file.subarray(start);
    /** @type {import('node:http').OutgoingHttpHeaders} */
    const headers = { etag: '"one"' };
    if (withLength) headers['content-length'] = rest.length;
    if (start > 0) headers['content-range'] = `bytes ${start}-${file.length - 1}/${file.length}`;
    response.writeHead(start > 0 ? 206 : 200, headers);
    if (left-- <= 0) return response.end(rest);
    response.write(rest.subarray(0, bytes), () =>
      orderly ? response.end() : setTimeout(() => response.destroy(), 20),
    );
  };
}

describe('bad connections', () => {
  const file = bytesOf(`${FIXTURE}/model.safetensors`);

  for (const [what, how] of /** @type {[string, Partial<Parameters<typeof cut>[1]>][]} */ ([
    ['with Content-Length', {}],
    ['without Content-Length', { withLength: false }],
    ['by a server that ends each piece as if it were all', { withLength: false, orderly: true }],
    ['by a server that cannot resume', { ranges: false }],
  ])) {
    // Within the length of the header, within the header, and within the data.
    for (const bytes of [5, 700, 4500]) {
      test(`a file cut off every ${bytes} bytes, twice, ${what} is resumed`, async () => {
        site.answers.set(WEIGHTS, cut(file, { bytes, cuts: 2, ...how }));
        const { count, message } = await draw(FIXTURE);
        assert.equal(count, 1, message);
        assert.equal(site.count(WEIGHTS), 3);
        const good = await draw('tests/fixtures/gan/unconditional');
        assert.equal(good.count, 1);
      });
    }
  }

  test('a file cut off for good: network, and a later try works', async () => {
    site.answers.set(WEIGHTS, cutForGood(file));
    const { code, message } = await draw(FIXTURE);
    assert.equal(code, 'network', message);
    assert.ok(site.count(WEIGHTS) >= 4, 'the first connection and three tries');
    await assertStillWorks();
  });

  test('a server that is busy at first is asked again', async () => {
    let tries = 0;
    site.answers.set(WEIGHTS, (_, response) => {
      if (++tries < 3) response.writeHead(503).end();
      else response.writeHead(200, { 'content-length': file.length }).end(file);
    });
    assert.equal((await draw(FIXTURE)).count, 1);
  });

  test('a file that changes between two connections: network', async () => {
    let tries = 0;
    site.answers.set(WEIGHTS, (_, response) => {
      tries += 1;
      response.writeHead(200, { 'content-length': file.length, etag: `"${tries}"` });
      response.write(file.subarray(0, 2000), () => setTimeout(() => response.destroy(), 20));
    });
    const { code, message } = await draw(FIXTURE);
    assert.equal(code, 'network');
    assert.match(message ?? '', /changed/);
    await assertStillWorks();
  });
});

/** @param {Buffer} file @returns {import('./harness.js').Answer} */
function cutForGood(file) {
  return (request, response) => {
    if (request.headers.range) return response.destroy();
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, 1000), () => setTimeout(() => response.destroy(), 20));
  };
}

describe('the cache', () => {
  test('a second visit needs no download, also without a network', async () => {
    assert.equal((await draw('models/gan-mnist')).count, 1);
    await page.reload();
    assert.equal((await draw('models/gan-mnist')).count, 1);
    assert.equal(site.count(SHIPPED), 1);
  });

  test('a model of another folder is downloaded again when it has changed', async () => {
    const before = await draw(FIXTURE);
    await page.reload();
    const same = await draw(FIXTURE);
    assert.equal(site.count(WEIGHTS), 1);
    assert.deepEqual(same.pixels, before.pixels);
    const file = changed((_, data) => void data.writeFloatLE(0.123, data.length - 40));
    site.answers.set(WEIGHTS, send(file, { etag: '"new"', 'content-length': file.length }));
    await page.reload();
    assert.equal((await draw(FIXTURE)).count, 1);
    assert.equal(site.count(WEIGHTS), 2);
  });

  test('a damaged copy is replaced', async () => {
    assert.equal((await draw('models/gan-mnist')).count, 1);
    await page.evaluate(async () => {
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const { url } of await cache.keys()) {
          if (url.includes('.safetensors')) await cache.put(url, new Response('damaged'));
        }
      }
    });
    await page.reload();
    assert.equal((await draw('models/gan-mnist')).count, 1);
    assert.equal(site.count(SHIPPED), 2);
  });

  test('a bad response is never kept', async () => {
    site.answers.set(WEIGHTS, send('<!doctype html>'));
    assert.equal((await draw(FIXTURE)).code, 'weights-invalid');
    const kept = await page.evaluate(async () => {
      const cache = await caches.open('hearth-weights-2');
      const keys = (await cache.keys()).filter(({ url }) => url.includes('.safetensors'));
      return Promise.all(keys.map(async (key) => (await cache.match(key))?.status));
    });
    assert.deepEqual([...new Set(kept)], [404], 'but that there is none');
  });

  test('a full disk does not keep the model from loading', async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 10_000 });
    assert.equal((await draw('models/gan-mnist')).count, 1);
    await page.reload();
    assert.equal((await draw('models/gan-mnist')).count, 1);
    assert.equal(site.count(SHIPPED), 2, 'nothing could be kept');
  });
});

describe('stopping', () => {
  test('a download is stopped in the middle of a tensor and can be started again', async () => {
    const file = bytesOf(SHIPPED.slice(1));
    let closed = false;
    site.answers.set(SHIPPED, (request, response) => {
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, 1_000_003));
      request.on('close', () => (closed = true));
    });
    const code = await page.evaluate(async () => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      const controller = new AbortController();
      const onProgress = ({ loaded = 0 }) => loaded > 900_000 && controller.abort();
      const options = { device: 'cpu', signal: controller.signal, onProgress };
      return pipeline('unconditional-image-generation', '/models/gan-mnist', options).catch(
        (/** @type {any} */ error) => error.code,
      );
    });
    assert.equal(code, 'aborted');
    await until(() => closed);
    site.answers.clear();
    assert.equal((await draw('models/gan-mnist')).count, 1);
  });

  test('one of two who wait for the same model may leave', async () => {
    site.answers.set(WEIGHTS, (_, response) =>
      setTimeout(() => send(bytesOf(WEIGHTS.slice(1)))(_, response), 300),
    );
    const result = await page.evaluate(async (model) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      const controller = new AbortController();
      const leaving = pipeline('unconditional-image-generation', model, {
        device: 'cpu',
        signal: controller.signal,
      });
      const staying = pipeline('unconditional-image-generation', model, { device: 'cpu' });
      setTimeout(() => controller.abort(), 100);
      const left = await leaving.catch((/** @type {any} */ error) => error.code);
      return [left, (await (await staying)({ seed: 1 })).length];
    }, `/${FIXTURE}`);
    assert.deepEqual(result, ['aborted', 1]);
  });

  test('a call stops at its next step, at any moment, and the next call works', async () => {
    const results = await page.evaluate(async (model) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      const codes = [];
      for (const device of ['cpu', 'webgpu']) {
        const draw = await pipeline('unconditional-image-generation', model, { device });
        for (const delay of [null, 0, 1, 5, 20]) {
          const controller = new AbortController();
          if (delay === null) controller.abort();
          else setTimeout(() => controller.abort(), delay);
          const { signal } = controller;
          codes.push(
            await draw({ batch_size: 4096, signal }).then(
              () => 'done',
              (/** @type {any} */ e) => e.code,
            ),
          );
        }
        for await (const { images } of draw.stream({ batch_size: 640 })) {
          codes.push(images.length);
          break; // leaving the loop stops the call
        }
        codes.push((await draw({ seed: 1 })).length);
      }
      return codes;
    }, '/models/gan-mnist');
    const expected = ['aborted', 'aborted', 'aborted', 'aborted', 'aborted', 64, 1];
    assert.deepEqual(results, [...expected, ...expected]);
  });
});

describe('devices', () => {
  test('without WebGPU, auto takes the CPU and says why, and webgpu is refused', async () => {
    const plain = await launch(['--disable-gpu', '--disable-features=WebGPU,WebGPUService']);
    try {
      await openBlank({ from: plain });
      const auto = await draw(FIXTURE, { device: 'auto' });
      assert.equal(auto.device, 'cpu', auto.message);
      assert.match(auto.reason ?? '', /WebGPU/);
      const { code } = await draw(FIXTURE, { device: 'webgpu' });
      assert.equal(code, 'device-unavailable');
      assert.equal((await draw(FIXTURE)).count, 1);
    } finally {
      await plain.close();
    }
  });

  test('with a GPU, auto takes it', async () => {
    pretendGpu(site);
    const auto = await draw(FIXTURE, { device: 'auto' });
    assert.deepEqual([auto.device, auto.reason, auto.isFallback], ['webgpu', undefined, false]);
  });

  test('with a software adapter, auto takes the CPU and says why, and webgpu takes the adapter', async () => {
    const auto = await draw(FIXTURE, { device: 'auto' });
    assert.deepEqual([auto.device, auto.isFallback], ['cpu', false]);
    assert.match(auto.reason ?? '', /software adapter/);
    const asked = await draw(FIXTURE, { device: 'webgpu' });
    assert.deepEqual([asked.device, asked.reason, asked.isFallback], ['webgpu', undefined, true]);
  });

  test('the console says once why auto took the CPU, whatever was loaded before', async () => {
    /** @type {string[]} */
    const infos = [];
    page.on('console', (message) => message.type() === 'info' && infos.push(message.text()));
    for (const device of ['webgpu', 'auto', 'auto']) await draw(FIXTURE, { device });
    await until(() => infos.length > 0);
    assert.equal(infos.length, 1, infos.join('\n'));
    assert.match(infos[0], /^Hearth runs on the CPU\. .*software adapter/);
  });

  test('a software adapter that auto did not take may be lost, and the CPU goes on', async () => {
    prependToWorker(
      site,
      `const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        const device = await requestDevice.apply(this, args);
        device.lost.then(() => console.info('The device is lost.'));
        return device;
      };`,
    );
    const own = await launch();
    try {
      await openBlank({ from: own });
      const lost = page.waitForEvent('console', (message) => message.text() === 'The device is lost.');
      let workers = 0;
      page.on('worker', () => (workers += 1));
      const before = await page.evaluate(async () => {
        const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
        const draw = await pipeline('unconditional-image-generation', '/models/gan-mnist');
        Object.assign(globalThis, { draw });
        return { device: draw.device, pixels: String((await draw({ seed: 3 }))[0].data) };
      });
      assert.equal(before.device, 'cpu');
      const session = await own.newBrowserCDPSession();
      await session.send('Browser.crashGpuProcess').catch(() => {});
      await lost;
      const after = await page.evaluate(async () => {
        const { draw } = /** @type {any} */ (globalThis);
        return { device: draw.device, pixels: String((await draw({ seed: 3 }))[0].data) };
      });
      assert.deepEqual(after, before);
      assert.equal(workers, 1, 'the engine is the same');
    } finally {
      await own.close();
    }
  });

  test('a GPU lost in the middle of a call: device-lost, and the next call starts anew from the cache', async () => {
    const own = await launch();
    try {
      await openBlank({ from: own });
      await page.evaluate(async () => {
        const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
        const draw = await pipeline('unconditional-image-generation', '/models/gan-mnist', {
          device: 'webgpu',
        });
        const before = await draw({ seed: 3 });
        const running = (async () => {
          let made = 0;
          try {
            for await (const { images } of draw.stream({ batch_size: 4096 })) made = images.length;
            return ['complete', made];
          } catch (error) {
            return [/** @type {any} */ (error).code, made];
          }
        })();
        Object.assign(globalThis, { draw, before, running });
      });
      const session = await own.newBrowserCDPSession();
      await session.send('Browser.crashGpuProcess').catch(() => {});
      const result = await page.evaluate(async () => {
        const { draw, before, running } = /** @type {any} */ (globalThis);
        const [code, made] = await running;
        const after = await draw({ seed: 3 });
        return { code, made, same: String(after[0].data) === String(before[0].data), device: draw.device };
      });
      assert.equal(result.code, 'device-lost');
      assert.ok(result.made < 4096);
      assert.ok(result.same, 'the same seed draws the same digit on the new device');
      assert.equal(result.device, 'webgpu');
      assert.equal(site.count(SHIPPED), 1, 'the weights came from the cache');
    } finally {
      await own.close();
    }
  });
});
