// <hearth-story> as a visitor has it. The engine is story-engine.js: the task as it is, with a writer that knows one story and an
// illustrator that paints landscapes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, test } from 'node:test';

import { overflow, send, until, violations } from './harness.js';
import { complaints, openPage, page, scriptOf, shot, site } from './session.js';

const PROMPT = 'Once upon a time, in a distant galaxy, a brave explorer named Alex decided to';
const MANIFEST = {
  files: {
    'gpt2-stories/model.safetensors': { size: 59_000_000 },
    'picturebook/unet/diffusion_pytorch_model.safetensors': { size: 80_000_000 },
    'picturebook/unet/diffusion_pytorch_model.fp16.safetensors': { size: 40_000_000 },
  },
};

beforeEach(() => {
  site.answers.set('/favicon.ico', send(''));
  const engine = "export * from '/tests/browser/story-engine.js';";
  site.answers.set('/www/hearth.js', send(engine, { 'content-type': 'text/javascript' }));
  site.answers.set('/models/manifest.json', send(JSON.stringify(MANIFEST)));
});

/**
 * Opens a page with a book, whose events are kept in `events`.
 * @param {string} [attributes]
 * @param {Parameters<typeof openPage>[1] & { root?: string, engine?: string, policy?: string }} [options]
 */
async function open(attributes = '', { root = 'lang="en"', engine = '{}', policy = '', ...options } = {}) {
  const listen = `
    globalThis.engine = ${engine};
    globalThis.events = [];
    for (const type of ['load', 'progress', 'token', 'scene', 'step', 'picture', 'complete', 'error'])
      document.addEventListener('DOMContentLoaded', () =>
        document.querySelector('hearth-story').addEventListener(type, ({ detail }) => events.push([type, detail])));`;
  site.answers.set('/listen.js', send(listen, { 'content-type': 'text/javascript' }));
  const style =
    ':root { color-scheme: light dark; background: light-dark(#faf6f0, #14110f) } main { max-width: 66rem }';
  site.answers.set('/page.css', send(style, { 'content-type': 'text/css' }));
  const html = `<!doctype html><html ${root}><meta charset="utf-8"><meta name="viewport" content="width=device-width">${policy}
    <title>A page</title><link rel="stylesheet" href="/page.css"><script src="/listen.js"></script>${scriptOf('story')}
    <body><main><h1>A page</h1><h2>A story</h2><hearth-story ${attributes}></hearth-story><p>The end</p></main>`;
  site.answers.set('/page', send(html, { 'content-type': 'text/html' }));
  await openPage('/page', options);
}

/** @returns {Promise<[type: string, detail: any][]>} */
const events = () => page.evaluate(() => /** @type {any} */ (globalThis).events);
/** @param {string} type */
const eventsOf = async (type) =>
  (await events()).filter(([name]) => name === type).map(([, detail]) => detail);
/** @returns {Promise<import('./story-engine.js').Engine>} */
const engine = () => page.evaluate(() => /** @type {any} */ (globalThis).engine);
/** @param {string} name */
const asked = async (name) =>
  (await engine()).calls.filter(([type]) => type === name).map(([, ...rest]) => rest);
/** @param {Partial<import('./story-engine.js').Engine>} how */
const tune = (how) => page.evaluate((how) => Object.assign(/** @type {any} */ (globalThis).engine, how), how);
const completes = async (count = 1) => until(async () => (await eventsOf('complete')).length >= count);

