// Illustrated stories on the page's side, with a writer, an illustrator and a finder of scenes that do as the tests say.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HearthError, aborted } from '../../www/engine/errors.js';
import { Sentences } from '../../www/engine/worker/sentences.js';
import { Storyteller, story } from '../../www/engine/worker/story.js';
import { illustratedStoryPipeline } from '../../www/tasks/illustrated-story.js';
import { expectedLength, seedOfScene, split } from '../../www/tasks/story-options.js';

const PROMPT = 'Once there was a fox.';
const TOKENS = [
  ' She',
  ' ran',
  ' to',
  ' the',
  ' sea',
  '.',
  ' A',
  ' whale',
  ' sang',
  ' there',
  ' all',
  ' night',
  '.',
];
const TEXT = PROMPT + TOKENS.join('');

const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

/**
 * Those who make a story.
 * @param {object} [how]
 * @param {'cpu' | 'webgpu'} [how.device]
 * @param {number} [how.writesUpTo] tokens before the writer fails
 * @param {(caption: string) => void} [how.onDraw] is called before a picture is drawn, and may throw
 */
function castOf({ device = 'cpu', writesUpTo = Infinity, onDraw = () => {} } = {}) {
  /** @type {any[]} */
  const calls = [];
  const create = () => new Sentences();
  const teller = new Storyteller(create, true);
  const writer = Object.assign(async () => [], {
    device,
    info: { n_positions: 512, warnings: [] },
    async *stream(/** @type {string} */ prompt, /** @type {any} */ { signal, seed = 41, ...options }) {
      calls.push(['write', prompt, options]);
      const call = { seed, prompt_ids: [1, 2, 3, 4, 5, 6] };
      yield { type: 'step', step_index: 0, fraction: 0, ...call };
      yield { type: 'step', step_index: 1, fraction: 1, ...call };
      for (const [index, text] of TOKENS.entries()) {
        await pause();
        if (signal?.aborted) throw aborted();
        if (index === writesUpTo) throw new HearthError('device-lost', 'the writer is gone');
        yield { type: 'token', sequence_index: 0, token_id: index, text, logprob: -1, top_logprobs: [] };
      }
      const sequences = [{ generated_text: TOKENS.join(''), token_ids: [], finish_reason: 'length' }];
      yield { type: 'complete', sequences, ...call };
    },
    dispose: async () => void calls.push(['dispose', 'writer']),
  });
  const illustrator = Object.assign(
    async (/** @type {string} */ caption, /** @type {any} */ options) => [{ prompt: caption, ...options }],
    {
      device,
      async *stream(/** @type {string} */ caption, /** @type {any} */ { signal, ...options }) {
        calls.push(['draw', caption, options]);
        onDraw(caption);
        for (const step_index of [0, 1]) {
          await pause();
          if (signal?.aborted) throw aborted();
          yield {
            type: 'step',
            step_index,
            num_steps: 2,
            fraction: (step_index + 1) / 2,
            images: ['sketch'],
          };
        }
        yield { type: 'complete', seed: options.seed, images: [{ prompt: caption, seed: options.seed }] };
      },
      dispose: async () => void calls.push(['dispose', 'illustrator']),
    },
  );
  const finder = {
    async call(/** @type {string} */ method, /** @type {any} */ params, /** @type {any} */ { signal } = {}) {
      if (signal?.aborted) throw aborted();
      calls.push([method, params.text ?? params.options]);
      return story.methods?.[method](teller, params);
    },
    dispose: async () => void calls.push(['dispose', 'finder']),
  };
  const illustratorReady = async () => {};
  const info = () => ({ has_lexicon: true, warnings: [] });
  const cast = { writer, illustrator, finder, illustratorReady, info };
  return { calls, tell: illustratedStoryPipeline(/** @type {any} */ (cast)) };
}

/** @param {AsyncIterable<any>} events @param {(event: any) => void} [look] */
async function collect(events, look = () => {}) {
  /** @type {any[]} */
  const all = [];
  try {
    for await (const event of events) {
      all.push(event);
      look(event);
    }
  } catch (error) {
    return { all, error: /** @type {any} */ (error) };
  }
  return { all, error: null };
}

