// <hearth-map> as a visitor has it. The engine is map-engine.js, which computes the networks that ship; without `site.answers` for
// hearth.js the same tests run on the engine itself.

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, test } from 'node:test';

import { bytesOf, overflow, send, until, violations } from './harness.js';
import { complaints, openPage, page, scriptOf, shot, site } from './session.js';
import { vaeOf } from './vae.js';

const MODEL = 'models/vae-mnist';
const vae = vaeOf({ latent_dim: 2 }, bytesOf(`${MODEL}/model.safetensors`));
const COUNT = 150;

/** An IDX file of bytes, gzipped. @param {number[]} shape @param {Uint8Array} values */
function idx(shape, values) {
  const header = Buffer.alloc(4 + shape.length * 4);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + axis * 4));
  return gzipSync(Buffer.concat([header, values]));
}

/** Digits that the decoder draws on a spiral, whose class is where on it they are. */
const LATENTS = Array.from({ length: COUNT }, (_, index) => {
  const [angle, radius] = [(index % 10) * 0.63, 0.5 + index / COUNT];
  return [Math.cos(angle) * radius, Math.sin(angle) * radius];
});
const PIXELS = Uint8Array.from(
  LATENTS.flatMap((latents) => [...vae.decode(new Float32Array(latents))].map((x) => Math.round(x * 255))),
);
const IMAGES = idx([COUNT, 28, 28], PIXELS);
const LABELS = idx(
  [COUNT],
  Uint8Array.from(LATENTS, (_, index) => index % 10),
);

beforeEach(() => {
  site.answers.set('/favicon.ico', send(''));
  const engine = "export * from '/tests/browser/map-engine.js';";
  site.answers.set('/www/hearth.js', send(engine, { 'content-type': 'text/javascript' }));
  site.answers.set('/digits/images-idx3-ubyte.gz', send(IMAGES));
  site.answers.set('/digits/labels-idx1-ubyte.gz', send(LABELS));
});

/**
 * Opens a page with a map, whose events are kept in `events`.
 * @param {string} [attributes]
 * @param {Parameters<typeof openPage>[1] & { root?: string, engine?: string, before?: string }} [options]
 */
async function open(attributes = '', { root = 'lang="en"', engine = '{}', before = '', ...options } = {}) {
  const listen = `
    globalThis.engine = ${engine};
    globalThis.events = [];
    for (const type of ['load', 'progress', 'step', 'complete', 'error'])
      document.addEventListener('DOMContentLoaded', () =>
        document.querySelector('hearth-map').addEventListener(type, ({ detail }) => events.push([type, detail])));`;
  const style =
    ':root { color-scheme: light dark; background: light-dark(#faf6f0, #14110f) } body { margin: 16px } main { max-width: 60rem }';
  const html = `<!doctype html><html ${root}><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>A page</title><style>${style}</style><script>${listen}</script>${scriptOf('map')}
    <body><main><h1>A page</h1><h2>A map</h2>${before}<hearth-map ${attributes}></hearth-map><p>The end</p></main>`;
  site.answers.set('/page', send(html, { 'content-type': 'text/html' }));
  await openPage('/page', options);
}

/** @returns {Promise<[type: string, detail: any][]>} */
const events = () => page.evaluate(() => /** @type {any} */ (globalThis).events);
/** @param {string} type */
const eventsOf = async (type) =>
  (await events()).filter(([name]) => name === type).map(([, detail]) => detail);
/** @returns {Promise<import('./map-engine.js').Engine>} */
const engine = () => page.evaluate(() => /** @type {any} */ (globalThis).engine);
/** @param {Partial<import('./map-engine.js').Engine>} how */
const tune = (how) => page.evaluate((how) => Object.assign(/** @type {any} */ (globalThis).engine, how), how);
const completes = async (count = 1) => until(async () => (await eventsOf('complete')).length >= count);

const element = () => page.locator('hearth-map');
const plane = () => element().locator('.plane');
const status = () => element().locator('.status p').innerText();
/** @param {string} name */
const button = (name) => element().getByRole('button', { name, exact: true });
/** @param {string} name */
const checkbox = (name) => element().getByRole('checkbox', { name });
const slider = () => element().getByRole('slider', { name: 'Weight of the KL divergence (beta)' });
/** What a canvas shows. @param {string} selector @returns {Promise<string>} */
const picture = (selector) =>
  element()
    .locator(selector)
    .evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