const element = () => page.locator('hearth-story');
const status = () => element().locator('.status p').innerText();
/** @param {string | RegExp} name */
const button = (name) => element().getByRole('button', { name, exact: typeof name === 'string' });
const prompt = () => element().getByRole('textbox', { name: 'How the story begins' });
const pictures = () => element().locator('canvas[role=img]:visible');
/** What the pictures show. @returns {Promise<string[]>} */
const shown = () =>
  pictures().evaluateAll((all) => all.map((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL()));
const captions = () => element().locator('.caption').allInnerTexts();
const text = () => element().evaluate((story) => /** @type {any} */ (story).text);
const written = () => element().locator('.leaf p').allInnerTexts();
/** @param {import('playwright-core').Download} download */
const bytesIn = async (download) => readFileSync(await download.path());

test('nothing is loaded before a visitor asks for the story, and the download is announced', async () => {
  await open();
  await until(async () => /99\.0 MB/.test(await status()));
  assert.deepEqual(await asked('load'), []);
  assert.equal(await prompt().inputValue(), PROMPT);
  assert.deepEqual(await written(), [PROMPT]);
  assert.deepEqual(await violations(page), []);
});

test('a page’s script tells the story whose beginning is on show', async () => {
  await open();
  await element().evaluate((story) => /** @type {any} */ (story).start());
  await completes();
  assert.equal((await eventsOf('complete'))[0].text, PROMPT + (await engine()).story);
});

test('a story is told, each picture beside the lines that it belongs to', async () => {
  await open('num-scenes="3" seed="4"', {
    engine: '{ progress: [[10, null], [50, 99000000], [99000000, 99000000]] }',
  });
  await button('Tell it').click();
  await completes();
  const { text: whole, title, seed, scenes, continued } = (await eventsOf('complete'))[0];
  assert.equal(whole, PROMPT + (await engine()).story);
  assert.equal(title, 'Alex in the Distant Galaxy');
  assert.equal(await element().locator('h3').innerText(), title);
  assert.deepEqual([seed, continued, scenes.length], [4, false, 3]);
  const rows = element().locator('.row');
  for (const [index, { caption, end }] of scenes.entries()) {
    const row = rows.nth(index);
    assert.equal(await row.locator('canvas').getAttribute('aria-label'), caption);
    const lines = await row.locator('.leaf').innerText();
    assert.ok(lines.trim().endsWith(whole.slice(0, end).slice(-12)), 'the row ends with its sentence');
  }
  const flat = (/** @type {string} */ text) => text.replace(/\s+/g, ' ').trim();
  assert.equal(flat((await written()).join(' ')), flat(whole));
  assert.deepEqual(
    (await asked('draw')).map(([, seed]) => seed),
    [4, 5, 6],
  );
  assert.equal(new Set(await shown()).size, 3);
  const [[, , options]] = await asked('load');
  assert.match(String(options.illustrator), /\/models\/picturebook\/$/);
  assert.deepEqual((await eventsOf('progress')).at(-1), { loaded: 99000000, total: 99000000 });
  assert.match(await status(), /3 pictures in .* on the CPU/);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
});

test('nothing jumps while the story comes', async () => {
  await open('seed="1"', {
    viewport: { width: 1280, height: 900 },
    engine: '{ tokenDelay: 5, stepDelay: 20 }',
  });
  await button('Tell it').click();
  await until(async () => (await eventsOf('token')).length > 0);
  await page.evaluate(() => Object.assign(globalThis, { shift: 0 }));
  await until(async () => (await eventsOf('scene')).length > 0);
  const box = () => element().locator('figure:not(.blank) .frame').first().boundingBox();
  const reserved = await box();
  await completes();
  const finished = await box();
  assert.deepEqual(
    [finished?.x, finished?.y, finished?.width, finished?.height],
    [reserved?.x, reserved?.y, reserved?.width, reserved?.height],
  );
  assert.equal(reserved?.width, reserved?.height, 'a square');
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).shift);
  assert.ok(shift < 0.05, `things have moved by ${shift}`);
});

describe('a story that is stopped keeps what is there', () => {
  for (const [type, half, delay] of [
    ['token', 'its text', 'tokenDelay'],
    ['step', 'its pictures', 'stepDelay'],
  ]) {
    test(`while ${half} come`, async () => {
      await open('seed="1"', { engine: `{ ${delay}: 120, steps: 40 }` });
      await button('Tell it').click();
      await until(async () => (await eventsOf(type)).length > 3);
      await button('Stop').click();
      await until(async () => (await status()) === 'Stopped.');
      const kept = await text();
      assert.ok(kept.length > PROMPT.length);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(await text(), kept);
      assert.deepEqual(await eventsOf('complete'), []);
      assert.deepEqual(await eventsOf('error'), []);
      if (type === 'token') return;
      const missing = await button(/^Draw it/).count();
      assert.ok(missing > 0, 'what is missing can be drawn');
      await tune({ stepDelay: 0 });
      await button(/^Draw it/)
        .first()
        .click();
      await completes();
      assert.equal(await button(/^Draw it/).count(), missing - 1);
    });
  }
});

