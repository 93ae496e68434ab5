// The demo page: its rooms, the address that reproduces what is on show, and other models.

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
import { keepHouse } from './house.js';
import { spoken } from './language.js';
import { noteWarnings } from './notes.js';
import { elementOf, followRooms } from './rooms.js';

['book', 'words', 'pictures', 'noise', 'digits'].map(elementOf).forEach(noteWarnings);

/**
 * Lets the address reproduce what a room shows, so that reloading and sharing it just work.
 * @param {string} room
 * @param {object} how
 * @param {string[]} how.attributes those that say what is shown
 * @param {string} how.prefix of their names in the address; `device` is one for all
 * @param {() => string} how.copied what a visitor is told who has copied it
 */
function share(room, { attributes, prefix, copied }) {
  const element = elementOf(room);
  const button = /** @type {HTMLElement} */ (element.querySelector('.share'));
  const message = /** @type {HTMLElement} */ (element.querySelector('.shared'));
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
    link.hash = room;
    const done = await navigator.clipboard?.writeText(link.href).then(
      () => true,
      () => false,
    );
    message.textContent = done ? copied() : spoken().notCopied;
  });
}

/** Whether a visitor had a hand in what is on show, so that the address makes what it was before. @param {string} room */
function isChanged(room) {
  let changed = false;
  elementOf(room).addEventListener('complete', (event) => {
    changed = /** @type {CustomEvent} */ (event).detail.continued;
  });
  return () => changed;
}

const isRetold = isChanged('book');
share('book', {
  attributes: [
    ...['prompt', 'seed', ...Object.keys(STORY_OPTIONS).map(attributeOf)],
    ...['illustrator', 'device', 'model', 'dtype'],
  ],
  prefix: 'story-',
  copied: () => (isRetold() ? spoken().copiedOriginal : spoken().copiedStory),
});

share('digits', {
  attributes: ['seed', 'class-labels', 'batch-size', 'truncation', 'device', 'model'],
  prefix: '',
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
share('pictures', {
  attributes: imageAttributes,
  prefix: 'paint-',
  copied: () => spoken().copiedImage,
});

share('noise', {
  attributes: imageAttributes,
  prefix: 'image-',
  copied: () => spoken().copiedImage,
});

const isContinued = isChanged('words');
share('words', {
  attributes: ['prompt', 'seed', ...Object.keys(TEXT_OPTIONS).map(attributeOf), 'device', 'model', 'dtype'],
  prefix: 'text-',
  copied: () => (isContinued() ? spoken().copiedBeginning : spoken().copiedText),
});

const text = elementOf('words');
const model = /** @type {HTMLFormElement} */ (document.getElementById('model'));
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
const snippet = /** @type {HTMLElement} */ (document.getElementById('snippet'));
snippet.textContent = [
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

followRooms();
keepHouse();
