// Text through the public API in a real browser, on both devices, with good and bad input.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { membersOf, readTypes } from '../../scripts/docs/types.js';
import { bytesOf, launch, send, until } from './harness.js';
import { openBlank, page, site } from './session.js';

const WRITER = 'tests/fixtures/gpt2/writer';
const WEIGHTS = `/${WRITER}/model.safetensors`;
const SHIPPED = 'models/gpt2-stories';
const DEVICES = ['cpu', 'webgpu'];

/**
 * What transformers made of the fixture.
 * @type {{
 *   prompt: string,
 *   prompt_ids: number[],
 *   generations: { options: object, sequences: number[][] }[],
 *   corpus: { text: string, token_ids: number[], decoded: string }[],
 * }}
 */
const expected = JSON.parse(bytesOf(`${WRITER}/expected.json`).toString());
const PROMPT = expected.prompt;

/** @param {{ from?: import('playwright-core').Browser }} [options] */
async function openWriter(options) {
  await openBlank(options);
  // What every test needs in the page: a pipeline, and a stream put together to what the plain call gives and more.
  await page.evaluate(async () => {
    const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
    const load = (/** @type {string} */ model, /** @type {object} */ options) =>
      pipeline('text-generation', `/${model}`, { device: 'cpu', ...options });
    /** @param {any} write @param {any} prompt @param {object} [options] */
    async function streamed(write, prompt, options) {
      /** @type {{ tokens: any[], steps: any[], complete?: any, code?: string, message?: string }} */
      const all = { tokens: [], steps: [] };
      try {
        for await (const event of write.stream(prompt, options)) {
          if (event.type === 'token') all.tokens.push(event);
          else if (event.type === 'step') all.steps.push(event);
          else all.complete = event;
        }
      } catch (error) {
        Object.assign(all, {
          code: /** @type {any} */ (error).code,
          message: /** @type {any} */ (error).message,
        });
      }
      return all;
    }
    const codeOf = (/** @type {Promise<any>} */ promise) =>
      promise.then(
        () => 'no error',
        (error) => error.code,
      );
    Object.assign(globalThis, { pipeline, load, streamed, codeOf });
  });
}
beforeEach(() => openWriter());

/**
 * Loads a model and writes with it; errors come back as their code and message.
 * @param {any} prompt
 * @param {object} [options]
 * @param {{ model?: string, device?: string, dtype?: string }} [how]
 * @returns {Promise<{ tokens: any[], steps: any[], complete: any, info?: any, device?: string, code?: string, message?: string }>}
 */
function write(prompt, options = {}, { model = WRITER, device = 'cpu', dtype } = {}) {
  return page.evaluate(
    async ({ prompt, options, model, device, dtype }) => {
      const { load, streamed } = /** @type {any} */ (globalThis);
      try {
        const write = await load(model, { device, dtype });
        const all = await streamed(write, prompt, options);
        await write.dispose();
        return { ...all, info: write.info, device: write.device };
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        return { tokens: [], steps: [], code, message };
      }
    },
    { prompt, options, model, device, dtype },
  );
}

/** The texts of a call that must work. @param {Parameters<typeof write>} call */
async function texts(...call) {
  const { complete, code, message } = await write(...call);
  assert.ok(complete, `${code}: ${message}`);
  return complete.sequences.map(({ generated_text = '' }) => generated_text);
}

/** That the engine still works, as it must after every failure. */
async function assertStillWorks() {
  site.answers.clear();
  assert.equal((await texts(PROMPT, { max_new_tokens: 2 })).length, 1);
}

