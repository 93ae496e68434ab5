// Folders as people have them, in a real browser: what is passed over in them is said, and so is what they have instead of
// weights.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { bytesOf, send } from './harness.js';
import { openBlank, page, site } from './session.js';

const WRITER = 'tests/fixtures/gpt2/writer';
const GAN = 'tests/fixtures/gan/conditional';
const RGB = 'tests/fixtures/diffusion/pipeline-rgb';
const TEXT = 'text-generation';
const IMAGES = 'unconditional-image-generation';

/** @type {string[]} */
let warned = [];

beforeEach(async () => {
  await openBlank();
  warned = [];
  page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()));
});

/**
 * Serves a fixture's folder under another name, with some of its files changed.
 * @param {string} name
 * @param {string} fixture
 * @param {readonly string[]} files those that stay
 * @param {Record<string, Uint8Array | string>} [changed]
 */
function lay(name, fixture, files, changed = {}) {
  for (const file of files) site.answers.set(`/${name}/${file}`, send(bytesOf(`${fixture}/${file}`)));
  for (const [file, bytes] of Object.entries(changed)) site.answers.set(`/${name}/${file}`, send(bytes));
}

/**
 * Loads a folder twice and calls it; an error comes back as its code and message.
 * @param {string} task
 * @param {string} model
 * @param {any[]} call
 */
function use(task, model, ...call) {
  return page.evaluate(
    async ({ task, model, call }) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      try {
        const options = { device: 'cpu' };
        const [first, second] = [await pipeline(task, model, options), await pipeline(task, model, options)];
        const [result] = await second(...call);
        const made = result.token_ids ?? [...result.data];
        return { made, warnings: first.info.warnings };
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        return { code, message };
      }
    },
    { task, model: `/${model}`, call },
  );
}

/** A safetensors file with one tensor more. @param {Buffer} bytes @param {string} name */
function withTensor(bytes, name) {
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const end = bytes.length - 8 - length;
  header[name] = { dtype: 'F32', shape: [3], data_offsets: [end, end + 12] };
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, bytes.subarray(8 + length), Buffer.alloc(12)]);
}

test('what is passed over is in info.warnings and, once for a model, in the console', async () => {
  const writer = ['config.json', 'tokenizer.json'];
  const head = withTensor(bytesOf(`${WRITER}/model.safetensors`), 'v_head.summary.weight');
  lay('ppo', WRITER, writer, { 'model.safetensors': head });
  const gan = withTensor(bytesOf(`${GAN}/model.safetensors`), 'ema.weight');
  lay('ema', GAN, ['config.json'], { 'model.safetensors': gan });
  const scheduler = JSON.parse(bytesOf(`${RGB}/scheduler/scheduler_config.json`).toString());
  lay(
    'scheduled',
    RGB,
    ['model_index.json', 'unet/config.json', 'unet/diffusion_pytorch_model.safetensors'],
    {
      'scheduler/scheduler_config.json': JSON.stringify({ ...scheduler, use_beta_schedule: true }),
    },
  );
  const few = { seed: 1, num_inference_steps: 2 };
  for (const [task, folder, sound, name, call] of /** @type {[string, string, string, string, any[]][]} */ ([
    [TEXT, 'ppo', WRITER, 'v_head.summary.weight', ['Once upon', { max_new_tokens: 8 }]],
    [IMAGES, 'ema', GAN, 'ema.weight', [{ seed: 1 }]],
    [IMAGES, 'scheduled', RGB, 'use_beta_schedule', [few]],
  ])) {
    const plain = await use(task, sound, ...call);
    assert.deepEqual(plain.warnings, [], plain.message);
    assert.equal(warned.length, 0);
    const used = await use(task, folder, ...call);
    assert.deepEqual(used.made, plain.made, used.message);
    assert.equal(used.warnings.length, 1);
    assert.ok(used.warnings[0].includes(`"${name}"`), used.warnings[0]);
    assert.equal(warned.length, 1);
    assert.ok(warned[0].includes(`/${folder}/ ${used.warnings[0]}`), warned[0]);
    warned = [];
  }
});

test('weights in a pickle are called that for every kind of model, and what would work is said', async () => {
  const unet = ['model_index.json', 'unet/config.json', 'scheduler/scheduler_config.json'];
  for (const [task, fixture, files, pickle] of /** @type {[string, string, string[], string][]} */ ([
    [TEXT, WRITER, ['config.json', 'tokenizer.json'], 'pytorch_model.bin'],
    [TEXT, WRITER, ['config.json', 'tokenizer.json'], 'pytorch_model.bin.index.json'],
    [IMAGES, GAN, ['config.json'], 'pytorch_model.bin'],
    [IMAGES, RGB, unet, 'unet/diffusion_pytorch_model.bin'],
    [IMAGES, RGB, unet, 'unet/diffusion_pytorch_model.bin.index.json'],
  ])) {
    site.answers.clear();
    lay('pickled', fixture, files, { [pickle]: 'cposix' });
    const { code, message } = await use(task, 'pickled', {});
    assert.equal(code, 'unsupported-model', message);
    assert.ok(message.includes(`/pickled/${pickle} is `), message);
    assert.match(message, /pickle.*\.safetensors.*refs%2Fpr%2FN/);
  }
});
