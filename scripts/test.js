// npm test: every check there is, on a clean clone too. Ends with a summary; one failure does not hide the others.
//
//   npm test              all
//   npm test -- node      only the steps whose name contains "node"
//
// Rust's compiler and a browser each leave a core idle at times. So once the engine is compiled, what only needs Rust's tools is run
// beside what needs the page.

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { build, compile, sizes } from './build.js';
import { flags, installChromium } from './chromium.js';
import { Failure, installPackages, output, root, run, runBeside, script } from './shell.js';
import { installRustTools } from './tools.js';
import { cargo } from './wasm.js';

/** The wasm engine as brotli may be this large, in bytes. */
const MAX_BROTLI = 2_500_000;

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
    WASM_BINDGEN_TEST_TIMEOUT: '3000',
  };
  // Release, because what ships is what should be tested.
  cargo(['test', '--release', '--test', 'web'], { env });
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

/** @typedef {[name: string, run: () => void][]} Steps */

/** @type {Steps} */
const FIRST = [
  ['packages', () => ['.', 'tests/package'].forEach((folder) => installPackages(folder))],
  ['rust tools', installRustTools],
  ['chromium', () => void installChromium()],
  ['rustfmt', () => run('cargo', ['fmt', '--check'])],
  ['prettier', () => run('prettier', ['--check', '--log-level=warn', '.'])],
  ['wasm compiled', compile],
];

/** @type {Steps} */
const RUST = [
  ['clippy', () => run('cargo', ['clippy', '--all-targets', '--', '-D', 'warnings'])],
  ['clippy, wasm32', () => cargo(['clippy', '--lib', '--test', 'web', '--', '-D', 'warnings'])],
  ['cargo test', () => run('cargo', ['test'])],
  ['cargo doc', () => run('cargo', ['doc', '--no-deps'], { env: { RUSTDOCFLAGS: '-D warnings' } })],
  ['wasm tests', wasmTests],
];

/** @type {Steps} */
const PAGE = [
  ['wasm build', build],
  ['wasm size', checkSize],
  ['tsc', () => run('tsc', ['-p', '.'])],
  ['tsc, worker', () => run('tsc', ['-p', 'tsconfig.worker.json'])],
  ['node tests', () => nodeTest('tests/node')],
  ['training tests', trainingTests],
  ['package', () => nodeTest('tests/package', '--test-concurrency=1')],
  ['browser tests', () => nodeTest('tests/browser', '--test-concurrency=1')],
];

/** @typedef {{ name: string, failure: string, seconds: number }} Outcome */

/** How this script is told to run the steps of the page alone, and to write their outcomes into a file. */
const BESIDE = '--page';

/** Runs steps. @param {Steps} steps */
function outcomesOf(steps) {
  return steps.map(([name, step]) => {
    console.log(`\n=== ${name}`);
    const started = Date.now();
    let failure = '';
    try {
      step();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error.message;
      console.error(failure);
    }
    return { name, failure, seconds: (Date.now() - started) / 1000 };
  });
}

/** Runs the steps of the page in a process of its own. @returns {Promise<Outcome[]>} */
async function outcomesBeside() {
  const folder = mkdtempSync(path.join(tmpdir(), 'hearth-'));
  const file = path.join(folder, 'outcomes.json');
  const status = await runBeside(process.execPath, [import.meta.filename, BESIDE, file]);
  const outcomes = status === 0 ? JSON.parse(readFileSync(file, 'utf8')) : null;
  rmSync(folder, { recursive: true });
  return outcomes ?? [{ name: 'steps of the page', failure: `exit ${status}, see above`, seconds: 0 }];
}

/** Says how steps went. @param {Outcome[]} outcomes */
function summarise(outcomes) {
  console.log('\n=== summary');
  for (const { name, failure, seconds } of outcomes) {
    console.log(`${failure ? '✖' : '✔'} ${name.padEnd(16)} ${seconds.toFixed(0).padStart(5)} s  ${failure}`);
  }
  const failed = outcomes.filter(({ failure }) => failure).length;
  console.log(`\n${outcomes.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

script(async () => {
  const [wanted, file] = process.argv.slice(2);
  if (wanted === BESIDE) return writeFileSync(file, JSON.stringify(outcomesOf(PAGE)));
  const all = [...FIRST, ...RUST, ...PAGE];
  if (wanted) {
    const chosen = all.filter(([name]) => name.includes(wanted));
    if (chosen.length === 0)
      throw new Failure(`no step is called ${wanted}; there is ${all.map(([name]) => name).join(', ')}`);
    return summarise(outcomesOf(chosen));
  }
  const first = outcomesOf(FIRST);
  console.log('\nThe steps of the page are run beside the following; their output comes at the end.');
  const page = outcomesBeside();
  const rust = outcomesOf(RUST);
  summarise([...first, ...rust, ...(await page)]);
});