test('another picture is drawn of one scene alone', async () => {
  await open('seed="1"');
  await button('Tell it').click();
  await completes();
  const before = await shown();
  await button(/^Another picture/)
    .nth(1)
    .click();
  await completes(2);
  const after = await shown();
  assert.deepEqual([after[0], after[2]], [before[0], before[2]]);
  assert.notEqual(after[1], before[1]);
  assert.equal((await eventsOf('complete'))[1].continued, true);
});

test('a caption is changed by keyboard and its picture redrawn, in Chinese too', async () => {
  await open('seed="1"');
  await button('Tell it').click();
  await completes();
  await button(/^Change the caption/)
    .first()
    .focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('一只狐狸');
  await page.keyboard.press('Enter');
  await completes(2);
  assert.equal((await captions())[0], '一只狐狸');
  assert.deepEqual((await asked('draw')).at(-1)?.[0], 'a fox');
  assert.equal(await pictures().first().getAttribute('aria-label'), '一只狐狸');
  assert.equal(await element().evaluate((story) => /** @type {any} */ (story).scenes[0].caption), '一只狐狸');
  await button(/^Change the caption/)
    .first()
    .click();
  await page.keyboard.press('Escape');
  assert.equal((await captions())[0], '一只狐狸');
  const focused = await element().evaluate((story) => story.shadowRoot?.activeElement?.textContent);
  assert.equal(focused, 'Change the caption');
});

test('of a caption of 10,000 characters it is said what was not read', async () => {
  await open('seed="1"', { viewport: { width: 390, height: 844 } });
  await button('Tell it').click();
  await completes();
  await button(/^Change the caption/)
    .first()
    .click();
  await element().getByRole('textbox', { name: 'Caption' }).fill('a fox '.repeat(1666).trim());
  await element().locator('figure form .main').first().click();
  await completes(2);
  assert.match(await element().locator('.cut').first().innerText(), /did not read/);
  assert.ok((await overflow(page)) <= 0);
});

test('an edited text has its scenes found anew, and keeps the pictures that still fit', async () => {
  await open('seed="1"');
  await button('Tell it').click();
  await completes();
  const [first] = await shown();
  const [caption] = await captions();
  const drawn = (await asked('draw')).length;
  await button('Edit the text').click();
  const field = element().getByRole('textbox', { name: 'The text of the story' });
  await field.fill(`${caption} A bear came along and danced. They sang a song about honey together.`);
  await button('Illustrate this text').click();
  await completes(2);
  assert.deepEqual((await captions()).slice(1), [
    'A bear came along and danced.',
    'They sang a song about honey together.',
  ]);
  assert.equal((await shown())[0], first);
  assert.equal((await asked('draw')).length, drawn + 2);
  assert.match((await written()).join(' '), /danced\./);
  await button('Edit the text').click();
  await page.keyboard.press('Escape');
  assert.ok(await element().locator('.book').isVisible());
});

test('a text with nothing to draw says so', async () => {
  await open('seed="1" prompt="1, 2, 3"', { engine: '{ story: ", 4, 5." }' });
  await button('Tell it').click();
  await completes();
  assert.match(await status(), /nothing in this text that can be drawn/);
  assert.deepEqual(await captions(), []);
  assert.equal(await element().locator('.blank').count(), 0, 'no square is left over');
});

