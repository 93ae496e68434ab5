// How Cargo is told to compile for a browser. All that is compiled so shares its crates: other flags would compile them again.

import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { run } from './shell.js';

export const TARGET = 'wasm32-unknown-unknown';

/**
 * Runs a command of Cargo's for the browser. Messages of panics call the folder of the crates `crates`, so that
 * the wasm is the same wherever it is built, and does not tell of the machine.
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function cargo([command, ...args], options) {
  run('cargo', ['fetch', '--quiet', '--target', TARGET]);
  const crates = path.join(process.env.CARGO_HOME ?? path.join(homedir(), '.cargo'), 'registry', 'src');
  const flags = readdirSync(crates).map(
    (registry) => `--remap-path-prefix=${path.join(crates, registry)}=crates`,
  );
  const config = `target.${TARGET}.rustflags=${JSON.stringify(flags)}`;
  run('cargo', [command, '--target', TARGET, '--config', config, ...args], options);
}
