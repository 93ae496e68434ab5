// Pictures from prompts through the public API in a real browser, on the CPU: calls, a text encoder that comes and goes, and bad
// input. (tests/web/text_to_image.rs compares both devices.)

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { until } from './harness.js';
import { page, site } from './session.js';
import { openStudio } from './studio.js';

/** 16 × 16 pixels, 8 × 8 latents. */
const MODEL = '/tests/fixtures/text-to-image/sd1';
const WEIGHTS = {
  text_encoder: `${MODEL}/text_encoder/model.safetensors`,
  unet: `${MODEL}/unet/diffusion_pytorch_model.safetensors`,
  vae: `${MODEL}/vae/diffusion_pytorch_model.safetensors`,
};
/** Of a call that is quick. */
const FEW = { num_inference_steps: 2, scheduler: 'DDIMScheduler', seed: 1 };

beforeEach(openStudio);

/**
 * Runs code in the page, with the pipelines that it loads; errors come back as their code and message.
 * @param {(tools: any) => Promise<any>} work which sees nothing but its argument
 * @param {object} [more] of the argument
 * @returns {Promise<any>}
 */
const inPage = (work, more = {}) =>
  page.evaluate(
    async ({ work, more }) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      const load = (task = 'text-to-image', options = {}) =>
        pipeline(task, more.model, { device: 'cpu', variant: null, ...options });
      const { plain } = /** @type {any} */ (globalThis).studio;
      try {
        return await new Function(`return (${work})(...arguments)`)({ ...more, load, plain });
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        return { code, message };
      }
    },
    { work: String(work), more: { model: MODEL, few: FEW, ...more } },
  );

test('with offload the pictures are the same, in calls at the same time too, and its weights come from the cache', async () => {
  const [kept, away] = await inPage(async ({ load, plain, few }) => {
    const drawn = [];
    for (const offload of [false, true]) {
      const paint = await load('text-to-image', { offload });
      const data = async (/** @type {string} */ prompt) => plain(await paint(prompt, few))[0].data;
      const one = await data('a fox');
      const others = await Promise.all(['a bear', 'a fox', 'snow'].map(data));
      const edit = await load('image-to-image', { offload });
      const [changed] = plain(await edit(new ImageData(16, 16), { ...few, prompt: 'rain' }));
      drawn.push([one, ...others, changed.data]);
    }
    return drawn;
  });
  assert.ok(kept && away);
  assert.deepEqual(away, kept);
  assert.deepEqual(kept[0], kept[2]);
  assert.notDeepEqual(kept[0], kept[1]);
  assert.equal(site.count(WEIGHTS.text_encoder), 1);
});

test('events say what each prompt was drawn as: words, attentions, what was cut off', async () => {
  const prompts = ['a red fox', `snow ${'x '.repeat(90)}`];
  const events = await inPage(
    async ({ load, few, prompts }) => {
      const paint = await load();
      const seen = [];
      const options = { ...few, num_images_per_prompt: 2, output_attentions: true };
      for await (const { attentions, images, type, truncated } of paint.stream(prompts, options)) {
        const { words, height, width, values } = attentions ?? {};
        const of = images.map((/** @type {any} */ { prompt, truncated }) => ({ prompt, truncated }));
        seen.push({ type, words, size: [height, width], numbers: values?.length, of, truncated });
      }
      return seen;
    },
    { prompts },
  );
  assert.deepEqual(
    events.map((/** @type {any} */ { type }) => type),
    ['step', 'step', 'complete'],
  );
  const [{ words, size, numbers }, , { of }] = events;
  assert.equal(words.length, 4);
  assert.deepEqual([words[0], words[1]], Array(2).fill(['a', 'red', 'fox']));
  assert.deepEqual(words[2], words[3]);
  assert.deepEqual(size, [8, 8]);
  assert.equal(numbers, 64 * words.flat().length);
  for (const { truncated } of events) {
    assert.equal(truncated[0], null);
    assert.match(truncated[1], /^[x\s]+$/);
  }
  assert.deepEqual(
    of.map((/** @type {any} */ { prompt }) => prompt),
    [prompts[0], prompts[0], prompts[1], prompts[1]],
  );
  assert.deepEqual([of[1].truncated, of[2].truncated], [undefined, events[2].truncated[1]]);
});