describe('writing', () => {
  for (const device of DEVICES) {
    test(`the same tokens come as from transformers on ${device}`, async () => {
      const all = await page.evaluate(
        async ({ model, device, prompt, calls }) => {
          const write = await /** @type {any} */ (globalThis).load(model, { device });
          const all = [];
          for (const options of calls) all.push(await write(prompt, options));
          return all;
        },
        {
          model: WRITER,
          device,
          prompt: PROMPT,
          calls: expected.generations.map(({ options }) => ({
            ...('max_length' in options ? {} : { max_new_tokens: 20 }),
            ...options,
          })),
        },
      );
      expected.generations.forEach(({ options, sequences }, index) => {
        const ids = all[index].map((/** @type {any} */ { token_ids }) => token_ids);
        assert.deepEqual(ids, sequences, JSON.stringify(options));
      });
    });

    test(`the pieces of a stream are its texts on ${device}`, async () => {
      for (const options of [
        { max_new_tokens: 20 },
        { do_sample: true, top_k: 0, seed: 3, num_return_sequences: 3 },
        { do_sample: true, temperature: 2, seed: 9, stop_strings: ['e'], return_full_text: false },
      ]) {
        const { tokens, complete, message } = await write(
          PROMPT,
          { top_logprobs: 4, ...options },
          { device },
        );
        assert.ok(complete, message);
        const start = 'return_full_text' in options ? '' : PROMPT;
        complete.sequences.forEach((/** @type {any} */ sequence, /** @type {number} */ index) => {
          const own = tokens.filter(({ sequence_index }) => sequence_index === index);
          assert.equal(start + own.map(({ text }) => text).join(''), sequence.generated_text);
          assert.deepEqual(
            own.map(({ token_id }) => token_id),
            sequence.token_ids,
          );
        });
        for (const { logprob, top_logprobs } of tokens) {
          const others = top_logprobs.map((/** @type {any} */ other) => other.logprob);
          assert.equal(others.length, 4);
          assert.deepEqual(
            others,
            others.toSorted((/** @type {number} */ a, /** @type {number} */ b) => b - a),
          );
          assert.ok(logprob <= others[0] && others[0] <= 0);
        }
        assert.deepEqual(complete.prompt_ids, expected.prompt_ids);
      }
    });
  }

  test('both devices draw the same text from the same seed', async () => {
    const options = { do_sample: true, seed: 11 };
    assert.deepEqual(await texts(PROMPT, options, { device: 'webgpu' }), await texts(PROMPT, options));
  });

  test('a beam search reports its best text so far, and then its texts with the best first', async () => {
    const { steps, tokens, complete } = await write(PROMPT, { num_beams: 3, num_return_sequences: 2 });
    assert.equal(tokens.length, 0);
    assert.ok(steps.slice(1).every(({ text, fraction }) => typeof text === 'string' && fraction === 1));
    assert.equal(complete.sequences.length, 2);
  });

  test('a call reports its prompt’s tokens and seed first, and counts its steps', async () => {
    const { steps } = await write(PROMPT, { seed: 5 });
    assert.deepEqual(steps, [
      { type: 'step', step_index: 0, fraction: 0, seed: 5, prompt_ids: expected.prompt_ids },
    ]);
  });

  test('characters come whole, and a prompt in any script comes back as it was', async () => {
    for (const { text, token_ids } of expected.corpus) {
      const { complete, tokens, code } = await write(text, {
        max_new_tokens: 5,
        do_sample: true,
        top_k: 0,
        seed: 1,
      });
      if (token_ids.length >= 48) assert.equal(code, 'prompt-too-long');
      else {
        const [{ generated_text }] = complete.sequences;
        assert.equal(generated_text, text + tokens.map((token) => token.text).join(''));
      }
    }
  });

  test('a text continued from its first tokens is the same text', async () => {
    const [whole] = (await write(PROMPT, { max_new_tokens: 20 })).complete.sequences;
    for (const count of [1, 7, 19]) {
      const ids = [...expected.prompt_ids, ...whole.token_ids.slice(0, count)];
      const { complete } = await write(ids, { max_new_tokens: 20 - count });
      assert.deepEqual(complete.sequences[0].token_ids, whole.token_ids.slice(count));
      assert.equal(complete.sequences[0].generated_text, whole.generated_text);
    }
  });

  test('an empty prompt starts from the token that begins texts', async () => {
    const { complete } = await write('', { max_new_tokens: 3 });
    assert.deepEqual(complete.prompt_ids, [0]);
    assert.equal(complete.sequences[0].token_ids.length, 3);
    assert.deepEqual((await write([], { max_new_tokens: 3 })).complete.sequences, complete.sequences);
  });

  test('half a surrogate pair in a prompt is read as U+FFFD', async () => {
    for (const prompt of ['a\ud800b', '\udc00', 'x\ud83d']) {
      const { complete } = await write(prompt, { max_new_tokens: 4 });
      const same = await write(prompt.toWellFormed(), { max_new_tokens: 4 });
      assert.deepEqual(complete.sequences[0].token_ids, same.complete.sequences[0].token_ids);
    }
  });

  test('a prompt that fills the context is refused with both numbers, also one of 10 MB', async () => {
    const long = await write('人'.repeat(200));
    assert.equal(long.code, 'prompt-too-long');
    assert.match(long.message ?? '', /\b48\b/);
    const code = await page.evaluate(async (model) => {
      const { load, codeOf } = /** @type {any} */ (globalThis);
      return codeOf((await load(model))('word '.repeat(2_000_000)));
    }, WRITER);
    assert.equal(code, 'prompt-too-long');
    assert.equal((await write(Array(49).fill(1))).code, 'prompt-too-long');
    await assertStillWorks();
  });

  test('two texts at once take turns, and each is the one that it is alone', async () => {
    const { together, alone, order } = await page.evaluate(async (model) => {
      const write = await /** @type {any} */ (globalThis).load(model, { device: 'webgpu' });
      const calls = [
        ['Once', { do_sample: true, seed: 1, max_new_tokens: 30 }],
        ['The old', { do_sample: true, seed: 2, max_new_tokens: 30 }],
      ];
      /** @type {number[]} */
      const order = [];
      const run = async (/** @type {any[]} */ call, /** @type {number} */ index) => {
        for await (const event of write.stream(...call)) {
          if (event.type === 'complete') return event.sequences;
          order.push(index);
        }
      };
      const together = await Promise.all(calls.map(run));
      const alone = [];
      for (const call of calls) alone.push(await write(...call));
      return { together, alone, order };
    }, WRITER);
    assert.deepEqual(together, alone);
    assert.ok(order.indexOf(1) < order.lastIndexOf(0), `they came one after the other: ${order}`);
  });

  test('a pipeline that was disposed of says so, and what it was writing ends well', async () => {
    const result = await page.evaluate(async (model) => {
      const { load, codeOf } = /** @type {any} */ (globalThis);
      const write = await load(model);
      const [running, looking] = [write('Once', { max_new_tokens: 20 }), write.attention('Once')];
      await write.dispose();
      await write.dispose();
      const [texts, { tokens }] = await Promise.all([running, looking]);
      return [
        texts[0].token_ids.length,
        tokens.length > 0,
        await codeOf(write('Once')),
        await codeOf(write.attention('a')),
      ];
    }, WRITER);
    assert.deepEqual(result, [20, true, 'disposed', 'disposed']);
    await assertStillWorks();
  });
});