/** @returns {Promise<[number, number]>} */
const latents = () => element().evaluate((map) => /** @type {any} */ ([.../** @type {any} */ (map).latents]));
/** The greys of a canvas. @param {string} selector @returns {Promise<number[]>} */
const greys = (selector) =>
  element()
    .locator(selector)
    .evaluate((node) => {
      const canvas = /** @type {HTMLCanvasElement} */ (node);
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return Array.from({ length: pixels.length / 4 }, (_, at) => pixels[at * 4]);
    });
/** Whether the digit on show is the one at the cursor. */
async function showsDigit() {
  const [shown, wanted] = [await greys('.look canvas'), vae.decode(new Float32Array(await latents()))];
  return shown.every((grey, at) => Math.abs(grey - wanted[at] * 255) <= 2);
}

/** Where the plane is on the screen, and a point of it by shares. */
async function area() {
  await plane().scrollIntoViewIfNeeded();
  const box = await plane().boundingBox();
  if (!box) throw new Error('there is no plane');
  return (/** @type {number} */ x, /** @type {number} */ y) =>
    /** @type {[number, number]} */ ([box.x + x * box.width, box.y + y * box.height]);
}

/** Draws a seven with the mouse. */
async function drawSeven() {
  const board = element().locator('.board');
  await board.scrollIntoViewIfNeeded();
  const box = await board.boundingBox();
  if (!box) throw new Error('there is no board');
  const at = (/** @type {number} */ x, /** @type {number} */ y) =>
    page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 3 });
  await at(0.2, 0.2);
  await page.mouse.down();
  await at(0.6, 0.2);
  await at(0.4, 0.8);
  await page.mouse.up();
}
const result = () => element().locator('.result').innerText();

test('the plane is drawn from coarse to fine in small calls, and nothing jumps', async () => {
  await open('data="/digits"');
  await page.evaluate(() => customElements.whenDefined('hearth-map'));
  await page.evaluate(() => Object.assign(globalThis, { shift: 0 }));
  await completes();
  await until(async () => /150 real digits on the map/.test(await status()));
  const all = await events();
  const names = all.map(([name]) => name);
  assert.equal(names[0], 'progress');
  assert.ok(names.indexOf('load') < names.indexOf('step'), 'it is loaded before it draws');
  const steps = await eventsOf('step');
  const levels = steps.map(({ level }) => level);
  assert.deepEqual(
    levels,
    levels.toSorted((a, b) => a - b),
  );
  assert.ok(new Set(levels).size >= 3);
  const fractions = steps.map(({ fraction }) => fraction);
  assert.deepEqual(
    fractions,
    fractions.toSorted((a, b) => a - b),
  );
  assert.equal(fractions.at(-1), 1);
  const [{ num_images, latent_dim, beta }] = await eventsOf('complete');
  assert.deepEqual([num_images, latent_dim, beta], [4 + 16 + 64 + 256, 2, 1]);
  const { calls } = await engine();
  assert.ok(calls.every(({ count }) => count <= 64));
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).shift), 0);
  assert.deepEqual(complaints, []);
});

test('nothing is loaded before a reader comes near', async () => {
  await open('', { before: '<p style="height: 300vh">Far</p>' });
  await page.evaluate(async () => {
    await customElements.whenDefined('hearth-map');
    await new Promise((resolve) => {
      const observer = new IntersectionObserver(resolve);
      for (const map of document.querySelectorAll('hearth-map')) observer.observe(map);
    });
  });
  assert.deepEqual((await engine()).loaded ?? [], []);
  await element().scrollIntoViewIfNeeded();
  await completes();
});

test('the digit under the pointer is shown, one call at a time, and the newest position wins', async () => {
  await open();
  await completes();
  await until(showsDigit);
  const at = await area();
  const before = (await engine()).calls.length;
  await tune({ delay: 60, most: 0 });
  for (let step = 0; step <= 30; step++) await page.mouse.move(...at(0.1 + step / 50, 0.3));
  await until(showsDigit);
  const { calls, most } = await engine();
  assert.equal(most, 1);
  assert.ok(calls.length - before < 31, `${calls.length - before} calls for 31 positions`);
  assert.ok((await latents())[0] > 0.4);
  assert.match(await element().locator('.where').innerText(), /^z = \(0\.\d\d, 0\.\d\d\)$/);
});

