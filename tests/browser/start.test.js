// How the engine starts on pages that allow less than others, and from files of two builds.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

import { Site, bytesOf, send, until } from './harness.js';
import { browser, openPage, page, site } from './session.js';

const MODEL = '/tests/fixtures/gan/conditional';
const GLUE = '/www/pkg/hearth.js';
const WASM = '/www/pkg/hearth_bg.wasm';
const WORKER = '/www/engine/worker/worker.js';

/** A script tag and an element, both of the test's site. */
const widget = () =>
  `<script type="module" src="${site.origin}/www/elements/hearth-digits.js"></script>
   <hearth-digits model="${site.origin}${MODEL}" device="cpu" batch-size="2" seed="1" loading="eager"></hearth-digits>`;

/** @param {string} policy */
const csp = (policy) => ({ 'content-security-policy': policy });

/** A page with these headers. @param {string} body @param {import('node:http').OutgoingHttpHeaders} [headers] */
const html = (body, headers = {}) =>
  send(`<!doctype html><html lang="en"><title>A page</title>${body}`, {
    'content-type': 'text/html',
    ...headers,
  });

/**
 * Opens a page of the site, or of another.
 * @param {string} body
 * @param {import('node:http').OutgoingHttpHeaders} [headers]
 * @param {Site} [host]
 */
async function open(body, headers = {}, host = site) {
  host.answers.set('/page', html(body, headers));
  await openPage(`${host.origin}/page`);
}

/** What the element shows, in whichever frame it is: how many digits, and what went wrong. */
async function look() {
  for (const frame of page.frames()) {
    const read = frame.evaluate(() => {
      const root = document.querySelector('hearth-digits')?.shadowRoot;
      const digits = root?.querySelectorAll('.digit[aria-label]').length;
      return root && { digits, error: root.querySelector('.status p[data-kind=error]')?.textContent };
    });
    const seen = await read.catch(() => null); // a frame that is about to load
    if (seen?.digits || seen?.error) return seen;
  }
  return null;
}

/** Waits until the element has drawn, or fails with what it says. */
async function draws() {
  await until(async () => (await look()) !== null);
  assert.deepEqual(await look(), { digits: 2, error: undefined });
}

/** Waits for what the element says that went wrong. */
async function refusal() {
  await until(async () => (await look()) !== null);
  return (await look())?.error ?? '';
}

/** Draws through the API, in a page that allows everything; an error comes back as its code and message. */
const draw = (model = MODEL, options = {}) =>
  page.evaluate(
    async ({ model, options }) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      try {
        const draw = await pipeline('unconditional-image-generation', model, { device: 'cpu' });
        return { count: (await draw({ seed: 1, ...options })).length };
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        return { code, message };
      }
    },
    { model, options },
  );

describe('a page without an origin', () => {
  /** @type {Record<string, () => Promise<void>>} */
  const pages = {
    'a sandboxed frame': () => {
      site.answers.set('/embed', html(widget()));
      return open('<iframe sandbox="allow-scripts" src="/embed"></iframe>');
    },
    'a sandboxed frame whose text is in the page': () =>
      open(`<iframe sandbox="allow-scripts" srcdoc='${widget()}'></iframe>`),
    'a page whose policy sandboxes it': () => open(widget(), csp('sandbox allow-scripts')),
    'a page in a data: URL': () =>
      open(`<iframe src="data:text/html,${encodeURIComponent(widget())}"></iframe>`),
    'a file that is opened from a disk': async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'hearth-start-'));
      const file = path.join(folder, 'page.html');
      writeFileSync(file, `<!doctype html>${widget()}`);
      await openPage(pathToFileURL(file).href);
      rmSync(folder, { recursive: true });
    },
  };
  for (const [name, show] of Object.entries(pages)) {
    test(`${name} draws digits`, async () => {
      await show();
      await draws();
    });
  }
});

test('a frame that has the page’s origin but not its address starts the worker by its address', async () => {
  const script =
    'const frame = document.createElement("iframe"); frame.src = URL.createObjectURL(new Blob([text], { type: "text/html" })); document.body.append(frame);';
  for (const body of [
    `<iframe srcdoc='${widget()}'></iframe>`,
    `<body><script>const text = ${JSON.stringify(widget()).replaceAll('</', '<\\/')}; ${script}</script>`,
  ]) {
    await open(body);
    await draws();
    assert.deepEqual(
      page.workers().map((worker) => worker.url()),
      [`${site.origin}${WORKER}`],
    );
  }
});

test('where a sandbox allows no worker at all, the error says what it lacks', async () => {
  const policy = `sandbox allow-scripts; script-src ${site.origin}; worker-src 'none'`;
  await open(widget(), csp(policy));
  assert.match(await refusal(), /allow-same-origin.*by a module in a blob.*by a data: URL/);
});