describe('options', () => {
  const sampling = { do_sample: true, seed: 4, top_k: 0 };
  const ends = [3, 11, 40, 97, 200];
  const beams = { num_beams: 3, num_return_sequences: 3, eos_token_id: ends };
  /** Each option beside a call without it, which must give something else. @type {Record<string, [object, object]>} */
  const differences = {
    max_length: [{}, { max_length: 25 }],
    max_new_tokens: [{}, { max_new_tokens: 3 }],
    min_new_tokens: [{ eos_token_id: ends }, { min_new_tokens: 14, eos_token_id: ends }],
    do_sample: [{ seed: 4 }, { seed: 4, do_sample: true }],
    temperature: [sampling, { ...sampling, temperature: 3 }],
    top_k: [sampling, { ...sampling, top_k: 1 }],
    top_p: [sampling, { ...sampling, top_p: 0.01 }],
    min_p: [sampling, { ...sampling, min_p: 1 }],
    typical_p: [sampling, { ...sampling, typical_p: 0.01 }],
    repetition_penalty: [{}, { repetition_penalty: 1.7 }],
    no_repeat_ngram_size: [{}, { no_repeat_ngram_size: 2 }],
    exponential_decay_length_penalty: [
      { eos_token_id: ends },
      { eos_token_id: ends, exponential_decay_length_penalty: [2, 1.5] },
    ],
    bad_words: [{ max_new_tokens: 20 }, { max_new_tokens: 20, bad_words: ['a', 'the'] }],
    num_beams: [{ max_new_tokens: 20 }, { max_new_tokens: 20, num_beams: 4, no_repeat_ngram_size: 2 }],
    length_penalty: [beams, { ...beams, length_penalty: 3 }],
    early_stopping: [beams, { ...beams, early_stopping: 'never' }],
    num_return_sequences: [sampling, { ...sampling, num_return_sequences: 2 }],
    eos_token_id: [{}, { eos_token_id: 200 }],
    stop_strings: [{}, { stop_strings: '14' }],
    seed: [sampling, { ...sampling, seed: 5 }],
    return_full_text: [{}, { return_full_text: false }],
  };

  for (const [name, [without, with_]] of Object.entries(differences)) {
    test(`${name} changes the text`, async () => {
      const [before, after] = [await texts(PROMPT, without), await texts(PROMPT, with_)];
      assert.notDeepEqual(after, before);
      assert.deepEqual(await texts(PROMPT, with_), after, 'and does so again');
    });
  }

  test('top_logprobs gives as many alternatives as it says', async () => {
    for (const count of [0, 1, 100]) {
      const { tokens } = await write(PROMPT, { max_new_tokens: 2, top_logprobs: count });
      assert.deepEqual(
        tokens.map(({ top_logprobs }) => top_logprobs.length),
        [count, count],
      );
    }
  });

  test('every option of a text is tested here', () => {
    const names = membersOf(readTypes('www/types.d.ts'), 'WriteOptions').map(({ name }) => name);
    assert.deepEqual(names.toSorted(), [...Object.keys(differences), 'signal', 'top_logprobs'].toSorted());
  });

  test('what is unknown, out of range or contradicts another is refused by name', async () => {
    /** @type {[string, object][]} */
    const cases = [
      ['temprature', { temprature: 1 }],
      ['max_length', { max_length: 20, max_new_tokens: 5 }],
      ['max_length', { max_length: 14 }],
      ['max_new_tokens', { max_new_tokens: 0 }],
      ['min_new_tokens', { min_new_tokens: 49 }],
      ['temperature', { temperature: 0.5 }],
      ['temperature', { ...sampling, temperature: 0 }],
      ['top_p', { ...sampling, top_p: 1.1 }],
      ['top_k', { do_sample: true, top_k: 0.5 }],
      ['num_beams', { num_beams: 65 }],
      ['length_penalty', { length_penalty: 1 }],
      ['early_stopping', { num_beams: 2, early_stopping: 'sometimes' }],
      ['num_return_sequences', { num_return_sequences: 2 }],
      ['num_return_sequences', { num_beams: 2, num_return_sequences: 3 }],
      ['eos_token_id', { eos_token_id: 300 }],
      ['bad_words', { bad_words: [''] }],
      ['stop_strings', { stop_strings: [1] }],
      ['seed', { seed: 2 ** 53 }],
      ['return_full_text', { return_full_text: 'yes' }],
      ['top_logprobs', { top_logprobs: 101 }],
    ];
    for (const [name, options] of cases) {
      const { code, message, steps } = await write(PROMPT, options);
      assert.equal(code, 'invalid-option', JSON.stringify(options));
      assert.ok(message?.includes(name), message);
      assert.equal(steps.length, 0);
    }
    for (const prompt of [undefined, 5, {}, [1.5], [-1], [300], ['a']]) {
      const { code, message } = await write(prompt);
      assert.equal(code, 'invalid-option', JSON.stringify(prompt));
      assert.match(message ?? '', /prompt/);
    }
    await assertStillWorks();
  });

  test('dtype says how weights are kept, is refused where there is no such thing, and makes another model', async () => {
    for (const device of DEVICES) {
      for (const dtype of ['f32', 'f16', 'q8']) {
        const { info, complete, message } = await write(PROMPT, { max_new_tokens: 4 }, { device, dtype });
        assert.equal(info?.dtype, dtype, message);
        assert.equal(complete.sequences[0].token_ids.length, 4);
      }
    }
    assert.equal(site.count(WEIGHTS), 1, 'all are made of one file');
    const wrong = await write(PROMPT, {}, { dtype: 'f64' });
    assert.equal(wrong.code, 'invalid-option');
    assert.match(wrong.message ?? '', /dtype is f64/);
    const gan = await page.evaluate(() => {
      const { pipeline, codeOf } = /** @type {any} */ (globalThis);
      return codeOf(pipeline('unconditional-image-generation', '/models/gan-mnist', { dtype: 'f16' }));
    });
    assert.equal(gan, 'invalid-option');
  });
});

