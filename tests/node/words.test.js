import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { attributeOf } from '../../www/elements/attributes.js';
import { OPTIONS as DIGITS } from '../../www/elements/digits/options.js';
import { FIELDS, OPTIONS as IMAGE, SCHEDULERS } from '../../www/elements/image/options.js';
import { OPTIONS as MAP } from '../../www/elements/map/options.js';
import { OPTIONS as STORY, PRESETS } from '../../www/elements/story/options.js';
import { GROUPS, OPTIONS as TEXT } from '../../www/elements/text/options.js';
import { CALL, DEFAULTS, OPTIONS as TRAINING } from '../../www/elements/training/options.js';
import { en } from '../../www/elements/words/en.js';
import { zh } from '../../www/elements/words/zh.js';
import { OF_PICTURES } from '../../www/tasks/story-options.js';
import { filesIn } from './sources.js';

const read = (/** @type {string} */ file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const [readme, types] = [read('README.md'), read('www/types.d.ts')];

/** @param {object} [table] */
const sorted = (table = {}) => Object.keys(table).sort();

/** The names in a dictionary, those of dictionaries within it too. @param {object} words @returns {string[]} */
const names = (words) =>
  Object.entries(words).flatMap(([name, word]) =>
    typeof word === 'object' ? names(word).map((inner) => `${name}.${inner}`) : name,
  );

/** What stands in the first column of a section's tables. @param {string} title */
const inReadme = (title) => {
  const section = readme.split(/^### /m).find((section) => section.startsWith(`${title}\n`)) ?? '';
  const cells = [...section.matchAll(/^\| (`[^|]*)\|/gm)].map(([, cell]) => cell);
  return [...new Set(cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name)))].sort();
};

/** An interface's own properties, and the names of those that it extends. @param {string} name */
const declaration = (name) => {
  const form = new RegExp(`interface ${name} (?:extends ([^{]*))?\\{[^]*?\\n\\}`);
  const [body = '', bases = ''] = types.match(form) ?? [];
  const own = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);
  return { own, bases: bases.split(/[,\s]+/).filter(Boolean) };
};

/** The properties of an interface and of those that it extends. @param {string} name @returns {string[]} */
const inTypes = (name) => {
  const { own, bases } = declaration(name);
  return [...new Set([...own, ...bases.flatMap(inTypes)])].sort();
};

/** The attributes that the README names for an element. @param {string} element */
const attributesOf = (element) => {
  const rows = readme.split(`| attribute of \`<${element}>\``)[1].split('\n\n')[0];
  const cells = [...rows.matchAll(/^\| (`[^|]*)\|/gm)].map(([, cell]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name)).sort();
};

test('elements say in Chinese what they say in English, but for the names of devices', () => {
  const missing = names(en).filter((name) => !names(zh).includes(name));
  assert.deepEqual(missing, ['gpu', 'cpu']);
  assert.deepEqual(
    names(zh).filter((name) => !names(en).includes(name)),
    [],
  );
});

test('every word is shown somewhere', () => {
  const code = filesIn('www/elements', '.js')
    .filter((file) => !file.startsWith('www/elements/words/'))
    .map(read)
    .join('\n');
  const members = code.matchAll(/words(?:\(\))?\.(\w+)/g);
  const destructured = code.matchAll(
    /\b(?:localize\(|shown\(text, )\{([^{}]*)\}|\{([^{}]*)\} = [\w.]*#?words\b/g,
  );
  const lists = [...destructured].flatMap(([, parameter, constant]) =>
    (parameter ?? constant).split(/[,\s]+/),
  );
  const used = new Set([...[...members].map(([, name]) => name), ...lists]);
  assert.deepEqual(
    Object.keys(en).filter((name) => !used.has(name)),
    [],
  );
});

test('every option of a text is in the README, the types and the panel, with a sentence in each language', () => {
  const elsewhere = ['seed', 'signal']; // a field of its own, and nothing for a panel
  assert.deepEqual(inTypes('WriteOptions'), inReadme('Text'));
  assert.deepEqual([...Object.keys(TEXT), ...elsewhere].sort(), inReadme('Text'));
  for (const { options, optionGroups } of [en, zh]) {
    assert.deepEqual(sorted(options), sorted(TEXT));
    assert.deepEqual(sorted(optionGroups), sorted(GROUPS));
  }
});

test('every option of a picture is in the README, the types and the element', () => {
  const elsewhere = ['seed', 'batch_size', 'latents', 'preview', 'output_attentions', 'signal']; // nothing for an attribute
  const plain = inTypes('DiffusionOptions');
  assert.deepEqual(plain, inReadme('Pictures from a diffusion model'));
  const prompted = inTypes('TextToImageOptions');
  assert.deepEqual(prompted, inReadme('Pictures from a prompt'));
  const all = new Set([...plain, ...prompted, 'prompt']);
  assert.deepEqual([...Object.keys(IMAGE), ...elsewhere].sort(), [...all].sort());
  for (const { imageOptions } of [en, zh]) assert.deepEqual(sorted(imageOptions), sorted(FIELDS));
  const loading = ['dtype', 'variant', 'offload'];
  assert.deepEqual(
    attributesOf('hearth-image'),
    [...Object.keys(IMAGE).map(attributeOf), ...loading, 'mode'].sort(),
  );
});

test('every option of loading is in the README and the types', () => {
  assert.deepEqual(inTypes('DiffusionPipelineOptions'), inReadme('Loading'));
});

test('every option of a call with a picture is in the README and the types', () => {
  const interfaces = ['ImageToImageOptions', 'NoiseOptions', 'FitOptions'];
  const own = interfaces.flatMap((name) => declaration(name).own);
  const inherited = ['class_labels']; // the first of those of every picture
  const named = new Set([...own, ...inherited, 'signal']); // which a cell says in a sentence
  assert.deepEqual([...named].sort(), [...inReadme('Pictures from a picture'), 'signal'].sort());
});

test('every option of digits is in the README and the types', () => {
  const elsewhere = ['seed', 'class_weights', 'latents', 'signal']; // an attribute of every element, and nothing for a text
  assert.deepEqual(inTypes('GanOptions'), inReadme('Digits'));
  assert.deepEqual([...Object.keys(DIGITS), ...elsewhere].sort(), inTypes('GanOptions'));
  assert.deepEqual(attributesOf('hearth-digits'), Object.keys(DIGITS).map(attributeOf).sort());
});

test('every option of a map is in the README and the types', () => {
  assert.deepEqual(inTypes('VaeOptions'), inReadme('A map of digits'));
});

test('every attribute of a map is in the README', () => {
  assert.deepEqual(attributesOf('hearth-map'), Object.keys(MAP).map(attributeOf).sort());
});

test('every option of a story is in the README and the types, with its words', () => {
  const { own } = declaration('StoryOptions');
  const [, union = ''] = types.match(/type PictureOptions = Pick<\s*TextToImageOptions,([^>]*)>/) ?? [];
  assert.deepEqual([...union.matchAll(/'(\w+)'/g)].map(([, name]) => name).sort(), OF_PICTURES.toSorted());
  assert.deepEqual([...own, ...OF_PICTURES].sort(), inReadme('Illustrated stories'));
  const attributes = [...Object.keys(STORY).map(attributeOf), 'prompt', 'illustrator', 'autorun', 'dtype'];
  assert.deepEqual(attributesOf('hearth-story'), attributes.sort());
  for (const { story } of [en, zh]) {
    assert.deepEqual(sorted(story?.options), sorted(STORY));
    assert.deepEqual(sorted(story?.presets), PRESETS.map(({ title }) => title).sort());
  }
});

test('every option of a training is in the README, the types and the panel, with a sentence in each language', () => {
  const call = ['resume', 'seed', 'signal']; // nothing for an attribute of this element alone
  assert.deepEqual(inTypes('TrainingCall'), inReadme('Training a GAN'));
  assert.deepEqual([...Object.keys({ ...TRAINING, ...CALL }), ...call].sort(), inTypes('TrainingCall'));
  assert.deepEqual(sorted(DEFAULTS), sorted(TRAINING));
  for (const { trainingOptions, trainingOptionHints } of [en, zh]) {
    assert.deepEqual(sorted(trainingOptions), sorted(TRAINING));
    assert.deepEqual(sorted(trainingOptionHints), sorted({ ...TRAINING, seed: '' }));
  }
  const attributes = Object.keys({ ...TRAINING, ...CALL }).map(attributeOf);
  assert.deepEqual(attributesOf('hearth-training'), [...attributes, 'autoplay', 'data'].sort());
});

test('the schedulers that are offered are those of the types', () => {
  const union = types.match(/type SchedulerName =[^;]*/)?.[0] ?? '';
  assert.deepEqual(
    SCHEDULERS.toSorted(),
    [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name),
  );
});
