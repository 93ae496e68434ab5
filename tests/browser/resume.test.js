// Half of a download, in a real browser: what came of a file is kept, and the next visit goes on from there.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { bytesOf, until } from './harness.js';
import { Host } from './host.js';
import { openBlank, page, site } from './session.js';

const MODEL = 'models/gan-mnist';
const WEIGHTS = 'model.safetensors';
const WHOLE = bytesOf(`${MODEL}/${WEIGHTS}`);
const HALF = WHOLE.length >> 1;
const SAME = 'the picture is that of a model that came in one piece';

/** @type {Host} */
let host;

beforeEach(async () => {
  host = /** @type {Host} */ (await new Host().start()).copy(MODEL);
  await openBlank();
});
afterEach(() => host.stop());

/**
 * Draws with a model, and says what it reported while it came. Errors come back as their code.
 * @param {{ model?: string, in?: import('playwright-core').Page, stopAt?: number }} [how]
 * @returns {Promise<{ drawn?: string, code?: string, loaded: number[] }>}
 */
function draw({ model = host.folder, in: where = page, stopAt = Infinity } = {}) {
  return where.evaluate(
    async ({ model, stopAt }) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      const controller = new AbortController();
      /** @type {number[]} */
      const loaded = [];
      const onProgress = (/** @type {any} */ event) => {
        loaded.push(event.loaded);
        if (event.loaded >= stopAt) controller.abort();
      };
      const { signal } = controller;
      try {
        const draw = await pipeline('unconditional-image-generation', model, {
          device: 'cpu',
          signal,
          onProgress,
        });
        const [image] = await draw({ seed: 1 });
        await draw.dispose();
        return { drawn: String(image.data), loaded };
      } catch (error) {
        return { code: /** @type {any} */ (error).code, loaded };
      }
    },
    { model, stopAt: stopAt === Infinity ? 1e12 : stopAt },
  );
}

/** Loads half of the model and stops. */
async function drawHalf(model = host.folder) {
  host.stallsAfter = HALF;
  assert.equal((await draw({ model, stopAt: HALF })).code, 'aborted');
  host.stallsAfter = Infinity;
}

/** Draws with all of it. What was asked of the host for that. */
async function goOn() {
  host.asked = [];
  const { drawn } = await draw();
  assert.equal(drawn, (await draw({ model: `/${MODEL}` })).drawn, SAME);
  return host.weights;
}

/** How many bytes of the weights the cache says that it has. */
function kept() {
  return page.evaluate(async (url) => {
    const index = await (await caches.open('hearth-weights-2')).match(url);
    const { segments = [] } = (await index?.json()) ?? {};
    return segments.reduce((/** @type {number} */ sum, /** @type {any} */ { size }) => sum + size, 0);
  }, `${host.folder}/${WEIGHTS}`);
}

/** Does something to everything that the cache has of the weights. @param {'shorten' | 'spoil'} what */
async function damage(what) {
  await until(async () => (await kept()) === HALF); // the page hears that it is stopped before all is written
  await page.evaluate(async (what) => {
    const cache = await caches.open('hearth-weights-2');
    for (const { url } of await cache.keys()) {
      if (!url.includes('segment')) continue;
      const bytes = new Uint8Array((await (await cache.match(url))?.arrayBuffer()) ?? []);
      if (what === 'spoil') bytes.fill(255, bytes.length / 2);
      await cache.put(url, new Response(what === 'shorten' ? bytes.subarray(1) : bytes));
    }
  }, what);
}

