import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fileNameOf, titleOf } from '../../www/elements/story/title.js';

test('a title says who a story is about, and where or what', () => {
  for (const [text, title] of [
    [
      'Once upon a time, in a distant galaxy, a brave explorer named Alex decided to fly.',
      'Alex in the Distant Galaxy',
    ],
    ['Once upon a time there was a little fox who lived in the forest. One morning', 'The Little Fox'],
    ['There once was a small robot who was afraid of the dark. One night', 'The Small Robot'],
    ['A friendly dragon named Ember found a bell.', 'Ember the Friendly Dragon'],
    ['When the rain came, Mia and Tom ran home.', 'The Story of Mia'],
    ['A knight called “Bo” sat down. The one planet that nobody knew was far.', 'Bo the Knight'],
    ['It rained.', 'It rained'],
    ['Every evening at seven o’clock sharp, somebody rang.', 'Every evening at seven o’clock sharp…'],
    ['从前有一只狐狸。它住在森林里。', '从前有一只狐狸'],
    ['  ', ''],
  ]) {
    assert.equal(titleOf(text), title);
  }
});

test('a title becomes the name of a file', () => {
  assert.equal(fileNameOf('Alex in the Distant Galaxy'), 'alex-in-the-distant-galaxy');
  assert.equal(fileNameOf('从前有一只狐狸'), '从前有一只狐狸');
  assert.equal(fileNameOf('…'), 'story');
});