test('a finger shows the digit under it, and two zoom', async () => {
  await open('', { hasTouch: true, viewport: { width: 390, height: 844 } });
  await completes();
  const at = await area();
  const session = await page.context().newCDPSession(page);
  const touch = (/** @type {string} */ type, /** @type {[number, number][]} */ ...points) =>
    session.send('Input.dispatchTouchEvent', {
      type: /** @type {any} */ (type),
      touchPoints: points.map(([x, y], id) => ({ x, y, id })),
    });
  await touch('touchStart', at(0.5, 0.5));
  await touch('touchMove', at(0.2, 0.9));
  await until(async () => (await latents())[1] < -1 && (await showsDigit()));
  await touch('touchEnd');
  await touch('touchStart', at(0.4, 0.5), at(0.6, 0.5));
  await touch('touchMove', at(0.2, 0.5), at(0.8, 0.5));
  await touch('touchEnd');
  await completes(2);
  assert.ok((await eventsOf('step')).at(-1).level >= 5, 'finer digits are drawn');
});

test('the wheel scrolls the page, and zooms with Ctrl', async () => {
  await open();
  await completes();
  await page.mouse.move(...(await area())(0.5, 0.5));
  await page.mouse.wheel(0, 40);
  await until(() => page.evaluate(() => scrollY > 0));
  assert.equal((await eventsOf('complete')).length, 1);
  await page.keyboard.down('Control');
  for (let turn = 0; turn < 4; turn++) await page.mouse.wheel(0, -100);
  await page.keyboard.up('Control');
  await completes(2);
});