describe('a page that allows few ways', () => {
  const COEP = 'cross-origin-embedder-policy';
  /** What docs/hosting.md asks for, but for workers. */
  const strict = () =>
    `default-src 'none'; script-src ${site.origin} 'wasm-unsafe-eval'; connect-src ${site.origin}`;
  /** @type {[string, () => import('node:http').OutgoingHttpHeaders, string][]} */
  const headers = [
    ['that alone has COEP require-corp', () => ({ [COEP]: 'require-corp' }), 'blob:'],
    ['that alone has COEP credentialless', () => ({ [COEP]: 'credentialless' }), 'blob:'],
    [
      'that is isolated',
      () => ({ [COEP]: 'require-corp', 'cross-origin-opener-policy': 'same-origin' }),
      'blob:',
    ],
    ['with workers of its origin', () => csp(`${strict()}; worker-src 'self'`), 'http:'],
    ['with workers from blobs', () => csp(`${strict()}; worker-src blob:`), 'blob:'],
    ['with workers from data: URLs', () => csp(`${strict()}; worker-src data:`), 'data:'],
  ];
  for (const [name, policy, scheme] of headers) {
    test(`a page ${name} draws digits`, async () => {
      await open(widget(), policy());
      await draws();
      assert.deepEqual(
        page.workers().map((worker) => new URL(worker.url()).protocol),
        [scheme],
      );
    });
  }

  for (const workers of ['blob:', 'data:']) {
    test(`a page of another origin with workers from ${workers} alone draws digits`, async () => {
      const blog = await new Site().start();
      try {
        await open(widget(), csp(`${strict()}; worker-src ${workers}`), blog);
        await draws();
      } finally {
        await blog.stop();
      }
    });
  }

  test('a page that allows everything starts one worker, by its address', async () => {
    await openPage('/tests/browser/blank.html');
    /** @type {string[]} */
    const workers = [];
    page.on('worker', (worker) => workers.push(worker.url()));
    assert.deepEqual(await draw(), { count: 1 });
    assert.deepEqual(workers, [`${site.origin}${WORKER}`]);
    assert.equal(site.count(WORKER), 1);
  });
});

describe('a page that requires Trusted Types', () => {
  const required = "require-trusted-types-for 'script'";

  for (const policy of [required, `${required}; trusted-types hearth`, `${required}; trusted-types *`]) {
    test(`digits are drawn under ${policy}`, async () => {
      await open(widget(), csp(policy));
      await draws();
    });
  }

  test('every element works there, on another origin and with its panel', async () => {
    const blog = await new Site().start();
    try {
      const names = ['digits', 'image', 'text'];
      const scripts = names.map(
        (name) => `<script type="module" src="${site.origin}/www/elements/hearth-${name}.js"></script>`,
      );
      const model = (/** @type {string} */ name) =>
        `model="${site.origin}/tests/fixtures/${name}" device="cpu" controls`;
      const elements = `
        <hearth-digits ${model('gan/conditional')} batch-size="2" loading="eager"></hearth-digits>
        <hearth-image ${model('diffusion/pipeline-classes')} num-inference-steps="2" loading="eager"></hearth-image>
        <hearth-text ${model('gpt2/writer')} prompt="Once" max-new-tokens="4" loading="eager"></hearth-text>`;
      const policy = `default-src 'none'; script-src ${site.origin} 'wasm-unsafe-eval'; worker-src blob: ${site.origin}; connect-src ${site.origin}`;
      await open(scripts.join('') + elements, csp(`${policy}; ${required}; trusted-types hearth`), blog);
      await page.evaluate(() => {
        for (const element of document.querySelectorAll('hearth-digits, hearth-image, hearth-text')) {
          for (const panel of element.shadowRoot?.querySelectorAll('details') ?? []) panel.open = true;
        }
      });
      for (const name of names) {
        await page.evaluate(
          (name) =>
            new Promise((resolve, reject) => {
              const element = /** @type {any} */ (document.querySelector(`hearth-${name}`));
              element.addEventListener('complete', resolve, { once: true });
              element.addEventListener('error', (/** @type {CustomEvent} */ { detail }) =>
                reject(detail.message),
              );
              (element.redraw ?? element.regenerate).call(element);
            }),
          name,
        );
      }
    } finally {
      await blog.stop();
    }
  });

  for (const list of ["'none'", 'mine']) {
    test(`a page with trusted-types ${list} is told which name to add`, async () => {
      await open(widget(), csp(`${required}; trusted-types ${list}`));
      assert.match(await refusal(), /"trusted-types hearth"/);
      assert.equal(page.workers().length, 0);
    });
  }

  test('the list of a page that does not require Trusted Types is nothing to the engine', async () => {
    await open(widget(), csp('trusted-types mine'));
    await draws();
  });
});

describe('requests that come before the worker', () => {
  test('are not lost when the first way fails', async () => {
    await open('', { 'cross-origin-embedder-policy': 'require-corp' });
    const counts = await page.evaluate(async (model) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      const load = async (/** @type {AbortSignal | undefined} */ signal) => {
        const draw = await pipeline('unconditional-image-generation', model, { device: 'cpu', signal });
        return (await draw({ batch_size: 3 })).length;
      };
      const stop = new AbortController();
      const all = [load(undefined), load(stop.signal), load(undefined)];
      stop.abort();
      return (await Promise.allSettled(all)).map((one) =>
        one.status === 'fulfilled' ? one.value : one.reason.code,
      );
    }, MODEL);
    assert.deepEqual(counts, [3, 'aborted', 3]);
    assert.equal(site.count(`${MODEL}/model.safetensors`), 1);
  });
});

