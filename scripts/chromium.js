// The system's Chromium, for tests and benchmarks.

import { existsSync } from 'node:fs';

import { Failure, output, run } from './shell.js';

/** Runs WebGPU in software, so that a machine without a GPU tests the same code. */
export const WEBGPU_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

const QUIET_FLAGS = [
  ...['--no-sandbox', '--no-first-run', '--disable-quic', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-domain-blocking-for-3d-apis'],
];

/** What a headless Chromium is started with. @param {string[]} more */
export const flags = (more = WEBGPU_FLAGS) => [...QUIET_FLAGS, ...more];

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** @param {string[]} names @param {string | undefined} given */
function findProgram(names, given) {
  if (given) return existsSync(given) ? given : null;
  for (const name of names) {
    const found = output('which', [name])?.trim();
    if (found) return found;
  }
  return null;
}

/**
 * The paths of Chromium and its driver, which are installed from the system's packages when missing.
 * CHROMIUM and CHROMEDRIVER name others.
 */
export function installChromium() {
  const find = () => ({
    chromium: findProgram(NAMES, process.env.CHROMIUM),
    chromedriver: findProgram(['chromedriver'], process.env.CHROMEDRIVER),
  });
  let found = find();
  if (!found.chromium || !found.chromedriver) {
    const install = 'apt-get install chromium chromium-driver';
    if (output('which', ['apt-get']) === null || process.getuid?.() !== 0) {
      throw new Failure(
        `The browser tests need Chromium and ChromeDriver of the same version. Install them (on Debian: sudo ${install}), ` +
          'or name them in the environment: CHROMIUM=… CHROMEDRIVER=… npm test',
      );
    }
    console.log('Installing Chromium and its driver…');
    run('apt-get', ['update', '-qq']);
    run('apt-get', [
      'install',
      '-y',
      '-qq',
      '--no-install-recommends',
      'chromium',
      'chromium-driver',
      'fonts-noto-cjk',
    ]);
    found = find();
  }
  const { chromium, chromedriver } = found;
  if (!chromium || !chromedriver)
    throw new Failure('Chromium or ChromeDriver is still missing after the installation');
  return { chromium, chromedriver };
}