test('a mouse drags an enlarged map', async () => {
  await open();
  await completes();
  await button('Zoom in').click();
  await button('Zoom in').click();
  await until(async () => (await eventsOf('complete')).length >= 2);
  const at = await area();
  await page.mouse.move(...at(0.8, 0.8));
  const [held] = await latents();
  await page.mouse.down();
  await page.mouse.move(...at(0.4, 0.8), { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(...at(0.401, 0.8));
  assert.ok(Math.abs((await latents())[0] - held) < 0.05, 'the point that was held is under the pointer');
});

test('the keyboard alone moves the cursor, zooms, picks and goes home', async () => {
  await open();
  await completes();
  await plane().focus();
  for (let press = 0; press < 4; press++) await page.keyboard.press('Shift+ArrowRight');
  await until(showsDigit);
  const [right, up] = await latents();
  assert.ok(right > 2.5 && Math.abs(up) < 1e-6, `${right}`);
  await page.keyboard.press('ArrowUp');
  assert.ok((await latents())[1] > 0.05);
  const whole = await picture('.tiles');
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  await completes(2);
  assert.notEqual(await picture('.tiles'), whole);
  await page.keyboard.press('-');
  await page.keyboard.press('Home');
  await until(async () => (await picture('.tiles')) === whole);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('Enter');
  await button('Pause').waitFor();
});

test('digits of the data set are dots with a legend, and can be hidden', async () => {
  await open('data="/digits" count="100"');
  await until(async () => /100 real digits on the map/.test(await status()));
  const marks = '.plane canvas:last-child';
  const all = await picture(marks);
  await button('Digit 3').click();
  await until(async () => (await picture(marks)) !== all);
  assert.equal(await button('Digit 3').getAttribute('aria-pressed'), 'true');
  await button('Digit 3').click();
  await until(async () => (await picture(marks)) === all);
  // A digit of class 4 lies where it was drawn from.
  await element().evaluate((map, at) => /** @type {any} */ (map).moveTo(at), LATENTS[64]);
  await until(async () => /nearest real digits are a 4/.test(await element().locator('.near').innerText()));
  await checkbox('Show real digits').uncheck();
  await button('Digit 3').waitFor({ state: 'hidden' });
  await until(() => plane().evaluate((node) => !node.classList.contains('dotted')));
});

test('a data set that cannot be loaded leaves the map as it is, and is loaded at the second try', async () => {
  site.answers.set('/digits/images-idx3-ubyte.gz', (_, response) => response.writeHead(503).end());
  await open('data="/digits"');
  await until(async () => (await eventsOf('error')).length === 1);
  assert.equal((await eventsOf('error'))[0].code, 'network');
  assert.equal((await eventsOf('complete')).length, 1);
  site.answers.set('/digits/images-idx3-ubyte.gz', send(IMAGES));
  await button('Try again').click();
  await until(async () => /150 real digits/.test(await status()));
});

test('a drawing lands on the map, and what comes back and what is lost are shown and said', async () => {
  await open();
  await completes();
  const before = await picture('.plane canvas:last-child');
  await drawSeven();
  await until(async () =>
    /^Your digit lands at z = \(.*\)\. \d+% of its ink comes back/.test(await result()),
  );
  assert.notEqual(await picture('.plane canvas:last-child'), before);
  const read = await greys('.three figure:nth-child(1) canvas');
  const rows = read.flatMap((grey, at) => (grey > 127 ? [Math.floor(at / 28)] : []));
  assert.ok(Math.max(...rows) - Math.min(...rows) <= 20, 'it is as large as MNIST’s');
  const back = await greys('.three figure:nth-child(2) canvas');
  const { mean } = vae.encode(Float32Array.from(read, (grey) => grey / 255));
  const wanted = vae.decode(mean);
  assert.ok(back.every((grey, at) => Math.abs(grey - wanted[at] * 255) <= 2));
  await button('Clear').click();
  await until(async () => /^Draw a digit/.test(await result()));
});

test('a digit is drawn with the keyboard too', async () => {
  await open();
  await completes();
  await element().locator('.board').focus();
  await page.keyboard.press(' ');
  for (let press = 0; press < 9; press++) await page.keyboard.press('ArrowUp');
  await page.keyboard.press(' ');
  await until(async () => /comes back/.test(await result()));
  await button('Undo').click();
  await until(async () => /^Draw a digit/.test(await result()));
});

test('a path between two points is played and paused, and ends where it was picked', async () => {
  await open();
  await completes();
  const at = await area();
  await page.mouse.click(...at(0.2, 0.2));
  const start = vae.decode(new Float32Array(await latents()));
  await page.mouse.click(...at(0.8, 0.7));
  await button('Pause').click();
  const position = element().getByRole('slider', { name: 'Position between the two digits' });
  await position.fill('0');
  const shown = await greys('.between');
  assert.ok(shown.every((grey, index) => Math.abs(grey - start[index] * 255) <= 2));
  await position.fill('48');
  assert.notDeepEqual(await greys('.between'), shown);
  await button('Clear the path').click();
  assert.ok(await button('Play').isDisabled());
});

test('for those who want nothing to move the path is there in steps', async () => {
  await open('', { reducedMotion: 'reduce' });
  await completes();
  const at = await area();
  await page.mouse.click(...at(0.2, 0.2));
  await page.mouse.click(...at(0.8, 0.7));
  const blank = (/** @type {number[]} */ pixels) => pixels.every((grey) => grey === 0);
  for (const step of [1, 5, 9])
    await until(async () => !blank(await greys(`.aside canvas:nth-child(${step})`)));
  assert.equal(await button('Play').count(), 0);
  assert.equal(await button('Pause').count(), 0);
});

describe('networks', () => {
  const folders = async () => (await engine()).loaded;

  test('of other betas are loaded when they are asked for, and draw the same view', async () => {
    await open();
    await completes();
    assert.deepEqual(await folders(), [`/${MODEL}/`]);
    await button('Zoom in').click();
    await completes(2);
    const before = await picture('.tiles');
    await slider().focus();
    await page.keyboard.press('ArrowLeft');
    await completes(3);
    assert.deepEqual((await folders()).slice(1), [`/${MODEL}/latent-2-beta-0.25/`]);
    assert.equal((await eventsOf('complete'))[2].beta, 0.25);
    assert.match(await element().locator('.lookat').innerText(), /small beta/);
    assert.notEqual(await picture('.tiles'), before);
    await page.keyboard.press('ArrowRight');
    await until(async () => (await picture('.tiles')) === before);
    assert.equal((await folders()).length, 2, 'each is loaded once');
    assert.equal(await element().getAttribute('beta'), '1');
  });

  test('of 16 latents show reconstructions, and the drawing’s too', async () => {
    await open('data="/digits"');
    await until(async () => /150 real digits/.test(await status()));
    await drawSeven();
    await until(async () => /^Your digit lands/.test(await result()));
    await checkbox('16 latents: sharper, but no map').check();
    await until(async () => /^20 digits in/.test(await status()));
    assert.ok(await plane().isHidden());
    const text = await element().locator('.reconstructions').innerText();
    assert.match(text, /16 numbers/);
    assert.match(text, /with 2 latents: \d+%[^]*with 16 latents: \d+%/);
    await until(async () => /^\d+% of its ink/.test(await result()));
    await checkbox('16 latents: sharper, but no map').uncheck();
    await plane().waitFor();
    await until(async () => /^Your digit lands/.test(await result()));
  });

  test('without two latents say so instead of failing', async () => {
    await open(`model="/${MODEL}/latent-16-beta-1"`);
    await completes();
    assert.match(await element().locator('.reconstructions').innerText(), /16 numbers, so there is no plane/);
    assert.deepEqual(await eventsOf('error'), []);
    await drawSeven();
    await until(async () => /of its ink comes back/.test(await result()));
    assert.deepEqual(complaints, []);
  });

  test('that are no VAE are refused by what they are', async () => {
    await open('model="/models/gan-mnist"');
    await until(async () => (await eventsOf('error')).length === 1);
    const [{ code, message }] = await eventsOf('error');
    assert.equal(code, 'unsupported-model');
    assert.match(message, /kind gan; a map needs a vae/);
    assert.ok(await slider().isHidden());
    await element().evaluate((map) => map.setAttribute('model', '/models/vae-mnist'));
    await completes();
  });

  test('that are not there leave the map as it is', async () => {
    await open('betas="1 2"');
    await completes();
    const before = await picture('.tiles');
    await slider().focus();
    await page.keyboard.press('ArrowRight');
    await until(async () => (await eventsOf('error')).length === 1);
    assert.equal((await eventsOf('error'))[0].code, 'network');
    assert.equal(await picture('.tiles'), before);
    await page.keyboard.press('ArrowLeft');
    await completes(2);
  });
});

test('attributes that mean nothing are refused by name', async () => {
  await open();
  await completes();
  for (const [name, value] of [
    ['scale', 'round'],
    ['beta', 'much'],
    ['latent-dim', '0'],
    ['count', '-1'],
  ]) {
    const before = (await eventsOf('error')).length;
    await element().evaluate((map, [name, value]) => map.setAttribute(name, value), [name, value]);
    await until(async () => (await eventsOf('error')).length > before);
    const { code, message } = (await eventsOf('error')).at(-1);
    assert.deepEqual([code, message.startsWith(`${name} is ${value}`)], ['invalid-option', true]);
    await element().evaluate((map, name) => map.removeAttribute(name), name);
  }
});

test('linear axes are another picture of the same network', async () => {
  await open();
  await completes();
  const before = await picture('.tiles');
  await element().evaluate((map) => map.setAttribute('scale', 'linear'));
  await completes(2);
  assert.notEqual(await picture('.tiles'), before);
  await element().evaluate((map) => /** @type {any} */ (map).moveTo([1.5, -1.5]));
  assert.deepEqual(
    (await latents()).map((z) => Math.round(z * 1000)),
    [1500, -1500],
  );
});

test('a map is stopped, and goes on when it is asked to', async () => {
  await open('', { engine: '{ delay: 150 }' });
  await until(async () => (await eventsOf('step')).length >= 1);
  await button('Stop').click();
  await until(async () => (await status()) === 'Stopped.');
  assert.deepEqual(await eventsOf('complete'), []);
  await tune({ delay: 0 });
  await element().evaluate((map) => /** @type {any} */ (map).start());
  await completes();
  assert.deepEqual(await eventsOf('error'), []);
});

test('a call that fails is reported, and tried again', async () => {
  await open('', { engine: '{ fails: "device-lost" }' });
  await until(async () => (await eventsOf('error')).length >= 1);
  assert.equal((await eventsOf('error'))[0].code, 'device-lost');
  await tune({ fails: null });
  await button('Try again').click();
  await completes();
  await until(showsDigit);
});

test('a map that is taken out of the page works again when it is put back', async () => {
  await open();
  await completes();
  await element().evaluate(async (map) => {
    const parent = map.parentElement;
    map.remove();
    await new Promise((resolve) => setTimeout(resolve, 50));
    parent?.append(map);
  });
  await completes(2);
  await until(showsDigit);
  assert.deepEqual(await eventsOf('error'), []);
});

for (const [name, width, colorScheme, root] of /** @type {const} */ ([
  ['light-1280', 1280, 'light', 'lang="en"'],
  ['dark-1280', 1280, 'dark', 'lang="zh"'],
  ['light-390', 390, 'light', 'lang="zh"'],
  ['dark-390-rtl', 390, 'dark', 'lang="ar" dir="rtl"'],
])) {
  test(`it has room and no fault in ${name}`, async () => {
    await open('data="/digits"', { viewport: { width, height: 900 }, colorScheme, root });
    await until(async () => /150/.test(await status()));
    await drawSeven();
    await until(async () => /%/.test(await result()));
    assert.ok((await overflow(page)) <= 0, 'nothing is wider than the window');
    assert.deepEqual(await violations(page), []);
    await page.screenshot({ path: shot(`map-${name}`), fullPage: true });
    assert.equal(
      await element().evaluate(
        (map) => getComputedStyle(map.shadowRoot?.querySelector('.map') ?? map).direction,
      ),
      'ltr',
    );
  });
}