describe('attention', () => {
  for (const device of DEVICES) {
    test(`each token’s attention is a distribution over itself and those before it on ${device}`, async () => {
      const heads = await page.evaluate(
        async ({ model, device, prompt }) => {
          const write = await /** @type {any} */ (globalThis).load(model, { device });
          const heads = [];
          for (let layer = 0; layer < write.info.n_layer; layer++) {
            for (let head = 0; head < write.info.n_head; head++) {
              const seen = await write.attention(prompt, { layer, head });
              heads.push({ ...seen, attention: [...seen.attention] });
            }
          }
          return heads;
        },
        { model: WRITER, device, prompt: PROMPT },
      );
      assert.equal(heads.length, 6);
      for (const { token_ids, tokens, attention } of /** @type {any[]} */ (heads)) {
        assert.deepEqual(token_ids, expected.prompt_ids);
        assert.equal(tokens.join(''), PROMPT);
        const { length } = token_ids;
        for (let row = 0; row < length; row++) {
          /** @type {number[]} */
          const weights = attention.slice(row * length, (row + 1) * length);
          const sum = weights.reduce((a, b) => a + b, 0);
          assert.ok(Math.abs(sum - 1) < 1e-4, `row ${row} sums to ${sum}`);
          assert.ok(
            weights.every((weight) => weight >= 0) && weights.slice(row + 1).every((weight) => weight === 0),
          );
        }
      }
      assert.notDeepEqual(heads[0].attention, heads[1].attention);
      assert.notDeepEqual(heads[0].attention, heads[3].attention);
    });
  }

  test('a layer or head that is not there is refused by name, and so is what it does not know', async () => {
    const messages = await page.evaluate(async (model) => {
      const write = await /** @type {any} */ (globalThis).load(model);
      const cases = [{ layer: 2 }, { layer: -1 }, { head: 3 }, { head: 0.5 }, { laier: 1 }, { layer: 'a' }];
      const ask = (/** @type {object} */ options) =>
        write
          .attention('Once', options)
          .catch((/** @type {any} */ error) => `${error.code}: ${error.message}`);
      return Promise.all(cases.map(ask));
    }, WRITER);
    const names = ['layer', 'layer', 'head', 'head', 'laier', 'layer'];
    messages.forEach((message, index) => {
      assert.match(String(message), new RegExp(`^invalid-option: .*${names[index]}`));
    });
    await assertStillWorks();
  });
});

