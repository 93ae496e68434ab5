// A map of digits through the public API in a real browser, on both devices: its digits, and where pictures are on it.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { bytesOf } from './harness.js';
import { page, site } from './session.js';
import { difference, openStudio } from './studio.js';

const FIXTURE = 'tests/fixtures/vae-mnist/plane';
const RGB = 'tests/fixtures/vae-mnist/five-rgb';
const SHIPPED = 'models/vae-mnist';
const SHARP = 'models/vae-mnist/latent-16-beta-1';
const DEVICES = ['cpu', 'webgpu'];

beforeEach(openStudio);

/** What PyTorch computed. @param {string} folder */
const expected = (folder) => JSON.parse(bytesOf(`${folder}/expected.json`).toString());

/**
 * Draws, and encodes what was drawn; errors come back as their code and message.
 * @param {string} model
 * @param {Record<string, unknown>} options `latents` as an array
 * @param {string} [device]
 * @param {string} [dtype]
 * @returns {Promise<any>}
 */
const draw = (model, options, device = 'cpu', dtype = 'auto') =>
  page.evaluate(
    ({ model, device, dtype, options }) =>
      /** @type {any} */ (globalThis).studio.attempt(async (/** @type {any} */ { load, plain }) => {
        const map = await load('unconditional-image-generation', model, device, dtype);
        const latents = options.latents && { latents: Float32Array.from(options.latents) };
        const images = await map({ ...options, ...latents });
        const { mean, logvar } = await map.encode(images);
        return { info: map.info, images: plain(images), mean: [...mean], logvar: [...logvar] };
      }),
    { model, device, dtype, options: /** @type {any} */ (options) },
  );

/** The largest difference of two lists. @param {number[]} a @param {number[]} b */
const farthest = (a, b) =>
  a?.length === b?.length ? Math.max(...a.map((value, index) => Math.abs(value - b[index]))) : Infinity;

for (const device of DEVICES) {
  test(`pictures are encoded and latents decoded as in PyTorch, on ${device}`, async () => {
    for (const [model, channels, size] of /** @type {const} */ ([
      [FIXTURE, 1, 5],
      [RGB, 3, 3],
    ])) {
      const { pictures, mean, logvar, latents, decoded } = expected(model);
      const got = await page.evaluate(
        async ({ model, device, channels, size, pictures, latents }) => {
          const { load, plain } = /** @type {any} */ (globalThis).studio;
          const map = await load('unconditional-image-generation', model, device);
          const area = size * size;
          const images = Array.from({ length: pictures.length / (channels * area) }, (_, picture) => {
            const image = new ImageData(size, size);
            const byte = (/** @type {number} */ channel, /** @type {number} */ at) =>
              pictures[(picture * channels + Math.min(channel, channels - 1)) * area + at];
            for (let at = 0; at < area; at += 1) {
              image.data.set([byte(0, at), byte(1, at), byte(2, at), 255], 4 * at);
            }
            return image;
          });
          const { mean, logvar } = await map.encode(images);
          const one = await map.encode(images[1]);
          const drawn = plain(await map({ latents: Float32Array.from(latents) }));
          return { mean: [...mean], logvar: [...logvar], one: [...one.mean], drawn };
        },
        { model, device, channels, size, pictures, latents },
      );
      assert.ok(farthest(got.mean, mean) < 1e-4, `${model}: ${got.mean} and ${mean}`);
      assert.ok(farthest(got.logvar, logvar) < 1e-4, `${model}: ${got.logvar} and ${logvar}`);
      const width = got.one.length;
      assert.ok(farthest(got.one, mean.slice(width, 2 * width)) < 1e-4, 'one picture is as in the list');
      got.drawn.forEach((/** @type {any} */ { data }, /** @type {number} */ index) => {
        const picture = decoded.slice(index * channels * size * size, (index + 1) * channels * size * size);
        const bytes = Array.from({ length: size * size }, (_, at) =>
          [0, 1, 2].map((channel) => 255 * picture[Math.min(channel, channels - 1) * size * size + at]),
        ).flat();
        const shown = data.filter((/** @type {number} */ _, /** @type {number} */ at) => at % 4 < 3);
        assert.ok(farthest(shown, bytes) < 0.51, `${model}, picture ${index}`);
      });
    }
  });
}

test('both devices draw the same digits from the same seed, and find them at the same place', async () => {
  for (const model of [SHIPPED, SHARP]) {
    const options = { batch_size: 3, seed: 7 };
    const [cpu, gpu] = [await draw(model, options), await draw(model, options, 'webgpu')];
    assert.equal(cpu.images?.length, 3, cpu.message);
    cpu.images.forEach((/** @type {any} */ image, /** @type {number} */ index) => {
      const other = gpu.images?.[index];
      assert.ok(difference(image.data, other?.data) < 0.1, gpu.message);
      assert.deepEqual(image.latents, other.latents);
      assert.deepEqual([image.seed, image.width, image.height, image.isImageData], [7, 28, 28, true]);
    });
    assert.ok(farthest(cpu.mean, gpu.mean) < 0.01 && farthest(cpu.logvar, gpu.logvar) < 0.01);
  }
});

