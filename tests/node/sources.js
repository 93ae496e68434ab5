// The repository's own sources, as tests read them.

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { root } from '../../scripts/shell.js';

/**
 * The files of a folder and its folders, as paths from the repository's root.
 * @param {string} folder
 * @param {string} extension
 */
export const filesIn = (folder, extension) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => path.posix.join(folder, file.replaceAll(path.sep, '/')))
    .sort();

/** @param {string} file */
export const read = (file) => readFileSync(path.join(root, file), 'utf8');

/**
 * A source with blanks in place of its comments, so that everything else stays where it is.
 * @param {string} source
 * @param {RegExp} strings what may look like a comment within, and is none
 */
export function withoutComments(source, strings) {
  const tokens = new RegExp(String.raw`(${strings.source})|\/\/.*|\/\*[^]*?\*\/`, 'g');
  return source.replace(tokens, (token, string) => (string === undefined ? token.replace(/./g, ' ') : token));
}

/** Where in a source something is, to be found by people: `file:line: the line`. @param {string} file @param {number} index */
export function lineAt(file, index) {
  const source = read(file);
  const line = source.slice(0, index).split('\n').length;
  return `${file}:${line}: ${source.split('\n')[line - 1].trim()}`;
}
