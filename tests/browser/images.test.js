// Diffusion through the public API in a real browser, on both devices: pictures from noise, with good and bad input.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { bytesOf, send } from './harness.js';
import { page, site } from './session.js';
import { difference, openStudio } from './studio.js';

const CLASSES = 'tests/fixtures/diffusion/pipeline-classes';
const RGB = 'tests/fixtures/diffusion/pipeline-rgb';
const SHIPPED = 'models/ddpm-mnist';
const GAN = 'tests/fixtures/gan/conditional';
const WEIGHTS = `/${RGB}/unet/diffusion_pytorch_model.safetensors`;
const DEVICES = ['cpu', 'webgpu'];
const DTYPES = ['f32', 'f16', 'q8'];
const SCHEDULERS = [
  'DDPMScheduler',
  'DDIMScheduler',
  'PNDMScheduler',
  'EulerDiscreteScheduler',
  'EulerAncestralDiscreteScheduler',
  'DPMSolverMultistepScheduler',
  'UniPCMultistepScheduler',
  'LCMScheduler',
];

beforeEach(openStudio);

/**
 * Draws; errors come back as their code and message.
 * @param {string} model
 * @param {object} options
 * @param {string} [device]
 * @param {string} [dtype]
 * @returns {Promise<any>}
 */
const draw = (model, options, device = 'cpu', dtype = 'auto') =>
  page.evaluate(
    ({ model, device, dtype, options }) =>
      /** @type {any} */ (globalThis).studio.attempt(async (/** @type {any} */ { load, plain }) => {
        const draw = await load('unconditional-image-generation', model, device, dtype);
        return { device: draw.device, dtype: draw.info.dtype, images: plain(await draw(options)) };
      }),
    { model, device, dtype, options: /** @type {any} */ (options) },
  );

/** Four steps from seed 1. @param {object} options */
const few = (options) => ({ num_inference_steps: 4, seed: 1, ...options });

