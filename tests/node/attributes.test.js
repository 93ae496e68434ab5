import assert from 'node:assert/strict';
import { test } from 'node:test';

import { numberOf, optionsOf, setOptions } from '../../www/elements/attributes.js';
import { OPTIONS as DIGITS } from '../../www/elements/digits/options.js';
import { OPTIONS as IMAGE } from '../../www/elements/image/options.js';
import { OPTIONS as TEXT } from '../../www/elements/text/options.js';

/** As much of an element as these need. @param {Record<string, string>} [attributes] */
function elementWith(attributes = {}) {
  const all = new Map(Object.entries(attributes));
  return /** @type {Element} */ (
    /** @type {unknown} */ ({
      getAttribute: (/** @type {string} */ name) => all.get(name) ?? null,
      setAttribute: (/** @type {string} */ name, /** @type {string} */ value) => all.set(name, value),
      removeAttribute: (/** @type {string} */ name) => all.delete(name),
    })
  );
}

test('a text becomes the number that it means, and stays as it is if it means none', () => {
  assert.equal(numberOf(' 25 '), 25);
  assert.equal(numberOf('-0.5'), -0.5);
  assert.equal(numberOf('many'), 'many');
  assert.equal(numberOf(' '), undefined);
});

test('attributes are options, each by its kind', () => {
  const attributes = {
    'do-sample': '',
    'return-full-text': 'false',
    'early-stopping': 'never',
    'top-k': '5',
    'top-p': 'much',
    'eos-token-id': '1, 2',
    'stop-strings': 'the end\n\nTHE END',
    'min-p': '',
    seed: '7',
    lang: 'zh',
  };
  assert.deepEqual(optionsOf(elementWith(attributes), TEXT), {
    do_sample: true,
    return_full_text: false,
    early_stopping: 'never',
    top_k: 5,
    top_p: 'much',
    eos_token_id: [1, 2],
    stop_strings: ['the end', 'THE END'],
    seed: 7,
  });
  const image = { 'class-labels': '2 0, 2 six', scheduler: ' DDIMScheduler ', eta: '0.5' };
  assert.deepEqual(optionsOf(elementWith(image), IMAGE), {
    class_labels: [2, 0, 2, 'six'],
    scheduler: 'DDIMScheduler',
    eta: 0.5,
  });
});

test('a blank list is empty where that means something, and is not there where it does not', () => {
  assert.deepEqual(optionsOf(elementWith({ 'eos-token-id': '' }), TEXT), { eos_token_id: [] });
  assert.deepEqual(optionsOf(elementWith({ 'class-labels': ' ', scheduler: ' ' }), IMAGE), {});
});

test('a label is a number in plain digits only, and separators alone ask for none', () => {
  for (const options of [DIGITS, IMAGE]) {
    const labels = (/** @type {string} */ text) => optionsOf(elementWith({ 'class-labels': text }), options);
    assert.deepEqual(labels('1e1'), { class_labels: ['1e1'] });
    assert.deepEqual(labels('7, 0x7'), { class_labels: [7, '0x7'] });
    assert.deepEqual(labels(' , '), {});
  }
});

test('options become the attributes that mean them, and no others stay', () => {
  const options = { do_sample: false, temperature: 0.5, bad_words: ['a', 'the'], eos_token_id: [1, 2] };
  const element = elementWith({ 'top-k': '5', seed: '7' });
  setOptions(element, TEXT, options);
  assert.deepEqual(optionsOf(element, TEXT), { ...options, seed: 7 });
});
