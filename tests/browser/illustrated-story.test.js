// Illustrated stories through the public API with the engine itself, on the CPU: the shipped writer, and an illustrator of random
// weights that has no lexicon.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { bytesOf, send } from './harness.js';
import { openBlank, page, site } from './session.js';

const WRITER = '/models/gpt2-stories';
const ILLUSTRATOR = '/tests/fixtures/text-to-image/sd1';
const PROMPT = 'Once upon a time there was a little fox who lived near the sea.';
/** Of a call that is quick. */
const FEW = { max_new_tokens: 60, num_scenes: 2, num_inference_steps: 2, seed: 3 };

beforeEach(() => openBlank());

/**
 * Runs code in the page; errors come back as their code, message and story.
 * @param {(tools: any) => Promise<any>} work which sees nothing but its argument
 * @param {object} [more] of the argument
 * @returns {Promise<any>}
 */
const inPage = (work, more = {}) =>
  page.evaluate(
    async ({ work, more }) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      const load = (/** @type {object} */ options = {}) =>
        pipeline('illustrated-story', more.writer, {
          ...{ device: 'cpu', variant: null, illustrator: more.illustrator },
          ...options,
        });
      const plain = (/** @type {any} */ { text, seed, scenes }) => ({
        ...{ text, seed },
        scenes: scenes.map((/** @type {any} */ { image, ...scene }) => ({
          ...scene,
          image: image && { seed: image.seed, prompt: image.prompt, data: [...image.data].join() },
        })),
      });
      try {
        return await new Function(`return (${work})(...arguments)`)({ ...more, load, plain, pipeline });
      } catch (error) {
        const { code, message, story } = /** @type {any} */ (error);
        return { code, message, ...(story && { story: plain(story) }) };
      }
    },
    {
      work: String(work),
      more: { writer: WRITER, illustrator: ILLUSTRATOR, prompt: PROMPT, few: FEW, ...more },
    },
  );

test('one seed makes the story again, its text and its pictures', async () => {
  const { first, again, events, info } = await inPage(async ({ load, plain, prompt, few }) => {
    /** @type {any[]} */
    const progress = [];
    const tell = await load({ onProgress: (/** @type {any} */ now) => progress.push(now) });
    const first = plain(await tell(prompt, few));
    /** @type {string[]} */
    const events = [];
    let again;
    for await (const event of tell.stream(prompt, few)) {
      if (event.type !== events.at(-1)) events.push(event.type);
      if (event.type === 'complete') again = plain(event);
    }
    const { has_lexicon, illustrator, writer } = tell.info;
    const known = {
      has_lexicon,
      prompts: illustrator.prompts,
      n_layer: writer.n_layer,
      progress: progress.at(-1),
    };
    return { first, again, events, info: { ...known, device: tell.device } };
  });
  assert.ok(first.text.startsWith(PROMPT) && first.text.length > PROMPT.length + 60);
  assert.equal(first.seed, 3);
  assert.ok(first.scenes.length > 0);
  for (const { start, end, caption, scene_index, image } of first.scenes) {
    assert.equal(first.text.slice(start, end), caption);
    assert.equal(image.seed, 3 + scene_index);
    assert.equal(image.prompt, caption);
  }
  assert.deepEqual(again, first);
  assert.equal(events.at(-1), 'complete');
  assert.ok(events.includes('scene') && events.includes('step') && events.includes('picture'));
  assert.equal(info.device, 'cpu');
  assert.deepEqual([info.has_lexicon, info.prompts], [false, true]);
  assert.equal(info.progress.loaded, info.progress.total, 'both models, as one');
  assert.equal(site.count(`${ILLUSTRATOR}/lexicon.json`), 1);
});