describe('an illustrator that fails leaves the text', () => {
  test('when it cannot be loaded', async () => {
    await open('seed="1"', { engine: "{ loadingFails: 'network' }" });
    await button('Tell it').click();
    await until(async () => (await eventsOf('error')).length > 0);
    assert.equal((await eventsOf('error'))[0].code, 'network');
    assert.equal(await text(), PROMPT + (await engine()).story);
    await tune({ loadingFails: null });
    await button('Try again').click();
    await completes();
    assert.equal((await shown()).length, 3);
    assert.equal((await asked('write')).length, 1, 'the text was not written again');
  });

  test('when it fails in the middle', async () => {
    await open('seed="1"', { engine: '{ stepDelay: 300 }' });
    await button('Tell it').click();
    await until(async () => (await eventsOf('picture')).length > 0);
    await tune({ drawingFails: 'device-lost' });
    await until(async () => (await eventsOf('error')).length > 0);
    assert.equal(await text(), PROMPT + (await engine()).story);
    assert.equal((await shown()).length, 1);
    await tune({ drawingFails: null, stepDelay: 0 });
    await button('Try again').click();
    await completes();
    assert.equal((await shown()).length, 3);
    assert.deepEqual(
      (await asked('draw')).map(([, seed]) => seed).slice(-2),
      [2, 3],
      'the seeds that they had',
    );
  });
});