/** @param {any[]} all */
const names = (all) => all.map(({ type }) => type).filter((type, index, types) => type !== types[index - 1]);

test('on the CPU the text comes first, then a picture of each scene, then the whole', async () => {
  const { tell, calls } = castOf();
  const { all, error } = await collect(tell.stream(PROMPT, { num_scenes: 2, seed: 7, guidance_scale: 3 }));
  assert.equal(error, null);
  assert.deepEqual(names(all.filter(({ type }) => type !== 'scene')), [
    ...['token', 'step', 'picture', 'step', 'picture', 'complete'],
  ]);
  const { text, seed, scenes } = all.at(-1);
  assert.equal(text, TEXT);
  assert.equal(seed, 7);
  assert.equal(scenes.length, 2);
  assert.deepEqual(
    scenes.map((/** @type {any} */ { image }) => image.seed),
    scenes.map((/** @type {any} */ { scene_index }) => 7 + scene_index),
  );
  for (const { start, end, caption } of scenes) assert.equal(text.slice(start, end), caption);
  const [, , options] = calls.find(([name]) => name === 'draw');
  assert.deepEqual(options, { guidance_scale: 3, seed: 7 });
  assert.deepEqual(calls.find(([name]) => name === 'write')[2], { return_full_text: false });
});

test('on the GPU pictures are drawn while the text goes on', async () => {
  const { all } = await collect(
    castOf({ device: 'webgpu' }).tell.stream(PROMPT, { num_scenes: 2, max_length: 20 }),
  );
  const types = all.map(({ type }) => type);
  assert.ok(types.indexOf('step') < types.lastIndexOf('token'), types.join(' '));
});

test('a scene is reported before the token that shows its sentence to be whole', async () => {
  const { all } = await collect(castOf().tell.stream(PROMPT, { num_scenes: 3, max_length: 15 }));
  let length = PROMPT.length;
  let scenes = 0;
  for (const event of all) {
    if (event.type === 'token') length += event.text.length;
    if (event.type === 'scene' && length < TEXT.length) {
      assert.equal(length, event.end, 'nothing behind its sentence has come yet');
      scenes++;
    }
  }
  assert.ok(scenes > 0);
});

test('the promise is the last event, and no scenes are no pictures', async () => {
  const { tell, calls } = castOf();
  const whole = await tell(PROMPT, { num_scenes: 0, seed: 3 });
  assert.deepEqual(whole, { text: TEXT, seed: 3, scenes: [] });
  assert.deepEqual(
    calls.map(([name]) => name),
    ['write'],
  );
});

test('a story that is stopped keeps what is there, in the text and in the pictures', async () => {
  for (const [type, count] of /** @type {const} */ ([
    ['token', 3],
    ['step', 1],
    ['picture', 1],
  ])) {
    const controller = new AbortController();
    let left = count;
    const events = castOf().tell.stream(PROMPT, { num_scenes: 2, signal: controller.signal });
    const { all, error } = await collect(events, (event) => {
      if (event.type === type && --left === 0) controller.abort();
    });
    assert.equal(error.code, 'aborted');
    assert.ok(!all.some(({ type }) => type === 'complete'));
    assert.ok(error.story.text.startsWith(PROMPT + ' She'));
    const pictures = error.story.scenes.filter((/** @type {any} */ { image }) => image).length;
    assert.equal(pictures, type === 'picture' ? 1 : 0);
  }
});

test('where the illustrator fails the text goes on to its end', async () => {
  for (const device of /** @type {const} */ (['cpu', 'webgpu'])) {
    const onDraw = () => {
      throw new HearthError('weights-truncated', 'half a picture book');
    };
    const { all, error } = await collect(castOf({ device, onDraw }).tell.stream(PROMPT, { num_scenes: 2 }));
    assert.equal(error.code, 'weights-truncated');
    assert.equal(all.filter(({ type }) => type === 'token').length, TOKENS.length);
    assert.equal(error.story.text, TEXT);
    assert.equal(error.story.scenes.length, 2);
  }
});

test('where the writer fails the scenes that it has told are drawn', async () => {
  const { all, error } = await collect(
    castOf({ writesUpTo: 10 }).tell.stream(PROMPT, { num_scenes: 3, max_length: 10 }),
  );
  assert.equal(error.code, 'device-lost');
  assert.ok(all.filter(({ type }) => type === 'picture').length > 0);
  assert.equal(error.story.text, PROMPT + TOKENS.slice(0, 10).join(''));
});