describe('a download goes on from where it was', () => {
  test('when it was stopped, and counts what is there as loaded', async () => {
    await drawHalf();
    host.asked = [];
    const { drawn, loaded } = await draw();
    assert.deepEqual(host.weights, [`GET ${WEIGHTS} bytes=${HALF}-`]);
    assert.equal(loaded.at(-1), WHOLE.length);
    assert.equal(drawn, (await draw({ model: `/${MODEL}` })).drawn, SAME);
    await page.reload();
    assert.deepEqual(await goOn(), [], 'and is complete for the next visit');
  });

  test('when its page was closed', async () => {
    host.stallsAfter = HALF;
    const left = draw().catch(() => {});
    await until(() => host.weights.length === 1);
    await until(async () => (await kept()) > 0);
    await page.reload();
    await left;
    host.stallsAfter = Infinity;
    const [request, ...others] = await goOn();
    assert.match(request, /bytes=\d{4,}-$/);
    assert.deepEqual(others, []);
  });

  test('when its element was taken out and put back', async () => {
    host.stallsAfter = HALF;
    await page.evaluate(async (model) => {
      await import(/** @type {any} */ ('/www/elements/hearth-digits.js'));
      const element = document.createElement('hearth-digits');
      for (const [name, value] of [
        ['model', model],
        ['loading', 'eager'],
        ['device', 'cpu'],
      ]) {
        element.setAttribute(name, value);
      }
      const bytes = new Promise((resolve) =>
        element.addEventListener('progress', (event) => {
          if (/** @type {any} */ (event).detail.loaded > 1e6) resolve(undefined);
        }),
      );
      document.body.append(element);
      await bytes;
      element.remove();
      Object.assign(globalThis, { element });
    }, host.folder);
    host.stallsAfter = Infinity;
    await page.evaluate(async () => {
      const { element } = /** @type {any} */ (globalThis);
      const complete = new Promise((resolve) => element.addEventListener('complete', resolve));
      document.body.append(element);
      await complete;
    });
    assert.match(host.weights.join(), /^GET model\.safetensors,GET model\.safetensors bytes=\d{7}-$/);
  });

  test('when its network broke for good', async () => {
    host.cuts = [HALF, 0, 0, 0];
    assert.equal((await draw()).code, 'network');
    const [request] = await goOn();
    assert.match(request, /bytes=\d{4,}-$/);
  });

  test('more than once', async () => {
    await drawHalf();
    host.stallsAfter = 1_000_000;
    assert.equal((await draw({ stopAt: HALF + 1_000_000 })).code, 'aborted');
    host.stallsAfter = Infinity;
    assert.deepEqual(await goOn(), [`GET ${WEIGHTS} bytes=${HALF + 1_000_000}-`]);
  });

  test('on the page’s own origin, where the file has a hash', async () => {
    const path = `/${MODEL}/${WEIGHTS}`;
    /** @type {(string | undefined)[]} */
    const ranges = [];
    site.answers.set(path, ({ headers }, response) => {
      ranges.push(headers.range);
      const start = Number(headers.range?.match(/\d+/)?.[0] ?? 0);
      const rest = WHOLE.subarray(start);
      response.writeHead(start ? 206 : 200, {
        'content-length': rest.length,
        ...(start ? { 'content-range': `bytes ${start}-${WHOLE.length - 1}/${WHOLE.length}` } : {}),
      });
      if (ranges.length === 1) response.write(rest.subarray(0, HALF));
      else response.end(rest);
    });
    assert.equal((await draw({ model: `/${MODEL}`, stopAt: HALF })).code, 'aborted');
    assert.ok((await draw({ model: `/${MODEL}` })).drawn);
    assert.deepEqual(ranges, [undefined, `bytes=${HALF}-`]);
  });
});

describe('a download begins anew', () => {
  const anew = `GET ${WEIGHTS}`;

  test('when the file is another one by now', async () => {
    await drawHalf();
    host.put(WEIGHTS, WHOLE);
    assert.deepEqual(await goOn(), [`${anew} bytes=${HALF}-`, anew]);
  });

  test('when nothing says that it is the same', async () => {
    host.validators = [];
    await drawHalf();
    assert.deepEqual(await goOn(), [`${anew} bytes=${HALF}-`, anew]);
  });

  test('where the server knows no ranges', async () => {
    host.ranges = false;
    await drawHalf();
    assert.deepEqual(await goOn(), [`${anew} bytes=${HALF}-`]);
  });

  test('where a part cannot be asked for at all', async () => {
    await drawHalf();
    host.ranges = 'refused';
    assert.equal((await goOn()).at(-1), anew);
  });

  for (const what of /** @type {const} */ (['shorten', 'spoil'])) {
    test(`when somebody did ${what} what was kept`, async () => {
      await drawHalf();
      await damage(what);
      assert.equal((await goOn()).at(-1), anew);
      await page.reload();
      assert.deepEqual(await goOn(), [], 'and then it is right');
    });
  }
});

test('a file of which all has come, but its page was closed before it was loaded, is not asked for again', async () => {
  const { drawn } = await draw();
  await page.evaluate(async (url) => {
    const cache = await caches.open('hearth-weights-2');
    const index = await (await cache.match(url))?.json();
    await cache.put(url, Response.json({ ...index, complete: false }));
  }, `${host.folder}/${WEIGHTS}`);
  await page.reload();
  host.asked = [];
  assert.equal((await draw()).drawn, drawn);
  assert.deepEqual(host.weights, []);
});

test('what does not fit on the disk is not kept, not even in part', async () => {
  const session = await page.context().newCDPSession(page);
  await drawHalf();
  await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 4_000_000 });
  await goOn();
  assert.equal(await kept(), 0);
});

test('two tabs that load the same file at once do not spoil it', async () => {
  host.stallsAfter = HALF;
  const other = await page.context().newPage();
  await other.goto(page.url());
  const loads = [draw({ stopAt: HALF }), draw({ in: other, stopAt: HALF })];
  for (const { code } of await Promise.all(loads)) assert.equal(code, 'aborted');
  host.stallsAfter = Infinity;
  const [one, two] = await Promise.all([draw(), draw({ in: other })]);
  assert.equal(one.drawn, two.drawn);
  assert.deepEqual(await goOn(), [], 'one of them kept it');
});

test('what an earlier version of Hearth kept is thrown away', async () => {
  await page.evaluate(() => caches.open('hearth-weights-1'));
  await draw();
  assert.deepEqual(await page.evaluate(() => caches.keys()), ['hearth-weights-2']);
});