test('a story is kept as one web page and as a picture', async () => {
  await open('seed="1" prompt="A &lt;b&gt;fox&lt;/b&gt; named &quot;Ann&quot; went"');
  await button('Tell it').click();
  await completes();
  const [web] = await Promise.all([page.waitForEvent('download'), button('Save as a web page').click()]);
  const html = (await bytesIn(web)).toString();
  const [png] = await Promise.all([page.waitForEvent('download'), button('Save as a picture').click()]);
  assert.deepEqual([...(await bytesIn(png)).subarray(1, 4)], [...Buffer.from('PNG')]);
  const heading = await element().locator('h3').innerText();
  const labels = await captions();

  assert.doesNotMatch(html, /(src|href)="(?!data:)/, 'it needs nothing else');
  site.answers.set('/kept', send(html, { 'content-type': 'text/html' }));
  await openPage('/kept', { viewport: { width: 390, height: 844 } });
  assert.equal(await page.locator('h1').innerText(), heading);
  assert.equal(await page.title(), heading);
  assert.match((await page.locator('main').textContent()) ?? '', /A <b>fox<\/b> named "Ann" went/);
  const images = await page
    .locator('img')
    .evaluateAll((all) =>
      all.map((image) => [
        /** @type {HTMLImageElement} */ (image).alt,
        /** @type {HTMLImageElement} */ (image).naturalWidth,
      ]),
    );
  assert.deepEqual(
    images,
    labels.map((label) => [label, 128]),
  );
  assert.ok((await overflow(page)) <= 0);
  assert.deepEqual(await violations(page), []);
});

test('a story is printed from a frame of its own, under a strict policy too', async () => {
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'">`;
  await open('seed="1"', { policy });
  await button('Tell it').click();
  await completes();
  await page.evaluate(() => {
    const create = document.createElement.bind(document);
    document.createElement = (/** @type {any} */ name, /** @type {any} */ ...rest) => {
      const made = create(name, ...rest);
      if (name !== 'iframe') return made;
      queueMicrotask(() => {});
      Object.assign(globalThis, { frame: made });
      const append = document.body.append.bind(document.body);
      document.body.append = (/** @type {any[]} */ ...nodes) => {
        append(...nodes);
        /** @type {any} */ (made).contentWindow.print = () => Object.assign(globalThis, { printed: true });
      };
      return made;
    };
  });
  await button('Print').click();
  await until(() => page.evaluate(() => !!(/** @type {any} */ (globalThis).printed)));
  const { title, pictures, font } = await page.evaluate(() => {
    const { contentDocument } = /** @type {any} */ (globalThis).frame;
    const heading = contentDocument.querySelector('h1');
    return {
      title: heading.textContent,
      pictures: contentDocument.querySelectorAll('canvas').length,
      font: getComputedStyle(contentDocument.body).fontFamily,
    };
  });
  assert.equal(title, 'Alex in the Distant Galaxy');
  assert.equal(pictures, 3);
  assert.match(font, /Palatino/, 'its style sheet is in force');
  assert.deepEqual(complaints, []);
});

test('it is read aloud, row by row, and can be stopped', async () => {
  await open('seed="1"');
  await button('Tell it').click();
  await completes();
  await page.evaluate(() => {
    /** @type {any[]} */
    const spoken = [];
    Object.assign(globalThis, { spoken });
    speechSynthesis.speak = (utterance) => void spoken.push(utterance);
    speechSynthesis.cancel = () => {};
  });
  const spoken = () =>
    page.evaluate(() => /** @type {any} */ (globalThis).spoken.map((/** @type {any} */ { text }) => text));
  await button('Read aloud').click();
  assert.equal((await spoken()).length, 1);
  assert.equal(await element().locator('.leaf[data-spoken]').count(), 1);
  await page.evaluate(() => /** @type {any} */ (globalThis).spoken[0].onend());
  assert.equal((await spoken()).length, 2);
  await button('Stop reading').click();
  assert.equal(await element().locator('.leaf[data-spoken]').count(), 0);
  await page.evaluate(() => /** @type {any} */ (globalThis).spoken[1].onend());
  assert.equal((await spoken()).length, 2);
});

test('a reader who wants less motion sees each picture when it is finished', async () => {
  await open('seed="1"', { reducedMotion: 'reduce' });
  await button('Tell it').click();
  await completes();
  assert.ok((await eventsOf('step')).every(({ images }) => images.length === 0));
  assert.equal((await shown()).length, 3);
  const animated = await page.evaluate(() => document.getAnimations().length);
  assert.equal(animated, 0);
});

test('with autoplay the story is told as soon as a reader comes to it', async () => {
  await open(`autoplay seed="1" prompt="${PROMPT}" max-length="40" num-scenes="1"`);
  await completes();
  const [[, options]] = await asked('write');
  assert.equal(options.max_length, 40);
  assert.equal((await captions()).length, 1);
});

test('the same seed makes the same story, and another one another', async () => {
  await open('seed="8"');
  await button('Tell it').click();
  await completes();
  const first = await shown();
  await button('Tell it').click();
  await completes(2);
  assert.deepEqual(await shown(), first);
  await button('Another story').click();
  await completes(3);
  assert.notDeepEqual(await shown(), first);
  assert.notEqual((await eventsOf('complete'))[2].seed, 8);
});

test('all of it is reached by keyboard', async () => {
  await open('seed="1"');
  await prompt().focus();
  await page.keyboard.press('Enter');
  await completes();
  const names = new Set();
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const active = document.activeElement?.shadowRoot?.activeElement;
      return active?.getAttribute('name') ?? active?.textContent ?? null;
    });
    if (name === null) break;
    names.add(name);
  }
  for (const name of [
    'Tell it',
    'Another picture',
    'Change the caption',
    'Read aloud',
    'Edit the text',
    'Print',
    'Options',
  ]) {
    assert.ok(names.has(name), `${name} is reached`);
  }
});

test('on a phone, in the dark and in Chinese, a book fits', async () => {
  const options = { viewport: { width: 390, height: 844 }, colorScheme: /** @type {const} */ ('dark') };
  await open('seed="1"', { root: 'lang="zh"', ...options });
  await button('开始讲').click();
  await completes();
  assert.ok((await overflow(page)) <= 0);
  assert.match(await status(), /3 幅插图/);
  const [lines, picture] = await Promise.all([
    element().locator('.leaf').first().boundingBox(),
    element().locator('.frame').first().boundingBox(),
  ]);
  assert.ok(lines && picture && picture.y >= lines.y + lines.height, 'the picture is below its lines');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: shot('story-phone'), fullPage: true });
});

test('a book that was taken out of the page is silent and idle', async () => {
  await open('seed="1"', { engine: '{ tokenDelay: 10 }' });
  await button('Tell it').click();
  await until(async () => (await eventsOf('token')).length > 2);
  const count = await page.evaluate(async () => {
    const story = document.querySelector('hearth-story');
    story?.remove();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const before = /** @type {any} */ (globalThis).events.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return /** @type {any} */ (globalThis).events.length - before;
  });
  assert.equal(count, 0);
});