test('a loop that is left early leaves nothing running', async () => {
  const { tell, calls } = castOf();
  for await (const event of tell.stream(PROMPT)) if (event.type === 'token') break;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(calls.filter(([name]) => name === 'draw').length, 0);
  assert.equal(calls.at(-1)[0], 'end');
});

test('options are refused by name', async () => {
  const { tell } = castOf();
  /** @type {[any, RegExp][]} */
  const wrong = [
    [{ num_scenes: 1.5 }, /num_scenes is 1.5/],
    [{ num_scenes: 17 }, /0 to 16/],
    [{ num_return_sequences: 2 }, /one text/],
    [{ return_full_text: true }, /prompt/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(tell(PROMPT, options), { code: 'invalid-option', message });
  }
  await assert.rejects(tell(/** @type {any} */ ([1, 2])), { code: 'invalid-option', message: /a list/ });
  await assert.rejects(tell.scenes(/** @type {any} */ (null)), { code: 'invalid-option', message: /null/ });
  const { pictures, texts } = split(/** @type {any} */ ({ eta: 0.5, top_k: 3, unheard_of: 1 }));
  assert.deepEqual(pictures, { eta: 0.5 });
  assert.deepEqual(texts, { top_k: 3, unheard_of: 1 }, 'the engine refuses what no text has');
});

test('scenes of a text that is there come in its order', async () => {
  const scenes = await castOf().tell.scenes(TEXT, { num_scenes: 3 });
  assert.deepEqual(
    scenes.map(({ scene_index }) => scene_index),
    [0, 1, 2],
  );
  assert.deepEqual(
    scenes.map(({ caption }) => caption),
    [PROMPT, 'She ran to the sea.', 'A whale sang there all night.'],
  );
});

test('one scene is drawn anew by the same illustrator, and all is given back', async () => {
  const { tell, calls } = castOf();
  const [image] = await tell.draw('a fox', { seed: 9 });
  assert.equal(image.seed, 9);
  const { all } = await collect(tell.draw.stream('a fox', { seed: 9 }));
  assert.deepEqual(names(all), ['step', 'complete']);
  assert.deepEqual(await tell.understand('a fox'), {
    caption: 'a fox',
    language: 'other',
    terms: [],
    changed: false,
  });
  await tell.dispose();
  assert.deepEqual(
    calls
      .slice(-3)
      .map(([, who]) => who)
      .sort(),
    ['finder', 'illustrator', 'writer'],
  );
});

test('the expected length follows the options, and seeds of scenes stay seeds', () => {
  assert.equal(expectedLength('x'.repeat(40), 10, { max_length: 20 }, 512), 84);
  assert.equal(expectedLength('x'.repeat(40), 10, { max_new_tokens: 5 }, 512), 62);
  assert.equal(expectedLength('x'.repeat(40), 510, {}, 512), 49);
  assert.equal(seedOfScene(7, 2), 9);
  assert.equal(seedOfScene(Number.MAX_SAFE_INTEGER, 2), 1);
});

test('without a lexicon the scenes are sentences, which never change again', () => {
  const whole = `${PROMPT} Oh. She ran to the sea. ${'A very long way it was, '.repeat(30)}and then home.`;
  const find = (/** @type {number} */ step) => {
    const sentences = new Sentences();
    sentences.start({ num_scenes: 3, expected_length: whole.length });
    const scenes = [];
    for (let at = 0; at < whole.length; at += step)
      scenes.push(...sentences.push(whole.slice(at, at + step)));
    return [...scenes, ...sentences.finish()];
  };
  const scenes = find(1);
  assert.equal(scenes.length, 3);
  for (const { start, end, caption } of scenes) {
    assert.ok(whole.slice(start, end).startsWith(caption));
    assert.ok(caption.length <= 300);
  }
  const sentences = new Sentences();
  sentences.start({ num_scenes: 3, expected_length: 0 });
  assert.deepEqual([...sentences.push('1, 2, 3. '), ...sentences.finish()], [], 'there is nothing to draw');
});
