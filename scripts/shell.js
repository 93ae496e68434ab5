// Running other programs.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Where the build's own tools are. */
export const tools = path.join(root, '.tools');

/** The environment with the project's own tools on the PATH. */
const environment = {
  ...process.env,
  PATH: [path.join(tools, 'bin'), path.join(root, 'node_modules', '.bin'), process.env.PATH].join(
    path.delimiter,
  ),
};

/** A failure that needs no stack trace: its message says what to do. */
export class Failure extends Error {}

/**
 * Runs a program in the project's root with its output shown, and fails if it does.
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string> }} [options]
 */
export function run(program, args, { env = {} } = {}) {
  const { status, signal, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...environment, ...env },
    shell: process.platform === 'win32',
  });
  if (error) throw new Failure(`${program} could not be run: ${error.message}`);
  if (status !== 0) throw new Failure(`${program} ${args[0] ?? ''} failed (${signal ?? `exit ${status}`})`);
}

/**
 * Runs a program in the project's root beside whatever else is run, and shows its output when it has ended.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<number>} its exit status
 */
export async function runBeside(program, args) {
  // A file takes the output even while this process waits for another program.
  const folder = mkdtempSync(path.join(tmpdir(), 'hearth-'));
  const file = path.join(folder, 'output');
  const written = openSync(file, 'w');
  const child = spawn(program, args, { cwd: root, env: environment, stdio: ['ignore', written, written] });
  closeSync(written);
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', (code) => resolve(code ?? 1));
  });
  process.stdout.write(readFileSync(file));
  rmSync(folder, { recursive: true });
  return status;
}

/**
 * What a program prints, or null if it is not there or fails.
 * @param {string} program
 * @param {string[]} args
 */
export function output(program, args) {
  const { status, stdout } = spawnSync(program, args, { cwd: root, env: environment, encoding: 'utf8' });
  return status === 0 ? stdout : null;
}

/**
 * Installs the npm packages of a folder unless they are those of its lock file.
 * @param {string} [folder] within the project
 */
export function installPackages(folder = '.') {
  const packages = (/** @type {string} */ file) =>
    JSON.parse(readFileSync(path.join(root, folder, file), 'utf8')).packages;
  if (existsSync(path.join(root, folder, 'node_modules', '.package-lock.json'))) {
    const [wanted, have] = [packages('package-lock.json'), packages('node_modules/.package-lock.json')];
    const missing = Object.keys(wanted).filter(
      (name) => name && !wanted[name].optional && have[name]?.version !== wanted[name].version,
    );
    if (missing.length === 0) return;
  }
  console.log(`Installing npm packages${folder === '.' ? '' : ` of ${folder}`}…`);
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  // Nothing that is used has a script that must run.
  run('npm', ['ci', '--prefix', folder, '--ignore-scripts', ...quiet]);
}

/** Whether a program that is run succeeds. @param {string} program @param {string[]} args */
export function succeeds(program, args) {
  try {
    run(program, args);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a script's main function, and prints what went wrong without a stack trace where the message is enough.
 * @param {() => Promise<void> | void} main
 */
export async function script(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