describe('drawing', () => {
  test('both devices draw the same pictures from the same seed, with every scheduler', async () => {
    for (const scheduler of SCHEDULERS) {
      const options = few({ scheduler, batch_size: 2, guidance_scale: 2 });
      const [cpu, gpu] = [await draw(CLASSES, options), await draw(CLASSES, options, 'webgpu')];
      assert.deepEqual([cpu.device, gpu.device], DEVICES, cpu.message ?? gpu.message);
      assert.equal(cpu.images.length, 2);
      cpu.images.forEach((/** @type {any} */ image, /** @type {number} */ index) => {
        assert.ok(difference(image.data, gpu.images[index].data) < 2, scheduler);
        assert.deepEqual(image.latents, gpu.images[index].latents);
        assert.equal(image.class_label, gpu.images[index].class_label);
      });
    }
  });

  test('dtype says how weights are kept, and both devices draw the same from the same seed with each', async () => {
    /** @type {Record<string, number[][]>} */
    const drawn = {};
    for (const dtype of DTYPES) {
      const options = few({ class_labels: [3, 8], guidance_scale: 2 });
      const [cpu, gpu] = [
        await draw(CLASSES, options, 'cpu', dtype),
        await draw(CLASSES, options, 'webgpu', dtype),
      ];
      assert.deepEqual([cpu.dtype, gpu.dtype], [dtype, dtype], cpu.message ?? gpu.message);
      drawn[dtype] = cpu.images.map((/** @type {any} */ { data }) => data);
      gpu.images.forEach((/** @type {any} */ { data }, /** @type {number} */ index) =>
        assert.ok(difference(drawn[dtype][index], data) < 2, dtype),
      );
    }
    const fromExact = (/** @type {string} */ dtype) => difference(drawn[dtype][0], drawn.f32[0]);
    assert.ok(fromExact('f16') < 2, `f16: ${fromExact('f16')}`);
    assert.ok(fromExact('q8') > 0 && fromExact('q8') < 10, `q8: ${fromExact('q8')}`);
    assert.equal(
      site.count(`/${CLASSES}/unet/diffusion_pytorch_model.safetensors`),
      1,
      'all are of one file',
    );
  });

  test('pictures of pictures are made with weights of any format', async () => {
    for (const device of DEVICES) {
      const dtypes = await page.evaluate(
        async ({ model, device, dtypes }) => {
          const { load } = /** @type {any} */ (globalThis).studio;
          const picture = new ImageData(8, 4);
          const used = [];
          for (const dtype of dtypes) {
            const edit = await load('image-to-image', model, device, dtype);
            const [image] = await edit(picture, { num_inference_steps: 2, seed: 1 });
            used.push([edit.info.dtype, image.width]);
          }
          return used;
        },
        { model: RGB, device, dtypes: DTYPES },
      );
      assert.deepEqual(
        dtypes,
        DTYPES.map((dtype) => [dtype, 8]),
        device,
      );
    }
  });

  test('auto keeps the halves of a file on WebGPU and makes them f32 on the CPU', async () => {
    const one = { num_inference_steps: 1, seed: 1 };
    const [cpu, gpu] = [await draw(SHIPPED, one), await draw(SHIPPED, one, 'webgpu')];
    assert.deepEqual([cpu.dtype, gpu.dtype], ['f32', 'f16'], cpu.message ?? gpu.message);
    assert.equal((await draw(RGB, one, 'webgpu')).dtype, 'f32', 'this file has no halves');
  });

  test('a dtype that there is not, or that a GAN does not have, is refused', async () => {
    for (const [model, dtype, message] of /** @type {const} */ ([
      [CLASSES, 'f64', /dtype is f64; it must be auto, f32, f16, q8/],
      [GAN, 'f16', /dtype is f16.*GAN.*f32/],
      [GAN, 'q8', /dtype is q8.*GAN.*f32/],
    ])) {
      const refused = await draw(model, {}, 'cpu', dtype);
      assert.equal(refused.code, 'invalid-option', model);
      assert.match(refused.message, message);
    }
    assert.equal(site.count(`/${GAN}/model.safetensors`), 0, 'that is known before the weights come');
    for (const dtype of ['auto', 'f32']) assert.equal((await draw(GAN, {}, 'cpu', dtype)).images.length, 1);
  });

  test('info has what a page needs to know of a model', async () => {
    const infos = await page.evaluate(
      (models) =>
        Promise.all(
          models.map(async (model) => {
            const { load } = /** @type {any} */ (globalThis).studio;
            return (await load('unconditional-image-generation', model)).info;
          }),
        ),
      [CLASSES, RGB, GAN],
    );
    const [classes, rgb, gan] = infos;
    const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    const common = {
      kind: 'diffusion',
      dtype: 'f32',
      num_train_timesteps: 1000,
      prediction_type: 'epsilon',
      prompts: false,
      max_prompt_tokens: 0,
      warnings: [],
    };
    assert.deepEqual(classes, {
      ...common,
      sample_size: [8, 8],
      size_multiple: 2,
      channels: 1,
      num_classes: 10,
      labels: names,
      guidance: true,
      guidance_scale: 1,
      scheduler: 'DDIMScheduler',
      schedulers: SCHEDULERS,
      num_inference_steps: 25,
    });
    assert.deepEqual(rgb, {
      ...common,
      sample_size: [4, 8],
      size_multiple: 2,
      channels: 3,
      num_classes: 0,
      labels: [],
      guidance: false,
      guidance_scale: 1,
      scheduler: 'DDPMScheduler',
      schedulers: SCHEDULERS,
      num_inference_steps: 1000,
    });
    assert.equal(gan.kind, 'gan');
  });

  for (const device of DEVICES) {
    test(`every step is reported, with what it shows, on ${device}`, async () => {
      const seen = await page.evaluate(
        async ({ model, device }) => {
          const { load, plain } = /** @type {any} */ (globalThis).studio;
          const draw = await load('unconditional-image-generation', model, device);
          const calls = [];
          for (const preview of [undefined, 'sample', ['sample', 'pred_original_sample'], 'none']) {
            const events = [];
            const options = { seed: 5, batch_size: 2, num_inference_steps: 3, preview };
            for await (const { images, previews = {}, ...event } of draw.stream(options)) {
              const kinds = Object.entries(previews).map(([kind, list]) => [kind, plain(list)]);
              events.push({ ...event, images: plain(images), previews: Object.fromEntries(kinds) });
            }
            calls.push(events);
          }
          return calls;
        },
        { model: CLASSES, device },
      );
      const [picture, sample, both, none] = seen;
      const reported = both.map(({ images: _, previews: __, ...event }) => event);
      const step = { type: 'step', num_steps: 3, seed: 5 };
      assert.deepEqual(reported, [
        { ...step, step_index: 0, timestep: 999, fraction: 1 / 3 },
        { ...step, step_index: 1, timestep: 666, fraction: 2 / 3 },
        { ...step, step_index: 2, timestep: 332, fraction: 1 },
        { type: 'complete', seed: 5 },
      ]);
      for (const [calls, kinds] of /** @type {[any[], string[]][]} */ ([
        [picture, ['pred_original_sample']],
        [sample, ['sample']],
        [both, ['sample', 'pred_original_sample']],
        [none, []],
      ])) {
        assert.equal(calls.length, 4);
        calls.slice(0, 3).forEach((event, index) => {
          assert.deepEqual(Object.keys(event.previews), kinds);
          assert.deepEqual(event.images, event.previews[kinds[0]] ?? []);
          for (const kind of kinds) assert.deepEqual(event.previews[kind], both[index].previews[kind]);
        });
        assert.deepEqual(calls[3].images, both[3].images, 'looking changes nothing');
      }
      const [last, complete] = sample.slice(2);
      assert.deepEqual(last.images[1].data, complete.images[1].data, 'the last sample is the picture');
      const { width, height, isImageData, latents, class_label, seed } = complete.images[0];
      assert.deepEqual([width, height, isImageData, latents.length, seed], [8, 8, true, 64, 5]);
      assert.ok(class_label >= 0 && class_label < 10);
    });

    test(`a call stops at its next step, and the events before it stay, on ${device}`, async () => {
      const seen = await page.evaluate(
        async ({ model, device }) => {
          const { load, plain } = /** @type {any} */ (globalThis).studio;
          const draw = await load('unconditional-image-generation', model, device);
          const options = { num_inference_steps: 200, seed: 1 };
          const codes = [];
          for (const last of [0, 1, 7]) {
            const controller = new AbortController();
            const steps = [];
            try {
              for await (const event of draw.stream({ ...options, signal: controller.signal })) {
                steps.push(event.step_index);
                if (event.step_index === last) controller.abort();
              }
            } catch (error) {
              codes.push([/** @type {any} */ (error).code, steps.length >= last + 1, steps.length < 200]);
            }
          }
          for await (const event of draw.stream(options)) if (event.step_index === 2) break;
          const early = draw({ ...options, signal: AbortSignal.abort() });
          codes.push(await early.catch((/** @type {any} */ error) => [error.code]));
          return { codes, images: plain(await draw({ num_inference_steps: 2 })) };
        },
        { model: RGB, device },
      );
      assert.deepEqual(seen.codes, [...Array(3).fill(['aborted', true, true]), ['aborted']]);
      assert.equal(seen.images.length, 1);
    });

    test(`every option changes the pictures, on ${device}`, async () => {
      const base = few({ class_labels: 3 });
      const plain = await draw(CLASSES, base, device);
      assert.ok(plain.images, plain.message);
      for (const change of [
        { seed: 2 },
        { num_inference_steps: 5 },
        { scheduler: 'DPMSolverMultistepScheduler' },
        { eta: 0.5 },
        { class_labels: 4 },
        { guidance_scale: 2 },
        { guidance_scale: 0 },
      ]) {
        const { images, message } = await draw(CLASSES, { ...base, ...change }, device);
        assert.ok(images, message);
        assert.notDeepEqual(images[0].data, plain.images[0].data, JSON.stringify(change));
      }
      const many = await draw(CLASSES, few({ class_labels: [3, 1, 4] }), device);
      assert.deepEqual(
        many.images.map((/** @type {any} */ { class_label }) => class_label),
        [3, 1, 4],
      );
      assert.ok(
        difference(many.images[0].data, plain.images[0].data) < 1,
        'a picture is the same in any batch',
      );
    });
  }

  test('a picture comes again from its noise', async () => {
    const same = await page.evaluate(async (model) => {
      const { load, plain } = /** @type {any} */ (globalThis).studio;
      const draw = await load('unconditional-image-generation', model);
      const options = { num_inference_steps: 4, class_labels: 3 };
      const [, second] = await draw({ ...options, batch_size: 2, seed: 9 });
      const [again] = await draw({ ...options, latents: second.latents });
      return [plain([second])[0].data, plain([again])[0].data];
    }, CLASSES);
    assert.ok(difference(same[0], same[1]) < 1);
  });

  test('a bad option is refused by name and the pipeline goes on', async () => {
    for (const [name, options] of /** @type {[string, object][]} */ ([
      ['num_inference_steps', { num_inference_steps: 0 }],
      ['num_inference_steps', { num_inference_steps: 10_000 }],
      ['scheduler', { scheduler: 'HeunDiscreteScheduler' }],
      ['eta', { eta: 2 }],
      ['eta', { eta: 0.5, scheduler: 'LCMScheduler' }],
      ['class_labels', { class_labels: 10 }],
      ['guidance_scale', { guidance_scale: -1 }],
      ['preview', { preview: 'all' }],
      ['batch_size', { batch_size: 1000 }],
      ['truncation', { truncation: 0.5 }],
      ['strength', { strength: 0.5 }],
    ])) {
      const { code, message } = await draw(CLASSES, options);
      assert.equal(code, 'invalid-option', message);
      assert.ok(message.includes(name), message);
    }
    assert.match((await draw(RGB, { guidance_scale: 2 })).message, /guidance_scale/);
    assert.match((await draw(RGB, { scheduler: 'DDIM' })).message, /DDIMScheduler, PNDMScheduler/);
    assert.equal((await draw(RGB, { num_inference_steps: 1 })).images.length, 1);
  });
});