describe('scores', () => {
  for (const device of DEVICES) {
    test(`a text’s tokens are as likely as when they were written, on ${device}`, async () => {
      const { logprobs, written, tokens, refused } = await page.evaluate(
        async ({ model, device, prompt }) => {
          const { load, streamed, codeOf } = /** @type {any} */ (globalThis);
          const write = await load(model, { device });
          const { tokens, complete } = await streamed(write, prompt, { max_new_tokens: 10 });
          const ids = [...complete.prompt_ids, ...complete.sequences[0].token_ids];
          const scored = await write.score(ids);
          return {
            logprobs: [...scored.logprobs].slice(-10),
            written: tokens.map((/** @type {any} */ token) => token.logprob),
            tokens: scored.tokens.length === ids.length && scored.logprobs[0] === 0,
            refused: [
              await codeOf(write.score('Once', { layer: 1 })),
              await codeOf(write.score('人'.repeat(200))),
            ],
          };
        },
        { model: WRITER, device, prompt: PROMPT },
      );
      logprobs.forEach((/** @type {number} */ logprob, /** @type {number} */ index) => {
        assert.ok(Math.abs(logprob - written[index]) < 1e-3, `${logprob} and ${written[index]}`);
      });
      assert.ok(tokens);
      assert.deepEqual(refused, ['invalid-option', 'prompt-too-long']);
    });
  }
});

