// What a page can say of Hearth's files before the engine starts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Site, send } from './harness.js';
import { openBlank, openBody, page, scriptOf, site } from './session.js';

const GAN = '/tests/fixtures/gan/conditional';

/**
 * Configures, and draws a digit. What goes wrong comes back as its code and message.
 * @param {object} settings
 * @param {string} [model]
 * @param {object} [later] settings that come after the digit
 */
const draw = (settings, model = GAN, later) =>
  page.evaluate(async ([settings, model, later]) => {
    const { configure, pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
    try {
      configure(settings);
      const draw = await pipeline('unconditional-image-generation', model, { device: 'cpu' });
      const drawn = (await draw({ seed: 1 })).length;
      if (later) configure(later);
      return { drawn };
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      return { code, message };
    }
  }, /** @type {const} */ ([settings, model, later]));

describe('a setting', () => {
  test('that is unknown or of the wrong kind is refused by its name', async () => {
    await openBlank();
    for (const [settings, words] of /** @type {const} */ ([
      [{ wasm: '/a.wasm' }, /there is no setting wasm; there is workerUrl, wasmUrl, modelsUrl, cache/],
      [{ modelsUrl: 7 }, /modelsUrl is 7; it must be the URL of a folder/],
      [{ cache: 'no' }, /cache is no; it must be true or false/],
    ])) {
      const { code, message } = await draw(settings);
      assert.equal(code, 'invalid-option');
      assert.match(String(message), words);
    }
    assert.deepEqual(await draw({}), { drawn: 1 });
  });

  test('that comes after the engine has started is refused, unless it says the same once more', async () => {
    await openBlank();
    const { message } = await draw({}, GAN, { cache: false });
    assert.match(String(message), /cache comes too late/);
    await openBlank();
    assert.deepEqual(await draw({ cache: false }, GAN, { cache: false }), { drawn: 1 });
  });
});

test('the worker and the wasm are taken from where a page says that they are', async () => {
  const host = await new Site().start();
  try {
    await openBlank();
    const workerUrl = `${host.origin}/www/engine/worker/worker.js`;
    assert.deepEqual(await draw({ workerUrl, wasmUrl: '/www/pkg/hearth_bg.wasm?mine' }), { drawn: 1 });
    assert.equal(host.count('/www/engine/worker/worker.js'), 1);
    assert.equal(site.count('/www/engine/worker/worker.js'), 0);
    assert.equal(site.count('/www/pkg/hearth_bg.wasm'), 1);
    assert.equal(host.count('/www/pkg/hearth_bg.wasm'), 0);
  } finally {
    await host.stop();
  }
});

test('models/ is where a page says that it is, for the API and for elements that name no model', async () => {
  // Without a slash at its end, and without a manifest: a page's own models, or some of those that ship.
  site.answers.set('/static/mine/manifest.json', (_, response) => response.writeHead(404).end());
  for (const file of ['config.json', 'model.safetensors']) {
    site.answers.set(`/static/mine/gan-mnist/${file}`, (request, response) => {
      response.writeHead(302, { location: `${GAN}/${file}` }).end();
    });
  }
  const configure = `
    <script type="module">
      import { configure, modelUrl } from '/www/hearth.js';
      configure({ modelsUrl: '/static/mine' });
      document.title = modelUrl('gan-mnist');
    </script>`;
  await openBody(
    `${scriptOf('digits')}${configure}<hearth-digits device="cpu" batch-size="2" loading="lazy"></hearth-digits>`,
  );
  await page.locator('hearth-digits .digit[aria-label]').nth(1).waitFor();
  assert.equal(await page.title(), `${site.origin}/static/mine/gan-mnist`);
  const before = site.count('/static/mine/gan-mnist/config.json');
  assert.equal(before, 1);
  const drawn = await page.evaluate(async () => {
    const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
    const draw = await pipeline('unconditional-image-generation', 'models/gan-mnist', { device: 'cpu' });
    return (await draw()).length;
  });
  assert.equal(drawn, 1);
});

test('a module that configures after it has imported an eager element is not too late', async () => {
  site.answers.set(
    '/main.js',
    send(
      `import { configure } from '/www/hearth.js';
       import '/www/elements/hearth-digits.js';
       configure({ modelsUrl: '/nowhere/' });`,
      { 'content-type': 'text/javascript' },
    ),
  );
  await openBody(
    '<hearth-digits device="cpu" loading="eager"></hearth-digits><script type="module" src="/main.js"></script>',
  );
  const failure = page.locator('hearth-digits .status [data-kind=error]');
  await failure.waitFor();
  assert.match(String(await failure.textContent()), /nowhere\/gan-mnist\/config\.json/);
});

test('without the cache nothing is kept', async () => {
  const kept = () =>
    page.evaluate(async () => {
      const all = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
      return (await Promise.all(all)).flat().length;
    });
  await openBlank();
  assert.deepEqual(await draw({ cache: false }), { drawn: 1 });
  assert.equal(await kept(), 0);
  await openBlank();
  assert.deepEqual(await draw({}), { drawn: 1 });
  assert.ok((await kept()) > 0);
});