describe('folders', () => {
  /** Serves a folder that does not exist. @param {string} folder @param {Record<string, Uint8Array | string>} files */
  function lay(folder, files) {
    for (const [name, bytes] of Object.entries(files)) site.answers.set(`/${folder}/${name}`, send(bytes));
  }
  const part = (/** @type {string} */ file) => bytesOf(`${RGB}/${file}`);

  test('what has all its files at the top is loaded as well, and in shards', async () => {
    const files = {
      'model_index.json': part('model_index.json'),
      'config.json': part('unet/config.json'),
      'scheduler_config.json': part('scheduler/scheduler_config.json'),
    };
    const weights = part('unet/diffusion_pytorch_model.safetensors');
    lay('old', { ...files, 'diffusion_pytorch_model.safetensors': weights });
    const header = JSON.parse(weights.subarray(8, 8 + Number(weights.readBigUInt64LE())).toString());
    const names = Object.keys(header).filter((name) => name !== '__metadata__');
    const weight_map = Object.fromEntries(names.map((name) => [name, 'one.safetensors']));
    const index = JSON.stringify({ metadata: { total_size: weights.length }, weight_map });
    lay('sharded', {
      'model_index.json': files['model_index.json'],
      'unet/config.json': files['config.json'],
      'scheduler/scheduler_config.json': files['scheduler_config.json'],
      'unet/diffusion_pytorch_model.safetensors.index.json': index,
      'unet/one.safetensors': weights,
    });
    const [usual, old, sharded] = [
      await draw(RGB, few({})),
      await draw('old', few({})),
      await draw('sharded', few({})),
    ];
    assert.ok(usual.images, usual.message);
    assert.deepEqual(old.images, usual.images, old.message);
    assert.deepEqual(sharded.images, usual.images, sharded.message);
    assert.equal(site.count('/sharded/unet/one.safetensors'), 1);
  });

  test('pickled weights are refused, and missing ones are a network error', async () => {
    const files = {
      'model_index.json': part('model_index.json'),
      'unet/config.json': part('unet/config.json'),
      'scheduler/scheduler_config.json': part('scheduler/scheduler_config.json'),
    };
    lay('none', files);
    const none = await draw('none', {});
    assert.equal(none.code, 'network');
    assert.match(none.message, /none\/unet\/diffusion_pytorch_model\.safetensors: 404/);
    lay('pickle', { ...files, 'unet/diffusion_pytorch_model.bin': 'cposix' });
    const pickle = await draw('pickle', {});
    assert.equal(pickle.code, 'unsupported-model');
    assert.match(pickle.message, /\.bin.*\.safetensors/);
  });

  test('a folder without a part, or with more parts, says so', async () => {
    lay('bare', { 'model_index.json': part('model_index.json') });
    const bare = await draw('bare', {});
    assert.equal(bare.code, 'network');
    assert.match(bare.message, /config\.json: 404/);
    // As in diffusers, the index says which scheduler it is, and not the scheduler's own file.
    const parts = { unet: ['diffusers', 'UNet2DModel'], scheduler: ['diffusers', 'HeunDiscreteScheduler'] };
    site.answers.set(`/${RGB}/model_index.json`, send(JSON.stringify(parts)));
    const heun = await draw(RGB, {});
    assert.equal(heun.code, 'unsupported-model');
    assert.match(heun.message, /HeunDiscreteScheduler.*DDIMScheduler/);
    site.answers.set(`/${RGB}/model_index.json`, send('{"vqvae":["diffusers","VQModel"]}'));
    assert.match((await draw(RGB, {})).message, /vqvae/);
    assert.equal(site.count(WEIGHTS), 0, 'that is known before the weights come');
    site.answers.clear();
    assert.equal((await draw(RGB, few({}))).images.length, 1);
  });

  test('a GAN is found where a host answers everything with a page', async () => {
    site.answers.set(`/${GAN}/model_index.json`, send('<!doctype html><title>Home</title>'));
    assert.equal((await draw(GAN, { seed: 1 })).images.length, 1);
    assert.equal(
      site.count(`/${GAN}/config.json`),
      1,
      'the file that shows the kind is the one that the model is made from',
    );
  });

  test('a folder of an unknown kind says what it holds and what Hearth loads, before any weights', async () => {
    for (const [folder, file, json, found] of [
      ['autoencoder', 'config.json', '{"_class_name":"AutoencoderKL"}', '_class_name "AutoencoderKL"'],
      ['bert', 'config.json', '{"model_type":"bert"}', 'model_type "bert"'],
      ['nameless', 'config.json', '{"layers":3}', 'no model_type and no _class_name, but layers'],
      ['list', 'config.json', '[1]', 'no JSON object'],
      ['pipeline', 'model_index.json', '{"_class_name":"FluxPipeline","vae":["a","b"]}', '"FluxPipeline"'],
    ]) {
      lay(folder, { [file]: json });
      const { code, message } = await draw(folder, {});
      assert.equal(code, 'unsupported-model', message);
      assert.ok(message.includes(`/${folder}/${file} `) && message.includes(found), message);
      if (folder !== 'list') assert.match(message, /GAN .*"gan".*diffusion .*unet.*GPT-2 .*"gpt2"/);
      assert.equal(site.log.filter((entry) => entry.includes('safetensors')).length, 0);
    }
    const writer = await draw('tests/fixtures/gpt2/writer', {});
    assert.match(writer.message, /unconditional-image-generation is nothing that a GPT-2 does/);
  });

  test('truncated weights and a missing page are different errors', async () => {
    site.answers.set(WEIGHTS, send(bytesOf(WEIGHTS.slice(1)).subarray(0, 20_000)));
    assert.equal((await draw(RGB, {})).code, 'weights-truncated');
    site.answers.set(WEIGHTS, (_, response) => response.writeHead(404).end());
    assert.equal((await draw(RGB, {})).code, 'network');
    site.answers.set(WEIGHTS, send('<!doctype html>'));
    assert.equal((await draw(RGB, {})).code, 'weights-invalid');
    site.answers.clear();
    assert.equal((await draw(RGB, few({}))).images.length, 1);
  });

  for (const device of DEVICES) {
    test(`what becomes infinite stops the run and says where, on ${device}`, async () => {
      const bytes = Buffer.from(bytesOf(WEIGHTS.slice(1)));
      const data = 8 + Number(bytes.readBigUInt64LE());
      const header = JSON.parse(bytes.subarray(8, data).toString());
      const [start, end] = header['conv_out.weight'].data_offsets;
      for (let offset = data + start; offset < data + end; offset += 4) bytes.writeFloatLE(3.4e38, offset);
      site.answers.set(WEIGHTS, send(bytes));
      const seen = await page.evaluate(
        ({ model, device }) =>
          /** @type {any} */ (globalThis).studio.attempt(async (/** @type {any} */ { load }) => {
            const draw = await load('unconditional-image-generation', model, device);
            const errors = [];
            for (const preview of ['pred_original_sample', 'none']) {
              const call = draw({ num_inference_steps: 4, preview });
              errors.push(await call.catch((/** @type {any} */ { code, message }) => ({ code, message })));
            }
            return errors;
          }),
        { model: RGB, device },
      );
      const [shown, unseen] = seen;
      assert.equal(shown.code, 'weights-invalid', shown.message);
      assert.match(shown.message, /step 1 of 4/);
      assert.equal(unseen.code, 'weights-invalid', unseen.message);
      assert.match(unseen.message, /step 4 of 4/);
    });
  }

  test('both tasks share one model, and a GAN does only its own', async () => {
    const code = await page.evaluate(
      async ({ model, gan }) => {
        const { load } = /** @type {any} */ (globalThis).studio;
        const [draw, edit] = await Promise.all([
          load('unconditional-image-generation', model),
          load('image-to-image', model),
        ]);
        await draw.dispose();
        await edit(new ImageData(8, 4), { num_inference_steps: 2 });
        return load('image-to-image', gan).catch((/** @type {any} */ { code, message }) => code + message);
      },
      { model: RGB, gan: GAN },
    );
    assert.equal(site.count(WEIGHTS), 1);
    assert.match(code, /^unsupported-model.*image-to-image.*GAN/);
    assert.equal(site.count(`/${GAN}/model.safetensors`), 0, 'that is known before the weights come');
  });
});