test('a call that is stopped carries what was made, and the next one works', async () => {
  const [text, pictures, next] = await inPage(async ({ load, plain, prompt, few }) => {
    const tell = await load();
    const stopped = async (/** @type {string} */ type, /** @type {number} */ count) => {
      const controller = new AbortController();
      try {
        for await (const event of tell.stream(prompt, { ...few, signal: controller.signal })) {
          if (event.type === type && --count === 0) controller.abort();
        }
      } catch (error) {
        const { code, story } = /** @type {any} */ (error);
        return { code, ...plain(story) };
      }
    };
    return [
      await stopped('token', 5),
      await stopped('picture', 1),
      plain(await tell(prompt, { ...few, num_scenes: 0 })),
    ];
  });
  assert.deepEqual([text.code, pictures.code], ['aborted', 'aborted']);
  assert.ok(text.text.length > PROMPT.length && text.text.length < next.text.length);
  assert.equal(pictures.text, next.text);
  assert.equal(pictures.scenes.filter((/** @type {any} */ { image }) => image).length, 1);
});

test('one scene is drawn anew, a text has its scenes found, and all is given back', async () => {
  const { prompt, image, scenes, understood, code } = await inPage(async ({ load }) => {
    const tell = await load();
    const [image] = await tell.draw('a fox', { num_inference_steps: 1, seed: 9 });
    const scenes = await tell.scenes('A fox ran to the sea. A bear danced all night. They slept.', {
      num_scenes: 2,
    });
    const understood = await tell.understand('a fox');
    await tell.dispose();
    const code = await tell('Once').catch((/** @type {any} */ error) => error.code);
    return { prompt: image.prompt, image: image.seed, scenes, understood, code };
  });
  assert.deepEqual([prompt, image, code], ['a fox', 9, 'disposed']);
  assert.deepEqual(scenes.map((/** @type {any} */ { caption }) => caption).length, 2);
  assert.equal(understood.caption, 'a fox');
});

describe('what cannot be told is refused by code', () => {
  for (const [what, options, code, message] of /** @type {const} */ ([
    ['no illustrator', { illustrator: undefined }, 'invalid-option', /illustrator is undefined/],
    [
      'an illustrator that takes no prompts',
      { illustrator: '/models/gan-mnist' },
      'unsupported-model',
      /text-to-image/,
    ],
    ['an illustrator that is not there', { illustrator: '/models/nowhere' }, 'network', /nowhere/],
    ['an option of loading that nobody knows', { ilustrator: 1 }, 'invalid-option', /ilustrator/],
  ])) {
    test(what, async () => {
      const error = await inPage(({ load, options }) => load(options), { options });
      assert.equal(error.code, code);
      assert.match(error.message, message);
    });
  }

  test('options of a call, and a prompt that is no text', async () => {
    const errors = await inPage(async ({ load, prompt }) => {
      const tell = await load();
      const calls = [
        { num_scenes: -1 },
        { unheard_of: 1 },
        { temperature: -1, do_sample: true },
        { num_return_sequences: 2 },
      ];
      const all = [...calls.map((options) => tell(prompt, options)), tell([1, 2])];
      return (await Promise.allSettled(all)).map((result) => /** @type {any} */ (result).reason.code);
    });
    assert.deepEqual(
      errors,
      Array.from({ length: 5 }, () => 'invalid-option'),
    );
  });
});

test('where the illustrator is cut off, the text is written all the same', async () => {
  const file = `${ILLUSTRATOR}/unet/diffusion_pytorch_model.safetensors`;
  const whole = bytesOf(file.slice(1));
  site.answers.set(file, send(whole.subarray(0, whole.length - 1000)));
  const result = await inPage(async ({ load, plain, prompt, few }) => {
    let tell;
    try {
      tell = await load();
    } catch (error) {
      return { refused: /** @type {any} */ (error).code };
    }
    const { code, story } = await tell(prompt, few).catch((/** @type {any} */ error) => error);
    return { code, ...plain(story) };
  });
  // It may be known before the writer is there.
  if (result.refused) return assert.equal(result.refused, 'weights-truncated');
  assert.equal(result.code, 'weights-truncated');
  assert.ok(result.text.length > PROMPT.length + 60);
});
