// Folders of text models as people have them, through the public API.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { bytesOf, send } from './harness.js';
import { openBlank, page, site } from './session.js';

const WRITER = 'tests/fixtures/gpt2/writer';
const PROMPT = 'Once upon a time';
const TOKENIZER = JSON.parse(bytesOf(`${WRITER}/tokenizer.json`).toString());

beforeEach(() => openBlank());

/**
 * Answers for a file of the folder: with what is to be in it, or that it is not there.
 * @param {string} name
 * @param {unknown} content
 */
function put(name, content) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const gone = (/** @type {any} */ _, /** @type {import('node:http').ServerResponse} */ response) =>
    response.writeHead(404).end();
  site.answers.set(`/${WRITER}/${name}`, content === undefined ? gone : send(text));
}

/** An added token as a tokenizer.json has it. @param {number} id @param {string} content */
const added = (id, content) => ({
  ...TOKENIZER.added_tokens[0],
  id,
  content,
});

/**
 * Loads the folder and writes with it; errors come back as their code and message.
 * @param {string | number[]} prompt
 * @param {object} [options]
 * @returns {Promise<{ text: string, token_ids: number[], prompt_ids: number[], pieces: string, finish_reason: string, tokens: string[], code?: string, message?: string }>}
 */
function write(prompt, options = {}) {
  return page.evaluate(
    async ({ model, prompt, options }) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      try {
        const write = await pipeline('text-generation', model, { device: 'cpu' });
        let [pieces, prompt_ids] = ['', []];
        let complete;
        for await (const event of write.stream(prompt, options)) {
          if (event.type === 'token') pieces += event.text;
          if (event.type === 'complete') complete = event;
          prompt_ids = event.prompt_ids ?? prompt_ids;
        }
        const { generated_text, token_ids, finish_reason } = complete.sequences[0];
        const { tokens } = await write.attention(prompt);
        await write.dispose();
        return {
          text: generated_text,
          token_ids,
          prompt_ids: [...prompt_ids],
          pieces,
          finish_reason,
          tokens,
        };
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        return {
          text: '',
          token_ids: [],
          prompt_ids: [],
          pieces: '',
          finish_reason: '',
          tokens: [],
          code,
          message,
        };
      }
    },
    { model: `/${WRITER}`, prompt, options },
  );
}

test('a tokenizer.json that a training script left padding and truncating writes as if it did not', async () => {
  const plain = await write(PROMPT);
  assert.equal(plain.message, undefined);
  const fixed = { strategy: { Fixed: 32 }, direction: 'Right', pad_to_multiple_of: null };
  const padding = { ...fixed, pad_id: 0, pad_type_id: 0, pad_token: '<|endoftext|>' };
  const truncation = { direction: 'Right', max_length: 8, strategy: 'LongestFirst', stride: 0 };
  put('tokenizer.json', { ...TOKENIZER, padding, truncation });
  assert.deepEqual(await write(PROMPT), plain);
});

test('a tokenizer that marks spaces keeps them in texts, streams and tokens, and where a text goes on', async () => {
  const mark = { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true };
  const words = Array.from({ length: 300 }, (_, id) => [id < 2 ? `<${id}>` : `\u2581w${id}`, id]);
  const model = { type: 'WordLevel', vocab: Object.fromEntries(words), unk_token: '<1>' };
  const changes = { pre_tokenizer: mark, decoder: mark, model, added_tokens: [], post_processor: null };
  put('tokenizer.json', { ...TOKENIZER, ...changes });
  const first = await write('w5 w7', { max_new_tokens: 6 });
  assert.equal(first.message, undefined);
  const textOf = (/** @type {number[]} */ ids) => ids.map((id) => `w${id}`).join(' ');
  assert.deepEqual(first.prompt_ids, [5, 7]);
  assert.equal(first.text, textOf([5, 7, ...first.token_ids]));
  assert.equal(`w5 w7${first.pieces}`, first.text);
  assert.deepEqual(first.tokens, ['w5', ' w7']);
  const on = await write([5, 7, ...first.token_ids], { max_new_tokens: 3 });
  assert.equal(on.text, textOf([5, 7, ...first.token_ids, ...on.token_ids]));
  assert.equal(first.text + on.pieces, on.text);
});

test('the tokens that the slow tokenizer added are one token each', async () => {
  const vocab = JSON.parse(bytesOf(`${WRITER}/vocab.json`).toString());
  const last = Object.keys(vocab).find((token) => vocab[token] === 299) ?? '';
  delete vocab[last];
  const merges = bytesOf(`${WRITER}/merges.txt`).toString().split('\n');
  put('tokenizer.json', undefined);
  put('vocab.json', vocab);
  put('merges.txt', merges.filter((line) => line.replace(' ', '') !== last).join('\n'));
  put('added_tokens.json', { '<|startoftext|>': 299 });
  put('special_tokens_map.json', { bos_token: '<|startoftext|>' });
  put('tokenizer_config.json', { add_prefix_space: true });
  const { prompt_ids, message } = await write('<|startoftext|>Once');
  assert.equal(message, undefined);
  assert.deepEqual(prompt_ids, [299, 221, 298, 67, 69]);
});

test('a pad token without a row in the model is an error only in a prompt, which names it', async () => {
  const plain = await write(PROMPT);
  put('tokenizer.json', { ...TOKENIZER, added_tokens: [...TOKENIZER.added_tokens, added(300, '[PAD]')] });
  assert.deepEqual(await write(PROMPT), plain);
  const { code, message } = await write('a [PAD] b');
  assert.equal(code, 'invalid-option');
  assert.match(message ?? '', /\[PAD\].*300/);
});

/** The token " a", which the model writes twice in a row. */
const A = 280;

test('a stop string ends a text with the first token that has a part of it, wherever it began', async () => {
  const { prompt_ids, token_ids } = await write(PROMPT);
  const second = token_ids.findIndex((id, index) => id === A && token_ids[index - 1] === A);
  const stopped = await write([...prompt_ids, ...token_ids.slice(0, second)], { stop_strings: ['a a'] });
  assert.deepEqual(stopped.token_ids, [A]);
  assert.equal(stopped.finish_reason, 'stop-string');
});

test('a folder with tokenizer.json is asked for no older file, and a shipped one for none that it has not', async () => {
  await write(PROMPT);
  const older = /vocab\.json|merges\.txt|added_tokens|special_tokens/;
  assert.deepEqual(
    site.log.filter((entry) => older.test(entry)),
    [],
  );
  await page.evaluate(async () => {
    const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
    const write = await pipeline('text-generation', '/models/gpt2-stories', { device: 'cpu' });
    await write.dispose();
  });
  const asked = site.log
    .filter((entry) => entry.includes('/models/gpt2-stories/'))
    .map((entry) => entry.split('/').at(-1));
  const there = [
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'generation_config.json',
    'model.safetensors',
  ];
  assert.deepEqual([...new Set(asked)].sort(), there.sort());
});
