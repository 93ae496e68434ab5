// How Cargo is told to compile for a browser. All that is compiled so shares its crates: other flags would compile them again.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { root, run, tools } from './shell.js';

const TARGET = 'wasm32-unknown-unknown';
const folder = path.join(root, 'target');

/** Where a compiled library is. @param {string} name */
export const compiled = (name) => path.join(folder, TARGET, 'release', `${name}.wasm`);

/**
 * Runs a command of Cargo's for the browser. Messages of panics call the folder of the crates `crates`, so that the wasm does not
 * depend on where that is, nor tell it.
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function cargo([command, ...args], options) {
  run('cargo', ['fetch', '--quiet', '--target', TARGET]);
  const crates = path.join(process.env.CARGO_HOME || path.join(homedir(), '.cargo'), 'registry', 'src');
  const registries = existsSync(crates) ? readdirSync(crates) : [];
  const flags = registries.map((registry) => `--remap-path-prefix=${path.join(crates, registry)}=crates`);
  // A file, because a shell would take the quotation marks.
  const config = path.join(tools, 'wasm.toml');
  mkdirSync(tools, { recursive: true });
  writeFileSync(config, `[target.${TARGET}]\nrustflags = ${JSON.stringify(flags)}\n`);
  run('cargo', [command, '--target', TARGET, '--target-dir', folder, '--config', config, ...args], options);
}
