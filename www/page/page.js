// The demo page: the address that reproduces what is on show, and other models.

import '../elements/hearth-digits.js';
import '../elements/hearth-image.js';
import '../elements/hearth-map.js';
import '../elements/hearth-story.js';
import '../elements/hearth-text.js';
import '../elements/hearth-training.js';
import { attributeOf, setAttribute } from '../elements/attributes.js';
import { OPTIONS as IMAGE_OPTIONS } from '../elements/image/options.js';
import { OPTIONS as STORY_OPTIONS } from '../elements/story/options.js';
import { OPTIONS as TEXT_OPTIONS } from '../elements/text/options.js';
import { spoken } from './language.js';
import { showWarnings } from './notes.js';

const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const [story, digits, paint, image, text] = ['story', 'digits', 'paint', 'image', 'text'].map(find);

for (const element of [story, digits, paint, image, text]) {
  showWarnings(element, /** @type {HTMLDetailsElement} */ (find(`warnings-${element.id}`)));
}

/**
 * Lets the address reproduce what an element shows, so that reloading and sharing it just work.
 * @param {HTMLElement} element
 * @param {object} how
 * @param {string[]} how.attributes those that say what is shown
 * @param {string} how.prefix of their names in the address; `device` is one for all
 * @param {HTMLElement} how.button copies the address
 * @param {HTMLElement} how.message says so
 * @param {string} how.hash of the element's section in the page
 * @param {() => string} how.copied what the message says
 */
function share(element, { attributes, prefix, button, message, hash, copied }) {
  const parameter = (/** @type {string} */ name) => (name === 'device' ? name : prefix + name);
  const { searchParams } = new URL(location.href);
  // An address that has the first attribute has them all. Those that it leaves out are not set.
  const isComplete = searchParams.has(parameter(attributes[0]));
  for (const name of attributes) {
    const value = searchParams.get(parameter(name));
    if (value !== null || isComplete) setAttribute(element, name, value);
  }
  element.addEventListener('complete', (event) => {
    const { seed, continued = false, mode = 'noise' } = /** @type {CustomEvent} */ (event).detail;
    message.textContent = '';
    if (continued || mode !== 'noise') return; // an address cannot reproduce what a visitor had a hand in
    const address = new URL(location.href);
    for (const name of attributes) {
      const value = name === 'seed' ? String(seed) : element.getAttribute(name);
      if (value === null) address.searchParams.delete(parameter(name));
      else address.searchParams.set(parameter(name), value);
    }
    history.replaceState(null, '', address);
  });
  button.addEventListener('click', async () => {
    const link = new URL(location.href);
    link.hash = hash;
    const done = await navigator.clipboard?.writeText(link.href).then(
      () => true,
      () => false,
    );
    message.textContent = done ? copied() : spoken().notCopied;
  });
}

let changed = false;
story.addEventListener('complete', (event) => {
  changed = /** @type {CustomEvent} */ (event).detail.continued;
});
share(story, {
  attributes: [
    ...['prompt', 'seed', ...Object.keys(STORY_OPTIONS).map(attributeOf)],
    ...['illustrator', 'device', 'model', 'dtype'],
  ],
  prefix: 'story-',
  button: find('share-story'),
  message: find('shared-story'),
  hash: 'book',
  copied() {
    const { copiedStory, copiedOriginal } = spoken();
    return changed ? copiedOriginal : copiedStory;
  },
});

share(digits, {
  attributes: ['seed', 'class-labels', 'batch-size', 'truncation', 'device', 'model'],
  prefix: '',
  button: find('share'),
  message: find('shared'),
  hash: '',
  copied: () => spoken().copied,
});

const imageAttributes = [
  'seed',
  ...Object.keys(IMAGE_OPTIONS).map(attributeOf),
  'device',
  'model',
  'dtype',
  'variant',
];
share(paint, {
  attributes: imageAttributes,
  prefix: 'paint-',
  button: find('share-paint'),
  message: find('shared-paint'),
  hash: 'paint-room',
  copied: () => spoken().copiedImage,
});

share(image, {
  attributes: imageAttributes,
  prefix: 'image-',
  button: find('share-image'),
  message: find('shared-image'),
  hash: 'pictures',
  copied: () => spoken().copiedImage,
});

let continued = false;
text.addEventListener('complete', (event) => {
  ({ continued } = /** @type {CustomEvent} */ (event).detail);
});
share(text, {
  attributes: ['prompt', 'seed', ...Object.keys(TEXT_OPTIONS).map(attributeOf), 'device', 'model', 'dtype'],
  prefix: 'text-',
  button: find('share-text'),
  message: find('shared-text'),
  hash: 'stories',
  copied() {
    const { copiedText, copiedBeginning } = spoken();
    return continued ? copiedBeginning : copiedText;
  },
});

const model = /** @type {HTMLFormElement} */ (find('model'));
const { model: url, dtype } = /** @type {Record<string, HTMLInputElement>} */ (
  /** @type {unknown} */ (model.elements)
);
url.value = text.getAttribute('model') ?? '';
dtype.value = text.getAttribute('dtype') ?? 'auto';
model.addEventListener('submit', (event) => {
  event.preventDefault();
  setAttribute(text, 'model', url.value.trim() || null);
  setAttribute(text, 'dtype', dtype.value === 'auto' ? null : dtype.value);
  text.scrollIntoView({ block: 'nearest' });
});

const elements = new URL('../elements/', import.meta.url);
find('snippet').textContent = [
  `<script type="module" src="${new URL('hearth-story.js', elements)}"></script>`,
  '<hearth-story prompt="Once upon a time"></hearth-story>',
  '',
  `<script type="module" src="${new URL('hearth-digits.js', elements)}"></script>`,
  '<hearth-digits class-labels="2 0 2 6" controls></hearth-digits>',
  '',
  `<script type="module" src="${new URL('hearth-image.js', elements)}"></script>`,
  '<hearth-image prompt="a fox in the snowy mountains at night"></hearth-image>',
  '',
  `<script type="module" src="${new URL('hearth-text.js', elements)}"></script>`,
  '<hearth-text prompt="Once upon a time" controls></hearth-text>',
  '',
  `<script type="module" src="${new URL('hearth-training.js', elements)}"></script>`,
  '<hearth-training></hearth-training>',
  '',
  `<script type="module" src="${new URL('hearth-map.js', elements)}"></script>`,
  '<hearth-map></hearth-map>',
].join('\n');