describe('files of two builds', () => {
  const KEPT = { 'cache-control': 'max-age=600' };
  const JS = { ...KEPT, 'content-type': 'text/javascript' };
  const WASM_HEADERS = { ...KEPT, 'content-type': 'application/wasm', 'content-encoding': 'br' };

  /** Has the browser keep something else as a file of the site, until it asks past its cache. @param {string} file @param {Uint8Array | string} body @param {import('node:http').OutgoingHttpHeaders} headers */
  function keepAnother(file, body, headers) {
    site.answers.set(file, (request, response) => {
      send(body, headers)(request, response);
      site.answers.delete(file);
    });
  }
  /** Quickly, and small enough for the browser to keep. @param {Uint8Array} bytes */
  const compressed = (bytes) =>
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  const glue = () => bytesOf(GLUE.slice(1)).toString();
  /** The wasm with another name for one of its imports. */
  function otherWasm() {
    const wasm = Buffer.from(bytesOf(WASM.slice(1)));
    wasm.write('__xyz_', wasm.indexOf('__wbg_'));
    return compressed(wasm);
  }

  /** @type {Record<string, () => void>} */
  const stale = {
    'glue that lacks an import': () =>
      keepAnother(GLUE, glue().replace(/__wbg_\w+(?=: function)/, '$&_before'), JS),
    'glue that lacks an export': () =>
      keepAnother(GLUE, glue().replace(/^export class Loader/m, 'class Loader'), JS),
    'wasm with another import': () => keepAnother(WASM, otherWasm(), WASM_HEADERS),
    'half a wasm': () =>
      keepAnother(WASM, compressed(bytesOf(WASM.slice(1)).subarray(0, 5000)), {
        ...KEPT,
        'content-type': 'application/wasm',
      }),
    'a module of the worker that lacks an export': () =>
      keepAnother('/www/engine/worker/device.js', 'export const other = 1;', JS),
    'a worker that imports a file that is gone': () => keepAnother(WORKER, "import './gone.js';", JS),
  };
  for (const [name, keep] of Object.entries(stale)) {
    test(`${name} is fetched anew, and the engine starts`, async () => {
      keep();
      await openPage('/tests/browser/blank.html');
      assert.deepEqual(await draw(), { count: 1 });
    });
  }

  test('a worker from before workers said that they are there is fetched anew', async () => {
    keepAnother(WORKER, 'onmessage = () => {};', JS);
    await openPage('/tests/browser/blank.html');
    await page.clock.install();
    const drawing = draw();
    await until(() => page.workers().length === 1);
    await page.clock.fastForward('00:31');
    assert.deepEqual(await drawing, { count: 1 });
  });

  test('that works where a policy allows nothing but the worker’s address', async () => {
    stale['a module of the worker that lacks an export']();
    await open(widget(), csp("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"));
    await draws();
  });

  test('and on another origin', async () => {
    stale['glue that lacks an import']();
    const blog = await new Site().start();
    try {
      await open(widget(), {}, blog);
      await draws();
    } finally {
      await blog.stop();
    }
  });

  test('what does not fit on the server either is engine-unavailable, and right when it does', async () => {
    site.answers.set(WASM, send(otherWasm(), WASM_HEADERS));
    await openPage('/tests/browser/blank.html');
    let workers = 0;
    page.on('worker', () => (workers += 1));
    const { code, message } = await draw();
    assert.equal(code, 'engine-unavailable');
    assert.match(String(message), /__xyz_/);
    assert.equal(workers, 2, 'it is tried once more');
    site.answers.clear();
    assert.deepEqual(await draw(), { count: 1 });
  });

  test('a wasm that is not there, or that a policy forbids, is not asked for again', async () => {
    site.answers.set(WASM, (_, response) => response.writeHead(404).end());
    await openPage('/tests/browser/blank.html');
    assert.equal((await draw()).code, 'engine-unavailable');
    assert.equal(site.count(WASM), 1);
    site.answers.clear();
    await open(widget(), csp(`script-src ${site.origin}; worker-src blob:`));
    assert.match(await refusal(), /engine could not be loaded/);
    assert.equal(site.count(WASM), 2);
  });

  test('a worker that is not there is engine-unavailable, and each way says so', async () => {
    site.answers.set(WORKER, (_, response) => response.writeHead(404).end());
    await openPage('/tests/browser/blank.html');
    const { code, message } = await draw();
    assert.equal(code, 'engine-unavailable');
    assert.match(String(message), /by its address: .*by a module in a blob: .*by a data: URL: /);
    assert.equal(site.count(WASM), 0);
    site.answers.clear();
    assert.deepEqual(await draw(), { count: 1 });
  });
});
