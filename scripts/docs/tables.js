// Tables that are made from the declaration files, so that they say what the code says.

import { attributeOf } from '../../www/elements/attributes.js';
import { CODES } from '../../www/engine/errors.js';
import { CALL, OPTIONS as TRAINING } from '../../www/elements/training/options.js';
import { OPTIONS as DIGITS } from '../../www/elements/digits/options.js';
import { OPTIONS as IMAGE } from '../../www/elements/image/options.js';
import { OPTIONS as STORY } from '../../www/elements/story/options.js';
import { OPTIONS as TEXT } from '../../www/elements/text/options.js';
import { escape } from './highlight.js';
import { inline, slug } from './markdown.js';
import { membersOf, readTypes } from './types.js';

/** @typedef {import('./types.js').Member} Member */
/** @typedef {import('../../www/elements/attributes.js').ValueKind} ValueKind */

export const types = readTypes('www/types.d.ts');

/** Those of an element. @param {string} element */
const typesOf = (element) =>
  readTypes('www/elements/types.d.ts', `www/elements/${element.replace('hearth-', '')}/types.d.ts`);

/**
 * The options of a call that are attributes of an element, and the interfaces that describe them.
 * @type {Record<string, { options: Readonly<Record<string, ValueKind>>, from: string[] }>}
 */
export const ATTRIBUTES = {
  'hearth-story': { options: STORY, from: ['StoryOptions', 'WriteOptions'] },
  'hearth-digits': { options: DIGITS, from: ['GanOptions'] },
  'hearth-image': { options: IMAGE, from: ['TextToImageOptions', 'DiffusionOptions'] },
  'hearth-text': { options: TEXT, from: ['WriteOptions'] },
  'hearth-training': { options: { ...TRAINING, ...CALL }, from: ['TrainingCall'] },
};

/** A table. @param {string[]} head @param {string[][]} rows of HTML */
function table(head, rows) {
  const line = (/** @type {string} */ tag, /** @type {string[]} */ cells) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>\n`;
  const body = rows.map((cells) => line('td', cells)).join('');
  return `<div class="table list" tabindex="0"><table>\n<thead>${line('th', head)}</thead>\n<tbody>\n${body}</tbody></table></div>\n`;
}

/** @param {string} text */
const code = (text) => `<code>${escape(text)}</code>`;

/** A type, whose parts lead to where they are described. @param {string} type */
const typed = (type) =>
  `<code>${escape(type).replace(/\b[A-Z]\w+\b/g, (name) =>
    types.has(name) ? `<a href="types.html#${slug(name)}">${name}</a>` : name,
  )}</code>`;

/** @param {Member[]} members */
const rowsOf = (members) => members.map(({ name, type, doc }) => [code(name), typed(type), inline(doc)]);

/** What an attribute says of an option. @param {string} element @param {string} option */
export function describe(element, option) {
  for (const name of ATTRIBUTES[element].from) {
    const member = membersOf(types, name).find((member) => member.name === option);
    if (member) return member.doc;
  }
  return '';
}

/** An interface or a type, with its own heading. @param {import('./types.js').Declaration} declaration */
function described({ name, doc, bases, members, text }) {
  const heading = `<h3 id="${slug(name)}">${name}</h3>\n`;
  const about = doc ? `<p>${inline(doc)}</p>\n` : '';
  if (text) return `${heading}${about}<p class="type">${typed(text)}</p>\n`;
  const from = bases.length ? `<p>With everything of ${bases.map(typed).join(', ')}.</p>\n` : '';
  const rows = members.map(({ name, kind, type, doc }) => [
    kind === 'call' ? 'a call' : code(name),
    typed(type),
    inline(doc),
  ]);
  return heading + about + from + table(['name', 'type', 'what it is'], rows);
}

/** What a comment in a page stands for. @type {Record<string, (argument: string) => string>} */
const MAKERS = {
  /** The options of an interface, or of several, without those after `except`. */
  options(argument) {
    const [names, except = ''] = argument.split(' except ');
    const left = new Set(except.split(' '));
    const members = names.split(' ').flatMap((name) => membersOf(types, name));
    const unique = members.filter(
      ({ name }, index) => !left.has(name) && members.findIndex((member) => member.name === name) === index,
    );
    return table(['option', 'value', 'what it does'], rowsOf(unique));
  },

  /** The attributes of an element that are options of its calls. */
  attributes(element) {
    const rows = Object.keys(ATTRIBUTES[element].options).map((option) => [
      code(attributeOf(option)),
      inline(describe(element, option)),
    ]);
    return table(['attribute', 'what it does'], rows);
  },

  /** The properties and methods of an element. */
  members(element) {
    const all = typesOf(element);
    const name = element.replace(/(?:^|-)(\w)/g, (_, letter) => letter.toUpperCase());
    const members = membersOf(all, name).filter(({ name }) => !name.endsWith('EventListener'));
    const rows = members.map(({ name, kind, type, doc }) => [
      kind === 'method' ? typed(type) : `${code(name)}: ${typed(type)}`,
      inline(doc),
    ]);
    return table(['property or method', 'what it is'], rows);
  },

  /** The events of an element, with their details. */
  events(element) {
    const all = typesOf(element);
    const details = [...all.keys()].find((name) => name.endsWith('Details') && name !== 'Details') ?? '';
    const own = membersOf(all, details);
    const rows = own.map(({ name, type, doc }) => {
      const local = [...type.matchAll(/\b[A-Z]\w+\b/g)].map(([type]) => all.get(type)).find(Boolean);
      const fields = local?.members.length
        ? ` ${inline(local.doc)} With ${local.members.map((member) => code(member.name)).join(', ')}.`
        : '';
      return [code(name), typed(type), inline(doc) + fields];
    });
    return table(['event', '<code>detail</code>', 'when and what'], rows);
  },

  /** The members of an interface of the API. */
  interface(name) {
    return table(
      ['name', 'type', 'what it is'],
      rowsOf(membersOf(types, name).map((member) => ({ ...member, name: member.name || '( )' }))),
    );
  },

  /** Every exported type. */
  types: () => [...types.values()].map(described).join(''),

  /** Everything that the page of embeds offers, for its script. */
  gallery() {
    const elements = Object.entries(ATTRIBUTES).map(([element, { options }]) => [
      element,
      Object.entries(options).map(([option, kind]) => ({
        name: attributeOf(option),
        kind,
        about: describe(element, option).replaceAll('`', ''),
      })),
    ]);
    const json = JSON.stringify(Object.fromEntries(elements)).replaceAll('<', '\\u003c');
    return `<script type="application/json" id="attributes">${json}</script>\n`;
  },

  /** Every code, with its meaning. */
  codes: () =>
    table(
      ['code', 'meaning'],
      Object.entries(CODES).map(([name, meaning]) => [
        `<a href="#${slug(name)}">${code(name)}</a>`,
        escape(meaning),
      ]),
    ),
};

/** @param {string} name @param {string} argument */
export function make(name, argument) {
  if (!Object.hasOwn(MAKERS, name)) throw new Error(`<!-- ${name}: … --> stands for nothing`);
  return MAKERS[name](argument);
}
