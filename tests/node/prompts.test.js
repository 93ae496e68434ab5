// Calls with prompts on the page's side: what is refused before anything runs, and what comes back.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { imageToImagePipeline } from '../../www/tasks/image-to-image.js';
import { textToImagePipeline } from '../../www/tasks/text-to-image.js';

/** As much of the browser's as these need. */
class Pixels {
  /** @param {Uint8ClampedArray} data @param {number} width @param {number} height */
  constructor(data, width, height) {
    Object.assign(this, { data, width, height });
  }
}
Object.assign(globalThis, { ImageData: Pixels });

/**
 * A model that answers every call with these events of the engine's.
 * @param {object[]} [events]
 */
function remoteWith(events = []) {
  /** @type {any[]} */
  const calls = [];
  const remote = {
    loaded: { info: { kind: 'diffusion', prompts: true, sample_size: [2, 4] } },
    async *run(/** @type {object} */ params) {
      calls.push(params);
      yield* events;
    },
  };
  return { calls, remote: /** @type {any} */ (remote) };
}

/** What the engine reports at last, of pictures of 2 × 4 pixels. @param {number} count @param {object} [more] */
const complete = (count, more) => ({
  ...{ type: 'complete', seed: 7, height: 2, width: 4, words: [], ...more },
  rgba: new Uint8ClampedArray(count * 32),
  latents: Float32Array.from({ length: count * 2 }, (_, index) => index),
});

/** @template T @param {AsyncIterable<T>} items */
async function all(items) {
  const list = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What is no prompt, and what is said of it. @type {[unknown, RegExp][]} */
const WRONG = [
  [undefined, /is undefined; it must be a text or a list of texts/],
  [null, /is null/],
  [7, /is number/],
  [{ text: 'a fox' }, /is object/],
  [[], /is an empty list/],
  [['a', 7], /has number at index 1/],
  [new Array(2), /has undefined at index 0/],
  [Array(257).fill('a'), /has 257 texts; a call draws at most 256/],
];

test('what is no prompt is refused by name before anything runs', async () => {
  const { remote, calls } = remoteWith();
  const [paint, edit] = [textToImagePipeline(remote), imageToImagePipeline(remote)];
  for (const [prompt, message] of WRONG) {
    const refused = { code: 'invalid-option', message: new RegExp(`^prompt ${message.source}`) };
    await assert.rejects(paint(/** @type {any} */ (prompt)), refused);
    await assert.rejects(paint.stream(/** @type {any} */ (prompt)).next(), refused);
    await assert.rejects(edit('/picture.png', { prompt: /** @type {any} */ (prompt) }), refused);
    if (prompt === undefined || prompt === null) continue;
    const options = { negative_prompt: /** @type {any} */ (prompt) };
    const negative = { code: 'invalid-option', message: new RegExp(`^negative_prompt ${message.source}`) };
    await assert.rejects(paint('a fox', options), negative);
  }
  await assert.rejects(paint(['a', 'b'], { negative_prompt: ['c', 'd', 'e'] }), {
    code: 'invalid-option',
    message: 'negative_prompt has 3 texts, and prompt has 2; it must be one text, or one for each prompt',
  });
  await assert.rejects(paint('a', /** @type {any} */ ({ prompt: 'b' })), { code: 'invalid-option' });
  assert.deepEqual(calls, []);
});

test('a prompt goes to the engine among the options', async () => {
  const { remote, calls } = remoteWith([complete(1)]);
  await textToImagePipeline(remote)('', { seed: 7, negative_prompt: 'b' });
  assert.deepEqual(calls, [{ options: { seed: 7, negative_prompt: 'b', prompt: '' } }]);
});

test('each picture carries what it was drawn from, and what of it was cut off', async () => {
  const { remote } = remoteWith([complete(4, { truncated: [undefined, ' and so on'] })]);
  const images = await textToImagePipeline(remote)(['a', 'b'], {
    num_images_per_prompt: 2,
    negative_prompt: ['c', 'd'],
  });
  const carried = images.map(({ data: _, ...image }) => ({ ...image, latents: [...image.latents] }));
  const size = { width: 4, height: 2 };
  const [first, second] = [
    { seed: 7, ...size, prompt: 'a', negative_prompt: 'c' },
    { seed: 7, ...size, prompt: 'b', negative_prompt: 'd', truncated: ' and so on' },
  ];
  assert.deepEqual(carried, [
    { ...first, latents: [0, 1] },
    { ...first, latents: [2, 3] },
    { ...second, latents: [4, 5] },
    { ...second, latents: [6, 7] },
  ]);
  const [plain] = await textToImagePipeline(remoteWith([complete(1)]).remote)('a', { negative_prompt: 'c' });
  assert.equal(plain.negative_prompt, 'c');
  assert.ok(!('truncated' in plain));
});

test('events say what was cut off each prompt, and nothing where nothing was', async () => {
  const step = { type: 'step', step_index: 0, num_steps: 2, timestep: 9, seed: 7, height: 2, width: 4 };
  const events = async (/** @type {object} */ more) => {
    const { remote } = remoteWith([{ ...step, previews: [], ...more }, complete(2, more)]);
    return all(textToImagePipeline(remote).stream(['a', 'b']));
  };
  for (const { truncated } of await events({ truncated: [undefined, 'rest'] })) {
    assert.deepEqual(truncated, [null, 'rest']);
  }
  for (const event of await events({ truncated: [undefined, undefined] })) assert.ok(!('truncated' in event));
  for (const event of await events({})) assert.ok(!('truncated' in event));
});

test('attentions have the words of each picture, and the size of its sample', async () => {
  const words = [['a', 'fox'], ['snow']];
  const step = {
    type: 'step',
    step_index: 0,
    num_steps: 1,
    timestep: 9,
    seed: 7,
    height: 16,
    width: 32,
    sample_size: [2, 4],
  };
  // Two pictures of each prompt, and maps of 2 × 4.
  const attentions = new Float32Array((2 + 2 + 1 + 1) * 8);
  const stepOf = async (/** @type {object} */ more, /** @type {any} */ num_images_per_prompt = 2) => {
    const { remote } = remoteWith([{ ...step, previews: [], ...more }]);
    const options = { num_images_per_prompt, output_attentions: true };
    const [event] = await all(textToImagePipeline(remote).stream(['a fox', 'snow'], options));
    return /** @type {import('../../www/types.d.ts').DiffusionStepEvent} */ (event);
  };
  assert.deepEqual((await stepOf({ attentions, words })).attentions, {
    words: [words[0], words[0], words[1], words[1]],
    height: 2,
    width: 4,
    values: attentions,
  });
  assert.ok(!('attentions' in (await stepOf({ words }))));
  const empty = await stepOf({ words: [[], []], attentions: new Float32Array(0) });
  assert.deepEqual(empty.attentions?.words, [[], [], [], []]);
  const one = await stepOf({ attentions: attentions.slice(0, 24), words }, null);
  assert.deepEqual(one.attentions?.words, words, 'null is the default, one picture');
});
