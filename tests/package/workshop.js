// A place where the packed package is installed as others install it: pages are built there, and opened in a browser.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before } from 'node:test';

import { makePackage, packageFolder } from '../../scripts/package.js';
import { serve } from '../../scripts/serve.js';
import { installPackages, root } from '../../scripts/shell.js';
import { launch } from '../browser/harness.js';

const own = import.meta.dirname;
/** Where the package is installed and pages are built. The bundlers are found in the folder above. */
export const workshop = path.join(own, 'build');

/**
 * Runs a program, and returns what it prints. What goes wrong is an error with all that it said.
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 */
export function output(program, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error ?? stdout + stderr}`);
  return stdout;
}

/** Packs what is published. Returns what npm says of it. @returns {Promise<{ filename: string, size: number, files: { path: string, size: number }[] }>} */
export async function pack() {
  await makePackage();
  mkdirSync(workshop, { recursive: true });
  const said = JSON.parse(output('npm', ['pack', '--json', '--pack-destination', workshop], packageFolder));
  return Object.values(said)[0];
}

/** What npm packed, once the package is installed in the workshop. @type {Awaited<ReturnType<typeof pack>>} */
export let packed;
/** @type {import('playwright-core').Browser} */
export let browser;
/** The workshop on one origin, and the repository with its models on another. @type {{ workshop: string, repository: string }} */
export let origins;

/** @type {import('node:http').Server[]} */
const servers = [];

before(async () => {
  installPackages(path.relative(root, own));
  rmSync(workshop, { recursive: true, force: true });
  packed = await pack();
  writeFileSync(path.join(workshop, 'package.json'), '{ "private": true, "type": "module" }');
  const quiet = ['--no-audit', '--no-fund', '--no-save', '--no-package-lock', '--legacy-peer-deps'];
  output('npm', ['install', `./${packed.filename}`, ...quiet], workshop);
  servers.push(await serve(workshop, 0), await serve(root, 0));
  const originOf = (/** @type {import('node:http').Server} */ server) =>
    `http://localhost:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
  const [ofWorkshop, ofRepository] = servers.map(originOf);
  origins = { workshop: ofWorkshop, repository: ofRepository };
  browser = await launch();
});

after(async () => {
  await browser?.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/**
 * A copy of a folder of the repository's, in the workshop.
 * @param {string} from relative to this one
 * @param {string} name
 */
export function copied(from, name) {
  const folder = path.join(workshop, name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(path.join(own, from), folder, { recursive: true });
  return folder;
}

/** The files of a folder in the workshop, with a certain end. @param {string} folder @param {string} end */
export const filesIn = (folder, end) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(end));

/**
 * Opens a page that finds the repository's models by its query, and collects what it complains of.
 * @param {string} url
 * @param {(page: import('playwright-core').Page, complaints: string[]) => Promise<void>} look
 */
export async function visit(url, look) {
  const context = await browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000); // a machine may have much else to do
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  try {
    await page.goto(`${url}?models=${origins.repository}/models/`);
    await look(page, complaints);
  } finally {
    await context.close();
  }
}
