// Reads the declaration files: interfaces and types, their members and what the comments say of them. They are formatted by
// prettier, so that their shape is known and no compiler is needed.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { root } from '../shell.js';

/**
 * @typedef {object} Member
 * @property {string} name empty for a call
 * @property {'property' | 'method' | 'call' | 'setter'} kind
 * @property {boolean} optional
 * @property {string} type of a property; the whole signature of a method or a call
 * @property {string} doc
 *
 * @typedef {object} Declaration
 * @property {'interface' | 'type'} kind
 * @property {string} name
 * @property {string} doc
 * @property {string[]} bases the interfaces that it extends, without their parameters
 * @property {Member[]} members of an interface
 * @property {string} text of a type: what it stands for
 */

/** A comment without its stars. @param {string} comment */
const docOf = (comment) =>
  comment
    .replace(/^\s*\/\*\*|\*\/\s*$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/^@\w+ .*/gm, '')
    .replace(/\s+/g, ' ')
    .trim();

/** The end of what begins at an index: the first `;` that is in no bracket. @param {string} text @param {number} from */
function endOf(text, from) {
  let depth = 0;
  for (let index = from; index < text.length; index++) {
    if ('{[('.includes(text[index])) depth++;
    if ('}])'.includes(text[index])) depth--;
    if (text[index] === ';' && depth === 0) return index;
  }
  return text.length;
}

/** On one line, as a table shows it. @param {string} text */
const flat = (text) =>
  text
    .replace(/\/\*\*[^]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/([([]) /g, '$1')
    .replace(/,? ([)\]])/g, '$1')
    .trim()
    .replace(/^\| /, '');

/** @param {string} text @param {string} doc @returns {Member} */
function memberOf(text, doc) {
  const [, setter] = text.match(/^set (\w+)\(/) ?? [];
  if (setter) {
    const type = flat(text.slice(text.indexOf(':') + 1).replace(/\)$/, ''));
    return { name: setter, kind: 'setter', optional: false, type, doc };
  }
  const [whole, name, optional] = text.match(/^(?:readonly )?(\w+)(\??):/) ?? [];
  if (whole) {
    return { name, kind: 'property', optional: Boolean(optional), type: flat(text.slice(whole.length)), doc };
  }
  const [, method = ''] = text.match(/^(\w+)[(<]/) ?? [];
  return { name: method, kind: method ? 'method' : 'call', optional: false, type: flat(text), doc };
}

/** The members in the braces of an interface. @param {string} body */
export function membersIn(body) {
  /** @type {Member[]} */
  const members = [];
  for (let index = 0; index < body.length;) {
    const comment = body.slice(index).match(/^\s*\/\*\*[^]*?\*\//)?.[0] ?? '';
    index += comment.length;
    const end = endOf(body, index);
    const text = body
      .slice(index, end)
      .replace(/\/\/.*/g, '')
      .trim();
    if (text) members.push(memberOf(text, docOf(comment)));
    index = end + 1;
  }
  return members;
}

/** What a declaration file exports. @param {string} source @returns {Declaration[]} */
export function declarationsIn(source) {
  /** @type {Declaration[]} */
  const found = [];
  const comment = String.raw`(\/\*\*(?:(?!\*\/)[^])*\*\/\n)?`;
  const form = new RegExp(
    `^${comment}export (?:interface (\\w+)(?:<[^{]*?>)?(?: extends ([^{]*?))? \\{\\n([^]*?)^\\}|type (\\w+)(?:<\\w+>)? =)`,
    'gm',
  );
  for (const match of source.matchAll(form)) {
    const [whole, doc = '', name, bases = '', body = '', alias] = match;
    const from = match.index + whole.length;
    found.push({
      kind: name ? 'interface' : 'type',
      name: name ?? alias,
      doc: docOf(doc),
      bases: bases
        .replace(/<[^>]*>/g, '')
        .split(/\s*,\s*/)
        .filter(Boolean),
      members: membersIn(body),
      text: alias ? flat(source.slice(from, endOf(source, from))) : '',
    });
  }
  return found;
}

/** The declarations of files of the repository, by their names. @param {string[]} files */
export function readTypes(...files) {
  const all = files.flatMap((file) => declarationsIn(readFileSync(path.join(root, file), 'utf8')));
  return new Map(all.map((declaration) => [declaration.name, declaration]));
}

/**
 * The members of an interface: its own, then those of the interfaces that it extends.
 * @param {Map<string, Declaration>} types
 * @param {string} name
 * @returns {Member[]}
 */
export function membersOf(types, name) {
  const declaration = types.get(name);
  if (!declaration) throw new Error(`there is no interface ${name}`);
  const own = declaration.members;
  const inherited = declaration.bases
    .filter((base) => types.has(base))
    .flatMap((base) => membersOf(types, base))
    .filter((member) => !own.some(({ name }) => name === member.name));
  return [...own, ...inherited];
}