describe('a model’s files', () => {
  const file = (/** @type {string} */ name) => `/${WRITER}/${name}`;
  const gone = (/** @type {any} */ _, /** @type {import('node:http').ServerResponse} */ response) =>
    response.writeHead(404).end();

  test('without tokenizer.json the tokenizer is made of vocab.json and merges.txt', async () => {
    const whole = await texts(PROMPT);
    site.answers.set(file('tokenizer.json'), gone);
    assert.deepEqual(await texts(PROMPT), whole);
    for (const name of ['vocab.json', 'merges.txt']) {
      site.answers.set(file(name), gone);
      const { code, message } = await write(PROMPT);
      assert.equal(code, 'unsupported-model');
      assert.match(message ?? '', /tokenizer\.json/);
    }
    await assertStillWorks();
  });

  test('a tokenizer that is damaged or of another model is refused before any weights are loaded', async () => {
    const tokenizer = JSON.parse(bytesOf(`${WRITER}/tokenizer.json`).toString());
    const { vocab, merges } = tokenizer.model;
    for (let id = 300; id < 700; id++) vocab[`word ${id}`] = id; // more than twice as many as the model knows
    for (const body of [
      '{"version": ',
      '{}',
      JSON.stringify({ ...tokenizer, model: { ...tokenizer.model, vocab, merges } }),
    ]) {
      site.answers.set(file('tokenizer.json'), send(body));
      const { code, message } = await write(PROMPT);
      assert.equal(code, 'unsupported-model', message);
    }
    assert.equal(site.count(WEIGHTS), 0);
    await assertStillWorks();
  });

  test('a config with absurd sizes is refused before any weights are loaded', async () => {
    const config = JSON.parse(bytesOf(`${WRITER}/config.json`).toString());
    for (const change of [
      { n_embd: 1e9 },
      { n_layer: 1e12 },
      { vocab_size: 4e9 },
      { n_positions: 1e15 },
      { n_head: 0 },
      { n_embd: 13 },
      { n_layer: -1 },
      { n_inner: 1e99 },
      { activation_function: 'sin' },
    ]) {
      site.answers.set(file('config.json'), send(JSON.stringify({ ...config, ...change })));
      const { code, message } = await write(PROMPT);
      assert.equal(code, 'unsupported-model', `${JSON.stringify(change)}: ${message}`);
    }
    assert.equal(site.count(WEIGHTS), 0);
    await assertStillWorks();
  });

  test('a folder of another kind is refused as what it is, before any weights are loaded', async () => {
    const gan = await write(PROMPT, {}, { model: 'models/gan-mnist' });
    assert.equal(gan.code, 'unsupported-model');
    assert.match(gan.message ?? '', /text-generation is nothing that a GAN does/);
    site.answers.set(file('config.json'), send('{"model_type":"llama"}'));
    const llama = await write(PROMPT);
    assert.equal(llama.code, 'unsupported-model');
    assert.match(llama.message ?? '', /config\.json has model_type "llama".*GPT-2 .*"gpt2"/);
    assert.equal(site.log.filter((entry) => entry.includes('safetensors')).length, 0);
    await assertStillWorks();
  });

  test('a shard that is missing is named', async () => {
    const bytes = bytesOf(`${WRITER}/model.safetensors`);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
    const names = Object.keys(header).filter((name) => name !== '__metadata__');
    const weight_map = Object.fromEntries(names.map((name) => [name, 'model-00001-of-00001.safetensors']));
    site.answers.set(file('model.safetensors'), gone);
    site.answers.set(file('model.safetensors.index.json'), send(JSON.stringify({ weight_map })));
    const missing = await write(PROMPT);
    assert.equal(missing.code, 'network');
    assert.match(missing.message ?? '', /model-00001-of-00001\.safetensors: 404/);
    site.answers.set(file('model-00001-of-00001.safetensors'), send(bytes));
    assert.equal((await texts(PROMPT)).length, 1);
    await assertStillWorks();
  });

  test('a server error is not taken for a missing file', async () => {
    site.answers.set(file('generation_config.json'), (_, response) => response.writeHead(500).end());
    const { code, message } = await write(PROMPT);
    assert.equal(code, 'network');
    assert.match(message ?? '', /generation_config\.json.*500/);
    await assertStillWorks();
  });

  test('generation_config.json gives other defaults, which options come before', async () => {
    const body = JSON.stringify({ max_new_tokens: 3, eos_token_id: [0], _from_model_config: true });
    site.answers.set(file('generation_config.json'), send(body));
    const { complete } = await write(PROMPT);
    assert.equal(complete.sequences[0].token_ids.length, 3);
    const more = await write(PROMPT, { max_new_tokens: 5 });
    assert.equal(more.complete.sequences[0].token_ids.length, 5);
  });

  test('a wrong generation_config.json is refused by file and field, before the weights', async () => {
    const body = JSON.stringify({ do_sample: true, temperature: 0.0 });
    site.answers.set(file('generation_config.json'), send(body));
    const { code, message, steps } = await write(PROMPT);
    assert.equal(code, 'unsupported-model');
    assert.match(message ?? '', /generation_config\.json: temperature is 0/);
    assert.deepEqual([steps.length, site.count(WEIGHTS)], [0, 0]);
    await assertStillWorks();
  });

  test('a config.json of 2019 and one with common names are read as the present one is', async () => {
    const {
      model_type: _,
      n_embd,
      n_head,
      n_layer,
      n_positions,
      ...rest
    } = JSON.parse(bytesOf(`${WRITER}/config.json`).toString());
    const expected = await texts(PROMPT);
    for (const config of [
      { n_ctx: n_positions, n_embd, n_head, n_layer, n_positions, vocab_size: rest.vocab_size },
      {
        ...rest,
        hidden_size: n_embd,
        num_attention_heads: n_head,
        num_hidden_layers: n_layer,
        max_position_embeddings: n_positions,
      },
    ]) {
      site.answers.set(file('config.json'), send(JSON.stringify(config)));
      assert.deepEqual(await texts(PROMPT), expected);
    }
  });

  test('what has been loaded once loads again without a network, whatever of it is optional', async () => {
    site.answers.set(file('tokenizer.json'), gone);
    const calls = [WRITER, SHIPPED].map(
      (model) => /** @type {const} */ ([PROMPT, { seed: 1, max_new_tokens: 4 }, { model }]),
    );
    const before = [];
    for (const call of calls) before.push(await texts(...call));
    await site.stop();
    const after = [];
    for (const call of calls) after.push(await texts(...call));
    assert.deepEqual(after, before);
  });

  test('pipelines of one model share a download, and those of another dtype do not wait for it again', async () => {
    const same = await page.evaluate(async (model) => {
      const { load } = /** @type {any} */ (globalThis);
      const [a, b] = await Promise.all([load(model), load(model)]);
      const [[one], [two]] = await Promise.all([a('Once'), b('Once')]);
      await a.dispose();
      const [again] = await b('Once');
      return [two, again].every(({ generated_text }) => generated_text === one.generated_text);
    }, WRITER);
    assert.ok(same);
    assert.equal(site.count(WEIGHTS), 1);
  });
});

