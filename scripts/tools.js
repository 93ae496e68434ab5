// The tool that the build needs, wasm-bindgen: fetched as its makers have built it, or else compiled.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Failure, output, root, run, succeeds, tools } from './shell.js';

/** What releases are called for a machine, by Node's names. @type {Record<string, string>} */
const TARGETS = {
  'linux x64': 'x86_64-unknown-linux-musl',
  'linux arm64': 'aarch64-unknown-linux-musl',
  'darwin x64': 'x86_64-apple-darwin',
  'darwin arm64': 'aarch64-apple-darwin',
  'win32 x64': 'x86_64-pc-windows-msvc',
};

const RELEASES = 'https://github.com/wasm-bindgen/wasm-bindgen/releases/download';

/** Installs the Rust target, and wasm-bindgen at the version that the engine is linked with. */
export function installRustTools() {
  if (output('rustup', ['--version']) === null) {
    throw new Failure('Hearth is built with Rust: install rustup from https://rustup.rs, then try again.');
  }
  const targets = output('rustup', ['target', 'list', '--installed']) ?? '';
  if (!targets.includes('wasm32-unknown-unknown')) run('rustup', ['target', 'add', 'wasm32-unknown-unknown']);
  const version = lockedVersion('wasm-bindgen');
  const isThere = () => output('wasm-bindgen', ['--version'])?.trim() === `wasm-bindgen ${version}`;
  if (isThere()) return;
  console.log(`Installing wasm-bindgen ${version} into .tools, once…`);
  const target = TARGETS[`${process.platform} ${process.arch}`];
  const release = `${RELEASES}/${version}/wasm-bindgen-${version}-${target}.tar.gz`;
  if (target && fetchPrograms(release, tools) && isThere()) return;
  console.log('There is none to fetch; compiling it takes about three minutes on two cores…');
  const what = [`wasm-bindgen-cli@${version}`, '--root', tools, '--force'];
  // A crate's own lock file can name versions that a registry mirror has not got.
  if (!succeeds('cargo', ['install', '--locked', ...what])) run('cargo', ['install', ...what]);
}

/** The version of a crate in Cargo.lock: the command-line tool must be of the same one. @param {string} name */
function lockedVersion(name) {
  const lock = readFileSync(path.join(root, 'Cargo.lock'), 'utf8');
  const version = lock.match(new RegExp(`name = "${name}"\\nversion = "([^"]+)"`))?.[1];
  if (!version) throw new Failure(`Cargo.lock names no ${name}`);
  return version;
}

/**
 * Puts the programs of a release, an archive of one folder, into `bin` of a folder.
 * @param {string} url
 * @param {string} into
 * @returns {boolean} whether that worked
 */
export function fetchPrograms(url, into) {
  const work = mkdtempSync(path.join(tmpdir(), 'hearth-tools-'));
  try {
    const archive = path.join(work, 'archive.tar.gz');
    const limits = ['--connect-timeout', '10', '--max-time', '300', '--retry', '2'];
    if (
      !succeeds('curl', [
        '--fail',
        '--location',
        '--silent',
        '--show-error',
        ...limits,
        '--output',
        archive,
        url,
      ])
    )
      return false;
    if (!succeeds('tar', ['-xzf', archive, '-C', work])) return false;
    const [folder] = readdirSync(work, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const programs = readdirSync(path.join(work, folder.name)).filter((name) =>
      /^wasm[^.]*(\.exe)?$/.test(name),
    );
    mkdirSync(path.join(into, 'bin'), { recursive: true });
    for (const name of programs)
      copyFileSync(path.join(work, folder.name, name), path.join(into, 'bin', name));
    return programs.length > 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
