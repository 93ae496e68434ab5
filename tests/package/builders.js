// The ways to make a page of a module that imports the package, each as its own documents have it, for production.

import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { output } from './workshop.js';

/** @typedef {(folder: string, base?: string) => Promise<void>} Builder builds the page of a folder into its `dist`, and may be told its address */

/** Bundlers that know nothing of pages make `main.js`; the page is there already. @param {string} folder */
function copyPage(folder) {
  copyFileSync(path.join(folder, 'index.html'), path.join(folder, 'dist', 'index.html'));
}

/** What esbuild and Rollup leave where it is, because no module imports it. @param {string} folder */
function copyEngine(folder) {
  for (const file of ['hearth-worker.js', 'hearth.wasm']) {
    const [from] = ['.', '..']
      .map((at) => path.join(folder, at, 'node_modules', 'hearth-web', file))
      .filter(existsSync);
    copyFileSync(from, path.join(folder, 'dist', file));
  }
}

/** @type {Record<string, Builder>} */
export const builders = {
  async Vite(folder) {
    const { build } = await import('vite');
    await build({ root: folder, base: './', logLevel: 'warn' });
  },

  async webpack(folder) {
    const { default: webpack } = await import('webpack');
    const compiler = webpack({
      mode: 'production',
      context: folder,
      entry: './main.js',
      output: { path: path.join(folder, 'dist') },
      performance: false,
    });
    await new Promise((resolve, reject) =>
      compiler.run((error, stats) => {
        if (error || stats?.hasErrors() || stats?.hasWarnings()) reject(error ?? new Error(String(stats)));
        else resolve(undefined);
      }),
    );
    copyPage(folder);
  },

  async esbuild(folder) {
    const { build } = await import('esbuild');
    await build({
      entryPoints: [path.join(folder, 'main.js')],
      bundle: true,
      minify: true,
      format: 'esm',
      outdir: path.join(folder, 'dist'),
    });
    copyPage(folder);
    copyEngine(folder);
  },

  async Rollup(folder) {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const bundle = await rollup({ input: path.join(folder, 'main.js'), plugins: [nodeResolve()] });
    await bundle.write({ dir: path.join(folder, 'dist'), format: 'es' });
    await bundle.close();
    copyPage(folder);
    copyEngine(folder);
  },

  async Parcel(folder, base = './') {
    const parcel = path.join(import.meta.dirname, 'node_modules', '.bin', 'parcel');
    const options = ['--dist-dir', 'dist', '--public-url', base, '--no-source-maps', '--no-cache'];
    output(parcel, ['build', 'index.html', ...options], folder);
  },

  async 'no bundler'(folder) {
    const dist = path.join(folder, 'dist');
    const { exports } = JSON.parse(
      readFileSync(path.join(folder, '..', 'node_modules', 'hearth-web', 'package.json'), 'utf8'),
    );
    const modules = Object.entries(exports).filter(([, { default: file }]) => file);
    const imports = modules.map(([name, { default: file }]) => [
      path.posix.join('hearth-web', name),
      path.posix.join('../../node_modules/hearth-web', file),
    ]);
    const map = `<script type="importmap">${JSON.stringify({ imports: Object.fromEntries(imports) })}</script>`;
    const page = readFileSync(path.join(folder, 'index.html'), 'utf8');
    mkdirSync(dist);
    writeFileSync(path.join(dist, 'index.html'), page.replace('<script', `${map}\n    <script`));
    copyFileSync(path.join(folder, 'main.js'), path.join(dist, 'main.js'));
  },
};