describe('stopping', () => {
  test('a download is stopped and can be started again', async () => {
    const bytes = bytesOf(WEIGHTS.slice(1));
    let closed = false;
    site.answers.set(WEIGHTS, (request, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 20_000));
      request.on('close', () => (closed = true));
    });
    const code = await page.evaluate((model) => {
      const { load, codeOf } = /** @type {any} */ (globalThis);
      const controller = new AbortController();
      const onProgress = ({ loaded = 0 }) => loaded > 10_000 && controller.abort();
      return codeOf(load(model, { signal: controller.signal, onProgress }));
    }, WRITER);
    assert.equal(code, 'aborted');
    await until(() => closed);
    await assertStillWorks();
  });

  test('a long prompt reports how much of it is read, and can be stopped there', async () => {
    const { fractions, stopped, tokens } = await page.evaluate(async (model) => {
      const { load } = /** @type {any} */ (globalThis);
      const write = await load(model);
      const prompt = 'The king and the queen went to the sea. '.repeat(20);
      /** @type {number[]} */
      const fractions = [];
      for await (const event of write.stream(prompt, { max_new_tokens: 1 })) {
        if (event.type === 'step') fractions.push(event.fraction);
      }
      const controller = new AbortController();
      let [stopped, tokens] = ['no error', 0];
      try {
        for await (const event of write.stream(prompt, { signal: controller.signal })) {
          if (event.type === 'step' && event.fraction > 0) controller.abort();
          if (event.type === 'token') tokens += 1;
        }
      } catch (error) {
        stopped = /** @type {any} */ (error).code;
      }
      return { fractions, stopped, tokens };
    }, SHIPPED);
    assert.ok(fractions.length >= 3 && fractions[0] === 0 && (fractions.at(-1) ?? 1) < 1, String(fractions));
    assert.deepEqual(
      fractions,
      fractions.toSorted((a, b) => a - b),
    );
    assert.deepEqual([stopped, tokens], ['aborted', 0]);
  });

  for (const device of DEVICES) {
    test(`a text is stopped at any moment and stays with the caller, who can go on, on ${device}`, async () => {
      const result = await page.evaluate(
        async ({ model, device }) => {
          const write = await /** @type {any} */ (globalThis).load(model, { device });
          const options = { do_sample: false, max_new_tokens: 12 };
          const [whole] = await write('Once upon a time', options);
          const controller = new AbortController();
          /** @type {number[]} */
          const ids = [];
          let [code, text] = ['no error', 'Once upon a time'];
          /** @type {number[]} */
          let prompt_ids = [];
          try {
            for await (const event of write.stream('Once upon a time', {
              ...options,
              signal: controller.signal,
            })) {
              if (event.type === 'step') ({ prompt_ids } = event);
              if (event.type !== 'token') continue;
              ids.push(event.token_id);
              text += event.text;
              if (ids.length === 5) controller.abort();
            }
          } catch (error) {
            code = /** @type {any} */ (error).code;
          }
          const left = { do_sample: false, max_new_tokens: 12 - ids.length };
          const [rest] = await write([...prompt_ids, ...ids], left);
          for await (const event of write.stream('Once')) if (event.type === 'token') break; // leaves nothing running
          const early = await write('Once', { signal: AbortSignal.abort() }).catch(
            (/** @type {any} */ e) => e.code,
          );
          return {
            code,
            early,
            kept: whole.generated_text.startsWith(text) && ids.length >= 5,
            same: String([...ids, ...rest.token_ids]) === String(whole.token_ids),
          };
        },
        { model: SHIPPED, device },
      );
      assert.deepEqual(result, { code: 'aborted', early: 'aborted', kept: true, same: true });
    });
  }
});

