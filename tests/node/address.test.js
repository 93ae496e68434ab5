// What people write for a model, and the addresses that come of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { fileAddress, folderAddress, hubAddress, withoutQuery } from '../../www/engine/address.js';

const PAGE = 'https://example.org/blog/post.html?draft#top';
const GPT2 = 'https://huggingface.co/openai-community/gpt2/resolve/main/';

/** @param {string | URL} model */
const folder = (model) => folderAddress(model, PAGE);

/** @param {Record<string, string>} expected the folder of each model */
function agree(expected) {
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((model) => [model, folder(model)])),
    expected,
  );
}

describe('a folder', () => {
  test('is relative to the page, and ends in a slash', () => {
    agree({
      'models/gpt2-stories': 'https://example.org/blog/models/gpt2-stories/',
      'models/gpt2-stories/': 'https://example.org/blog/models/gpt2-stories/',
      '/m': 'https://example.org/m/',
      'https://cdn.example/m//': 'https://cdn.example/m/',
      'https://cdn.example/m#readme': 'https://cdn.example/m/',
    });
    assert.equal(folder(new URL('https://cdn.example/m')), 'https://cdn.example/m/');
    assert.throws(() => folder('https://:'), TypeError);
  });

  test('keeps its query', () => {
    agree({ 'https://a.example/m?sv=1&sig=x%2By%3D': 'https://a.example/m/?sv=1&sig=x%2By%3D' });
  });

  test('is that of a file', () => {
    agree({
      'https://a.example/m/model.safetensors?sig=x': 'https://a.example/m/?sig=x',
      'https://a.example/m/config.json': 'https://a.example/m/',
      'm/model.safetensors.index.json': 'https://example.org/blog/m/',
      'https://a.example/v1.2/json/': 'https://a.example/v1.2/json/',
      'https://a.example/config.json/': 'https://a.example/config.json/',
    });
  });
});

describe('on the Hub', () => {
  test('every page of a model stands for the files of its main branch', () => {
    for (const page of [
      'https://huggingface.co/openai-community/gpt2',
      'https://huggingface.co/openai-community/gpt2/',
      'http://www.huggingface.co/openai-community/gpt2?library=transformers#usage',
      'https://hf.co/openai-community/gpt2',
      'huggingface.co/openai-community/gpt2',
      'hf.co/openai-community/gpt2/tree/main',
      'hf://openai-community/gpt2',
      'hf://openai-community/gpt2@main',
      'https://huggingface.co/openai-community/gpt2.git',
      'https://huggingface.co/openai-community/gpt2/discussions/3',
      'https://huggingface.co/api/models/openai-community/gpt2',
      'https://huggingface.co/openai-community/gpt2/commits/main',
      'https://huggingface.co/openai-community/gpt2/tree/main/',
      'https://huggingface.co/openai-community/gpt2/blob/main/config.json',
      'https://huggingface.co/openai-community/gpt2/raw/main/config.json',
      'https://huggingface.co/openai-community/gpt2/resolve/main',
      'https://huggingface.co/openai-community/gpt2/resolve/main?download=true',
      'https://huggingface.co/openai-community/gpt2/resolve/main/model.safetensors?download=true',
    ]) {
      assert.equal(folder(page), GPT2, page);
    }
  });

  test('revisions, folders in a repository and other hosts of the same paths are kept', () => {
    agree({
      'https://huggingface.co/gpt2/tree/main': 'https://huggingface.co/gpt2/resolve/main/',
      'https://huggingface.co/gpt2': 'https://huggingface.co/gpt2/resolve/main/',
      'https://huggingface.co/o/n/tree/v1/sub/folder': 'https://huggingface.co/o/n/resolve/v1/sub/folder/',
      'https://huggingface.co/o/n/blob/v1/unet/config.json': 'https://huggingface.co/o/n/resolve/v1/unet/',
      'https://huggingface.co/o/n/tree/refs%2Fpr%2F3': 'https://huggingface.co/o/n/resolve/refs%2Fpr%2F3/',
      'https://huggingface.co/o/n/resolve/refs/pr/3/a': 'https://huggingface.co/o/n/resolve/refs%2Fpr%2F3/a/',
      'hf://o/n@v1/sub': 'https://huggingface.co/o/n/resolve/v1/sub/',
      'https://huggingface.co/datasets/o/n': 'https://huggingface.co/datasets/o/n/resolve/main/',
      'https://hf-mirror.com/o/n/tree/main': 'https://hf-mirror.com/o/n/resolve/main/',
      'https://not-huggingface.co/o/n': 'https://not-huggingface.co/o/n/',
    });
  });

  test('a bare name is a path, and what it would be on the Hub can be said', () => {
    agree({ 'openai-community/gpt2': 'https://example.org/blog/openai-community/gpt2/' });
    assert.equal(`${hubAddress('openai-community/gpt2')}/`, GPT2);
    assert.equal(hubAddress('distilgpt2'), 'https://huggingface.co/distilgpt2/resolve/main');
    for (const path of ['/o/n', './o/n', '../n', 'a/b/c', 'o/n/', 'https://o/n', 'o/n?x']) {
      assert.equal(hubAddress(path), undefined, path);
    }
  });
});

test('a page of GitHub stands for the host of its files, which other sites may read', () => {
  agree({
    'https://github.com/o/r': 'https://raw.githubusercontent.com/o/r/HEAD/',
    'https://github.com/o/r/tree/main/models/gan': 'https://raw.githubusercontent.com/o/r/main/models/gan/',
    'https://github.com/o/r/blob/v1/m/config.json?raw=true': 'https://raw.githubusercontent.com/o/r/v1/m/',
    'https://raw.githubusercontent.com/o/r/main/m': 'https://raw.githubusercontent.com/o/r/main/m/',
  });
});

test('a file has the query of its folder, and a shard that of its neighbour', () => {
  const signed = folder('https://a.example/m?sig=x%2By');
  const file = fileAddress(signed, 'unet/model.safetensors');
  assert.equal(file, 'https://a.example/m/unet/model.safetensors?sig=x%2By');
  assert.equal(
    fileAddress(file, 'shard-1.safetensors'),
    'https://a.example/m/unet/shard-1.safetensors?sig=x%2By',
  );
  assert.equal(fileAddress(GPT2, 'config.json'), `${GPT2}config.json`);
});

test('messages show no signature', () => {
  assert.equal(withoutQuery('https://a.example/m/config.json?sig=x'), 'https://a.example/m/config.json');
});
