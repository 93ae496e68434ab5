// Builds www/pkg: the wasm engine, its JavaScript glue, and a brotli copy for servers that can send one.
// Does nothing when the sources are those of the last build.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

import { Failure, installPackages, root, run, script } from './shell.js';
import { installRustTools } from './tools.js';
import { cargo, compiled } from './wasm.js';

const out = path.join(root, 'www', 'pkg');
const wasm = path.join(out, 'hearth_bg.wasm');
const glue = path.join(out, 'hearth.js');
const stamp = path.join(out, 'sources.sha256');

/** The files that the wasm depends on. */
function sources() {
  const files = [
    ...['Cargo.toml', 'Cargo.lock', 'build.rs', '.cargo/config.toml', 'rust-toolchain.toml'],
    ...['scripts/build.js', 'scripts/wasm.js'],
  ];
  for (const file of readdirSync(path.join(root, 'src'), { recursive: true })) {
    if (/\.(rs|wgsl)$/.test(String(file))) files.push(path.join('src', String(file)));
  }
  return files.sort();
}

function sourcesHash() {
  const hash = createHash('sha256');
  for (const file of sources()) hash.update(`${file}\0`).update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

/** Bytes of the wasm, as it is and as brotli. */
export function sizes() {
  return { wasm: statSync(wasm).size, brotli: statSync(`${wasm}.br`).size };
}

/** The SHA-256 of the wasm. Whoever builds the same sources gets the same, and can so check what a package has. */
export function wasmHash() {
  return createHash('sha256').update(readFileSync(wasm)).digest('hex');
}

/**
 * Glue and wasm with an import that is named by the build, in place of the hash that wasm-bindgen gives it. Those of two
 * builds, as a browser's cache may have them, then do not link; else they might, and fail later or compute something else.
 * @param {string} glue
 * @param {Uint8Array} wasm
 */
export function signed(glue, wasm) {
  const [name] = glue.match(/\b__wbg_\w+_[0-9a-f]{16}(?=: )/) ?? [];
  const index = name ? Buffer.from(wasm).indexOf(name) : -1;
  if (!name || index < 0) throw new Failure('The glue has no import that the wasm has too');
  const hash = createHash('sha256').update(glue).update(wasm).digest('hex');
  const another = name.slice(0, -16) + hash.slice(0, 16); // as long as it was
  const bytes = Buffer.from(wasm);
  bytes.write(another, index);
  return { glue: glue.replace(`${name}: `, `${another}: `), wasm: bytes };
}

const isUpToDate = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesHash();

/** Compiles the engine if need be: all of the build that takes more than one core. */
export function compile() {
  if (isUpToDate()) return;
  installRustTools();
  console.log('Compiling the wasm engine (the first time about nine minutes on two cores)…');
  cargo(['build', '--release', '--lib']);
}

/** Builds if need be. Installs what it needs first. */
export function build() {
  installPackages();
  if (isUpToDate()) return;
  compile();
  // A brotli copy of the last build would be served beside the new glue.
  for (const old of [stamp, `${wasm}.br`]) rmSync(old, { force: true });
  run('wasm-bindgen', [compiled('hearth'), '--target', 'web', '--out-dir', out]);
  console.log('Optimising for size (about four minutes on two cores)…');
  const wasmOpt = path.join(root, 'node_modules', 'binaryen', 'bin', 'wasm-opt');
  run(process.execPath, [wasmOpt, '-Oz', '--strip-debug', '--strip-producers', wasm, '-o', wasm]);
  const build = signed(readFileSync(glue, 'utf8'), readFileSync(wasm));
  writeFileSync(glue, build.glue);
  writeFileSync(wasm, build.wasm);
  const bytes = build.wasm;
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_LGWIN]: 24 };
  writeFileSync(`${wasm}.br`, brotliCompressSync(bytes, { params }));
  writeFileSync(stamp, sourcesHash()); // now, since cargo may have updated Cargo.lock
}

if (process.argv[1] === import.meta.filename) {
  script(() => {
    build();
    const { wasm, brotli } = sizes();
    console.log(
      `www/pkg is up to date: ${(wasm / 1e6).toFixed(2)} MB, ${(brotli / 1e6).toFixed(2)} MB as brotli`,
    );
    console.log(`sha256 ${wasmHash()}  hearth_bg.wasm`);
  });
}
