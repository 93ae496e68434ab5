// npm test: every check there is, on a clean clone too. Ends with a summary; one failure does not hide the others.
//
//   npm test              all
//   npm test -- node      only the steps whose name contains "node"

import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { build, sizes } from './build.js';
import { flags, installChromium } from './chromium.js';
import { Failure, installPackages, output, root, run, runBeside, script } from './shell.js';
import { installRustTools } from './tools.js';

/** The wasm engine as brotli may be this large, in bytes. */
const MAX_BROTLI = 2_500_000;

const WASM = ['--target', 'wasm32-unknown-unknown'];

/** @param {string} folder */
const testsIn = (folder) =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => path.join(folder, file));

/** @param {string} folder @param {string[]} options */
const nodeTest = (folder, ...options) =>
  run(process.execPath, ['--test', '--test-reporter=spec', ...options, ...testsIn(folder)]);

/** Runs the engine's own tests in a headless Chromium, on WebGPU and on the CPU. */
function wasmTests() {
  const { chromium, chromedriver } = installChromium();
  const args = ['--headless=new', ...flags()];
  const webdriver = { 'goog:chromeOptions': { binary: chromium, args } };
  writeFileSync(path.join(root, 'webdriver.json'), JSON.stringify(webdriver));
  const env = {
    CHROMEDRIVER: chromedriver,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: 'wasm-bindgen-test-runner',
    WASM_BINDGEN_TEST_TIMEOUT: '1200',
  };
  // Release, because what ships is what should be tested.
  run('cargo', ['test', '--release', ...WASM, '--test', 'web'], { env });
}

/** The tests of captions, lexicon and tales, which the standard library is enough for; those of networks need PyTorch. */
function trainingTests() {
  if (output('python3', ['--version']) === null) {
    throw new Failure(
      'The training data is tested with Python: install Python 3.11 or later, then try again.',
    );
  }
  run('python3', ['-m', 'unittest', 'tests.test_scenes', 'tests.test_tales'], {
    env: { PYTHONPATH: 'training' },
  });
}

function checkSize() {
  const { wasm, brotli } = sizes();
  console.log(
    `The engine: ${wasm.toLocaleString('en')} bytes of wasm, ${brotli.toLocaleString('en')} as brotli`,
  );
  if (brotli > MAX_BROTLI) throw new Failure(`more than ${MAX_BROTLI.toLocaleString('en')} bytes as brotli`);
}

/** @type {[string, () => void][]} */
const steps = [
  ['packages', () => ['.', 'tests/package'].forEach(installPackages)],
  ['rust tools', installRustTools],
  ['chromium', () => void installChromium()],
  ['rustfmt', () => run('cargo', ['fmt', '--check'])],
  ['prettier', () => run('prettier', ['--check', '--log-level=warn', '.'])],
  ['wasm build', build],
  ['wasm size', checkSize],
  ['package', () => nodeTest('tests/package', '--test-concurrency=1')],
  ['tsc', () => run('tsc', ['-p', '.'])],
  ['tsc, worker', () => run('tsc', ['-p', 'tsconfig.worker.json'])],
  ['node tests', () => nodeTest('tests/node')],
  ['training tests', trainingTests],
  ['cargo test', () => run('cargo', ['test'])],
  ['clippy', () => run('cargo', ['clippy', '--all-targets', '--', '-D', 'warnings'])],
  [
    'clippy, wasm32',
    () => run('cargo', ['clippy', ...WASM, '--lib', '--test', 'web', '--', '-D', 'warnings']),
  ],
  ['cargo doc', () => run('cargo', ['doc', '--no-deps'], { env: { RUSTDOCFLAGS: '-D warnings' } })],
  ['wasm tests', wasmTests],
  ['browser tests', () => nodeTest('tests/browser', '--test-concurrency=1')],
];

/** Runs in a process of its own beside those that only Rust's tools take part in: either would leave a core idle. */
const BESIDE = { step: 'browser tests', from: 'cargo test' };

script(async () => {
  const wanted = process.argv[2] ?? '';
  const chosen = steps.filter(([name]) => name.includes(wanted));
  if (chosen.length === 0)
    throw new Failure(`no step is called ${wanted}; there is ${steps.map(([name]) => name).join(', ')}`);
  const names = chosen.map(([name]) => name);
  const isSplit = names.includes(BESIDE.from) && names.includes(BESIDE.step);
  /** @type {Promise<{ status: number, seconds: number }> | undefined} */
  let beside;
  const results = [];
  for (const [name, step] of chosen) {
    const started = Date.now();
    if (isSplit && name === BESIDE.from) {
      console.log(`\n=== ${BESIDE.step} begin; their output comes at the end`);
      beside = runBeside(process.execPath, [import.meta.filename, BESIDE.step]).then((status) => ({
        status,
        seconds: (Date.now() - started) / 1000,
      }));
    }
    if (beside && name === BESIDE.step) {
      const { status, seconds } = await beside;
      results.push({ name, failure: status === 0 ? '' : `exit ${status}, see above`, seconds });
      continue;
    }
    console.log(`\n=== ${name}`);
    let failure = '';
    try {
      step();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error.message;
      console.error(failure);
    }
    results.push({ name, failure, seconds: (Date.now() - started) / 1000 });
  }
  console.log('\n=== summary');
  for (const { name, failure, seconds } of results) {
    console.log(`${failure ? '✖' : '✔'} ${name.padEnd(16)} ${seconds.toFixed(0).padStart(5)} s  ${failure}`);
  }
  const failed = results.filter(({ failure }) => failure).length;
  console.log(`\n${results.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
});
