// How a folder says what it holds: the configurations of GPT-2s as people have them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { recognise } from '../../www/engine/worker/kinds.js';

/** The name of the kind that a folder with this config.json holds. @param {string} config */
async function kindOf(config) {
  const address = (/** @type {string} */ file) => `https://host.example/model/${file}`;
  const folder = { address, text: async () => config };
  return (await recognise('text-generation', /** @type {any} */ (folder))).name;
}

/** @param {object} config */
const kindOfFields = (config) => kindOf(JSON.stringify(config));

test('a GPT-2 is recognised by its model_type, by its class, or by its names of sizes', async () => {
  for (const config of [
    { model_type: 'gpt2' },
    { model_type: 'gpt2', hidden_size: 12, num_attention_heads: 3, num_hidden_layers: 2 },
    { architectures: ['GPT2LMHeadModel'], hidden_size: 12, num_hidden_layers: 2 },
    { architectures: ['GPT2DoubleHeadsModel'] },
    { vocab_size: 300, n_ctx: 48, n_embd: 12, n_head: 3, n_layer: 2, n_positions: 48 },
    { architectures: ['StoryModel'], n_embd: 12, n_layer: 2 },
  ]) {
    assert.equal(await kindOfFields(config), 'a GPT-2', JSON.stringify(config));
  }
});

test('other models are not taken for one', async () => {
  for (const config of [
    {},
    { model_type: 'llama' },
    { model_type: 'llama', architectures: ['GPT2LMHeadModel'], n_embd: 12, n_layer: 2 },
    { model_type: null, n_embd: 12, n_layer: 2 },
    { hidden_size: 12, num_attention_heads: 3, num_hidden_layers: 2 },
    { architectures: ['LlamaForCausalLM'], hidden_size: 12 },
    { architectures: 'GPT2LMHeadModel' },
  ]) {
    await assert.rejects(kindOfFields(config), { code: 'unsupported-model' }, JSON.stringify(config));
  }
});

test('numbers that Python writes and JSON does not have keep no config from being read', async () => {
  const config = String.raw`{"a \" NaN": "-Infinity, \\", "b": [NaN, -Infinity, Infinity], "model_type": "gpt2"}`;
  assert.equal(await kindOf(config), 'a GPT-2');
  await assert.rejects(kindOf('{"model_type": "gpt2", NaN}'), { code: 'unsupported-model' });
  await assert.rejects(kindOf('<!doctype html>'), { code: 'unsupported-model', message: /is no JSON/ });
});