test('each of the shipped folders is a model of its own, and says what it is', async () => {
  const [plane, sharp] = [await draw(SHIPPED, {}), await draw(SHARP, {})];
  const info = { kind: 'vae', image_size: 28, num_channels: 1, beta: 1, warnings: [] };
  assert.deepEqual(plane.info, { ...info, latent_dim: 2 }, plane.message);
  assert.deepEqual(sharp.info, { ...info, latent_dim: 16 }, sharp.message);
  assert.deepEqual([plane.images[0].latents.length, sharp.images[0].latents.length], [2, 16]);
});

test('step events come before complete, and a long call can be stopped', async () => {
  const seen = await page.evaluate(async (model) => {
    const map = await /** @type {any} */ (globalThis).studio.load('unconditional-image-generation', model);
    const events = [];
    for await (const { type, images, fraction, seed } of map.stream({ batch_size: 600, seed: 5 })) {
      events.push([type, images.length, fraction, seed]);
    }
    const controller = new AbortController();
    let stopped = '';
    try {
      for await (const _ of map.stream({ batch_size: 4096, signal: controller.signal })) controller.abort();
    } catch (error) {
      stopped = /** @type {any} */ (error).code;
    }
    return { events, stopped, after: (await map()).length };
  }, FIXTURE);
  assert.deepEqual(seen.events, [
    ['step', 256, 256 / 600, 5],
    ['step', 512, 512 / 600, 5],
    ['step', 600, 1, 5],
    ['complete', 600, undefined, 5],
  ]);
  assert.deepEqual([seen.stopped, seen.after], ['aborted', 1]);
});

test('a picture comes in every form and size', async () => {
  const means = await page.evaluate(async (model) => {
    const map = await /** @type {any} */ (globalThis).studio.load('unconditional-image-generation', model);
    const [image] = await map({ latents: Float32Array.of(1, -1) });
    const canvas = new OffscreenCanvas(28, 28);
    /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d')).putImageData(image, 0, 0);
    const large = new OffscreenCanvas(112, 112);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (large.getContext('2d'));
    context.drawImage(canvas, 0, 0, 112, 112);
    const blob = await canvas.convertToBlob();
    const forms = {
      image,
      canvas,
      blob,
      url: URL.createObjectURL(blob),
      bitmap: await createImageBitmap(canvas),
    };
    const of = async (/** @type {any} */ picture) => [...(await map.encode(picture)).mean];
    const each = [];
    for (const form of Object.values(forms)) each.push(await of(form));
    const list = await of(Object.values(forms));
    return { each, list, large: await of(large) };
  }, SHIPPED);
  for (const mean of means.each) assert.ok(farthest(mean, means.each[0]) < 1e-3, String(mean));
  assert.ok(farthest(means.list, means.each.flat()) < 1e-5);
  assert.ok(farthest(means.large, means.each[0]) < 0.3, `${means.large} and ${means.each[0]}`);
});

test('what cannot be done is refused by name, and the map goes on', async () => {
  const seen = await page.evaluate(async (model) => {
    const map = await /** @type {any} */ (globalThis).studio.load('unconditional-image-generation', model);
    const picture = new ImageData(28, 28);
    const calls = [
      () => map({ latents: new Float32Array(3) }),
      () => map({ latents: Float32Array.of(0, NaN) }),
      () => map({ latents: [0, 0] }),
      () => map({ batch_size: 0 }),
      () => map({ class_labels: 3 }),
      () => map.encode([]),
      () => map.encode(7),
      () => map.encode([picture, null]),
      () => map.encode(picture, { strength: 1 }),
      () => map.encode(picture, { fit: 'stretch' }),
    ];
    const answers = [];
    for (const call of calls) {
      answers.push(await call().catch((/** @type {any} */ { code, message }) => `${code}: ${message}`));
    }
    const absent = await map.encode('/nothing.png').catch((/** @type {any} */ { code }) => code);
    return { answers, absent, after: (await map()).length + (await map.encode(picture)).mean.length };
  }, SHIPPED);
  const named = ['latents', 'latents', 'latents', 'batch_size', 'class_labels'];
  named.push('empty', 'the picture', 'picture 1', 'strength', 'fit');
  seen.answers.forEach((answer, index) => {
    assert.match(String(answer), new RegExp(`^invalid-option: .*${named[index]}`));
  });
  assert.deepEqual([seen.absent, seen.after], ['network', 3]);
});

test('a wrong task and a wrong dtype are refused before the weights come', async () => {
  const dtype = await draw(SHIPPED, {}, 'cpu', 'f16');
  assert.match(`${dtype.code}: ${dtype.message}`, /^invalid-option: dtype is f16.*VAE.*f32/);
  const task = await page.evaluate(
    (model) =>
      /** @type {any} */ (globalThis).studio.attempt((/** @type {any} */ { load }) =>
        load('image-to-image', model),
      ),
    SHIPPED,
  );
  assert.match(`${task.code}: ${task.message}`, /^unsupported-model: .*image-to-image.*a VAE.*unconditional/);
  assert.equal(site.count(`/${SHIPPED}/model.safetensors`), 0);
});