describe('the story model', () => {
  test('it writes the same text from the same seed on both devices, and another from another seed', async () => {
    const prompt = 'Once upon a time there was a little fox';
    const options = { seed: 7, max_new_tokens: 16 };
    const [cpu, webgpu] = [
      await texts(prompt, options, { model: SHIPPED, dtype: 'f32' }),
      await texts(prompt, options, { model: SHIPPED, dtype: 'f32', device: 'webgpu' }),
    ];
    assert.deepEqual(webgpu, cpu);
    assert.ok(cpu[0].startsWith(prompt) && cpu[0].length > prompt.length + 20);
    assert.notDeepEqual(await texts(prompt, { ...options, seed: 8 }, { model: SHIPPED, dtype: 'f32' }), cpu);
  });

  test('the classic calls work', async () => {
    const [first] = await texts(
      'Artificial intelligence is revolutionizing',
      { max_length: 50, num_return_sequences: 1, no_repeat_ngram_size: 2 },
      { model: SHIPPED },
    );
    assert.ok(first.startsWith('Artificial intelligence is revolutionizing'));
    const prompt = 'Once upon a time, in a distant galaxy, a brave explorer named Alex decided to';
    const { complete } = await write(prompt, { max_length: 100 }, { model: SHIPPED });
    const [{ token_ids, finish_reason }] = complete.sequences;
    assert.ok(complete.prompt_ids.length + token_ids.length === 100 || finish_reason === 'eos-token');
  });

  test('a GPU lost in the middle of a text: the text so far stays, and is continued on a new device', async () => {
    const own = await launch();
    try {
      await openWriter({ from: own });
      await page.evaluate(async (model) => {
        const write = await /** @type {any} */ (globalThis).load(model, { device: 'webgpu' });
        const state = { ids: /** @type {number[]} */ ([]), prompt_ids: [], code: '' };
        const running = (async () => {
          try {
            const options = { do_sample: false, max_new_tokens: 400, eos_token_id: [] };
            for await (const event of write.stream('Once upon a time', options)) {
              if (event.type === 'step') ({ prompt_ids: state.prompt_ids } = event);
              if (event.type === 'token') state.ids.push(event.token_id);
            }
          } catch (error) {
            state.code = /** @type {any} */ (error).code;
          }
        })();
        Object.assign(globalThis, { write, state, running });
      }, SHIPPED);
      await until(() => page.evaluate(() => /** @type {any} */ (globalThis).state.ids.length > 2));
      const session = await own.newBrowserCDPSession();
      await session.send('Browser.crashGpuProcess').catch(() => {});
      const { code, count, whole, gone, device } = await page.evaluate(async () => {
        const { write, state, running } = /** @type {any} */ (globalThis);
        await running;
        const { prompt_ids, ids, code } = state;
        const options = { do_sample: false, eos_token_id: [], max_new_tokens: 3 };
        const [rest] = await write([...prompt_ids, ...ids], options);
        const [whole] = await write(prompt_ids, { ...options, max_new_tokens: ids.length + 3 });
        return {
          code,
          count: ids.length,
          whole: whole.token_ids,
          gone: [...ids, ...rest.token_ids],
          device: write.device,
        };
      });
      assert.equal(code, 'device-lost');
      assert.ok(count < 400);
      assert.deepEqual(gone, whole);
      assert.equal(device, 'webgpu');
      assert.equal(site.count(`/${SHIPPED}/model.safetensors`), 1, 'the weights came from the cache');
    } finally {
      await own.close();
    }
  });
});