test('every option of a prompt changes the picture', async () => {
  const drawn = await inPage(
    async ({ load, plain, few, changes }) => {
      const paint = await load();
      const images = [];
      for (const change of changes) images.push(...plain(await paint('a fox', { ...few, ...change })));
      return images.map(({ data, width, height }) => `${width} × ${height}: ${data}`);
    },
    {
      changes: [
        ...[
          {},
          { seed: 2 },
          { num_inference_steps: 3 },
          { scheduler: 'EulerDiscreteScheduler' },
          { eta: 0.5 },
        ],
        ...[{ guidance_scale: 3 }, { guidance_scale: 0 }, { guidance_rescale: 0.7 }, { clip_skip: 1 }],
        ...[{ negative_prompt: 'snow' }, { height: 32 }, { width: 32 }],
      ],
    },
  );
  assert.equal(new Set(drawn).size, 12, drawn.message);
});

test('what cannot be drawn is refused by name, and the pipeline goes on', async () => {
  const refusals = await inPage(async ({ load, few }) => {
    const paint = await load();
    const edit = await load('image-to-image');
    const picture = new ImageData(16, 16);
    const refused = (/** @type {Promise<any>} */ call) =>
      call.then(
        (images) => ({ message: `${images.length} pictures` }),
        ({ code, message }) => ({ code, message }),
      );
    const calls = {
      height: paint('a', { height: 4096, width: 4096 }),
      width: paint('a', { width: 17 }),
      negative_prompt: paint('a', { negative_prompt: 'b', guidance_scale: 1 }),
      num_images_per_prompt: paint('a', { num_images_per_prompt: 300 }),
      class_labels: paint('a', { class_labels: 1 }),
      batch_size: paint('a', { batch_size: 1 }),
      strength: paint('a', { strength: 0.5 }),
      clip_skip: paint('a', { clip_skip: 99 }),
      prompt: edit(picture, {}),
      downsampling_factor: edit(picture, { prompt: 'a', downsampling_factor: 2 }),
    };
    const seen = [];
    for (const [name, call] of Object.entries(calls)) seen.push([name, await refused(call)]);
    seen.push(['good', await refused(paint('a', few))]);
    return seen;
  });
  const last = refusals.pop();
  for (const [name, { code, message }] of refusals) {
    assert.equal(code, 'invalid-option', `${name}: ${message}`);
    assert.ok(message.includes(name), message);
  }
  assert.equal(last[1].message, '1 pictures');
});

test('a folder that is asked for another task says which are its own', async () => {
  const refused = await inPage(({ load }) => load('unconditional-image-generation'));
  assert.equal(refused.code, 'unsupported-model');
  assert.match(refused.message, /its task is text-to-image or image-to-image$/);
  for (const weights of Object.values(WEIGHTS)) assert.equal(site.count(weights), 0);
});

test('loading stops while any part comes, and works afterwards', async () => {
  for (const weights of Object.values(WEIGHTS)) {
    let asked = false;
    site.answers.set(weights, (request, response) => {
      if (request.method === 'HEAD') response.writeHead(200).end();
      else asked = true; // and nothing comes
    });
    const loading = inPage(({ load }) => {
      const controller = new AbortController();
      Object.assign(globalThis, { stop: () => controller.abort() });
      return load('text-to-image', { signal: controller.signal });
    });
    await until(() => asked);
    await page.evaluate(() => /** @type {any} */ (globalThis).stop());
    assert.equal((await loading).code, 'aborted', weights);
    site.answers.delete(weights);
  }
  const count = await inPage(async ({ load, few }) => (await (await load())('a fox', few)).length);
  assert.equal(count, 1);
});

test('a call stops at any step, and with an offloaded text encoder while that comes', async () => {
  const codes = await inPage(async ({ load, few }) => {
    const paint = await load('text-to-image', { offload: true });
    const seen = [];
    for (const last of [0, 1]) {
      const controller = new AbortController();
      try {
        for await (const event of paint.stream('a fox', { ...few, signal: controller.signal })) {
          if (event.step_index === last) controller.abort();
        }
      } catch (error) {
        seen.push(/** @type {any} */ (error).code);
      }
    }
    const controller = new AbortController();
    const call = paint('a new prompt', { ...few, signal: controller.signal });
    setTimeout(() => controller.abort());
    seen.push(await call.catch((/** @type {any} */ { code }) => code));
    seen.push((await paint('another one', few)).length);
    return seen;
  });
  assert.deepEqual(codes, ['aborted', 'aborted', 'aborted', 1]);
});
