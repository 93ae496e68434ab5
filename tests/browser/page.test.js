// The demo page and its digits as a visitor has them: what it shows, what the keyboard reaches, how it looks.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { root } from '../../scripts/shell.js';
import { bytesOf, launch, overflow, pretendGpu, until, violations } from './harness.js';
import { complaints, openBody, openPage, page, scriptOf, shot, site, visit } from './session.js';

const SHIPPED = '/models/gan-mnist/model.safetensors';

const element = () => page.locator('hearth-digits');
const come = () => element().evaluate((digits) => digits.scrollIntoView());
/** Opens the page at its digits. @param {string} [query] @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(query, options) {
  await visit(query, options);
  await come();
}
/** @param {string} name */
const button = (name) => element().getByRole('button', { name });
const drawn = () => page.locator('hearth-digits .status p', { hasText: / ms on the / }).waitFor();
const digits = () => page.locator('hearth-digits .digit');
/** The labels that a screen reader reads. */
const labels = () =>
  digits().evaluateAll((all) => all.map((digit) => digit.getAttribute('aria-label') ?? ''));
const pixels = () =>
  page
    .locator('hearth-digits .digit canvas')
    .evaluateAll((all) => all.map((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL()).join());

test('digits appear, with the verdict on each, and nothing complains', async () => {
  await open();
  await drawn();
  assert.equal(await digits().count(), 64);
  for (const label of await labels()) assert.match(label, /^\d, judged \d+% real$/);
  assert.match(
    await page.locator('hearth-digits .status p').innerText(),
    /64 digits in [\d.]+ ms on the CPU/,
  );
  assert.deepEqual(complaints, []);
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).shift);
  assert.ok(shift < 0.05, `what was on the page has moved by ${shift}`);
});

test('a number is written in one line, and another hand writes it differently', async () => {
  await open();
  await drawn();
  await element().getByLabel('Number').fill('2026');
  await button('Write it').click();
  await page.waitForFunction(
    () =>
      document.querySelector('hearth-digits')?.shadowRoot?.querySelectorAll('.digit[aria-label]').length ===
      4,
  );
  assert.deepEqual(
    (await labels()).map((label) => label[0]),
    ['2', '0', '2', '6'],
  );
  const before = await pixels();
  await button('New digits').click();
  await until(async () => (await pixels()) !== before);
  assert.deepEqual(
    (await labels()).map((label) => label[0]),
    ['2', '0', '2', '6'],
  );
});

test('a text that is not a number is refused in words, and the digits stay', async () => {
  await open();
  await drawn();
  await element().getByLabel('Number').fill('20x6');
  await button('Write it').click();
  await page.getByText('Enter 1 to 64 digits').waitFor();
  assert.equal(await digits().count(), 64);
  await element().getByText('Options').click();
  await element().getByLabel('Seed').fill('-3');
  await button('Use this seed').click();
  await page.getByText('seed is -3').waitFor();
  assert.equal(await digits().count(), 64);
});

test('the address reproduces the picture', async () => {
  await open('&seed=77&class-labels=3+1+4');
  await drawn();
  const first = await pixels();
  const address = new URL(page.url());
  assert.equal(address.searchParams.get('seed'), '77');
  assert.equal(address.searchParams.get('class-labels'), '3 1 4');
  await page.context().close();
  await open('', {});
  await page.goto(address.href);
  await come();
  await drawn();
  assert.equal(await pixels(), first);
});

test('a link is copied', async () => {
  await open('&seed=5', { permissions: ['clipboard-read', 'clipboard-write'] });
  await drawn();
  await button('Copy a link').click();
  await page.getByText('Copied').waitFor();
  const { hash, searchParams } = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  assert.equal(hash, '#digits');
  assert.equal(searchParams.get('seed'), '5'); // other rooms may have said theirs
});

test('two digits are picked and walked between, with the slider and by itself', async () => {
  await open('&seed=1');
  await drawn();
  await digits().nth(0).click();
  await digits().nth(9).click();
  const element = page.locator('hearth-digits');
  const slider = element.getByLabel('Position between the two digits');
  await element.getByRole('button', { name: 'Pause' }).click();
  await slider.fill('0');
  const between = () =>
    element.locator('.between').evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
  const start = await between();
  assert.equal(
    start,
    await digits()
      .nth(0)
      .locator('canvas')
      .evaluate((c) => /** @type {HTMLCanvasElement} */ (c).toDataURL()),
  );
  await slider.fill('16');
  assert.notEqual(await between(), start);
  await slider.fill('32');
  assert.equal(
    await between(),
    await digits()
      .nth(9)
      .locator('canvas')
      .evaluate((c) => /** @type {HTMLCanvasElement} */ (c).toDataURL()),
  );
  await element.getByRole('button', { name: 'Play' }).click();
  const end = await slider.inputValue();
  await until(async () => (await slider.inputValue()) !== end);
});

test('the picture is downloaded as a PNG', async () => {
  await open('&seed=12&class-labels=4+2');
  await drawn();
  const [download] = await Promise.all([page.waitForEvent('download'), button('Download PNG').click()]);
  assert.equal(download.suggestedFilename(), 'hearth-digits-12.png');
  const bytes = readFileSync(await download.path());
  assert.deepEqual([...bytes.subarray(1, 4)], [...Buffer.from('PNG')]);
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [2 * 28 * 4, 28 * 4]);
});

test('the keyboard reaches everything, and moves among the digits with arrows', async () => {
  await open('&seed=1');
  await drawn();
  await element().getByText('Options').click();
  await page.getByRole('heading', { name: 'Digits that fool a detective' }).click(); // Tab goes on from there
  const reached = new Set();
  for (let press = 0; press < 40; press++) {
    await page.keyboard.press('Tab');
    reached.add(
      await page.evaluate(() => {
        const active = document.activeElement;
        const inner = active?.shadowRoot?.activeElement ?? active;
        return inner?.className || inner?.getAttribute('name') || inner?.id || inner?.textContent;
      }),
    );
  }
  for (const name of [
    'number',
    'main',
    'seed',
    'Use this seed',
    'New digits',
    'digit',
    'Download PNG',
    'share',
  ]) {
    assert.ok(reached.has(name), `Tab never came to ${name}: ${[...reached].join(', ')}`);
  }
  await digits().nth(0).focus();
  for (const key of ['ArrowRight', 'ArrowDown', 'Space']) await page.keyboard.press(key);
  assert.equal(await digits().nth(9).getAttribute('aria-pressed'), 'true');
});

test('a download shows its progress and can be stopped and started again', async () => {
  const file = bytesOf(SHIPPED.slice(1));
  site.answers.set(SHIPPED, (_, response) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, 2_000_000));
  });
  await open();
  await page.getByText('Loading the model: 2.0 MB of 5.9 MB').waitFor();
  await button('Stop').click();
  await page.getByText('Stopped.').waitFor();
  site.answers.clear();
  await button('New digits').click();
  await drawn();
});

test('a download that fails says so and offers to try again', async () => {
  site.answers.set(SHIPPED, (_, response) => response.writeHead(404).end());
  await open();
  await page.getByText('That did not work').waitFor();
  site.answers.clear();
  await button('Try again').click();
  await drawn();
});

test('the page speaks Chinese, from the browser’s language and from its menu', async () => {
  await open('', { locale: 'zh-CN' });
  await button('写出来').waitFor();
  assert.equal(await page.title(), 'Hearth：在这个网页上写成、画成的故事');
  await page.getByLabel('语言').selectOption('en');
  await button('Write it').waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
});

test('the page works under a path of its own, as on GitHub Pages', async () => {
  await open();
  // Every URL of the page is relative: nothing was asked for outside what the page itself names.
  await drawn();
  const html = readFileSync(path.join(root, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /(?:src|href)="\//);
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [name, width, height] of /** @type {const} */ ([
    ['desktop', 1280, 900],
    ['phone', 390, 844],
  ])) {
    test(`${name}, ${colorScheme}: no accessibility violations, nothing overflows`, async () => {
      await open('&seed=2026', { viewport: { width, height }, colorScheme });
      await drawn();
      await digits().nth(0).click();
      await digits().nth(9).click();
      await button('Pause').click();
      await page.screenshot({ path: shot(`${name}-${colorScheme}`), fullPage: true });
      assert.ok((await overflow(page)) <= 0, `the page is ${await overflow(page)} px too wide`);
      assert.deepEqual(await violations(page), []);
    });
  }
}

/** The line that says in Chinese that one digit was drawn. @param {string} device */
const drawnInChinese = (device) =>
  page
    .locator('hearth-digits .status p')
    .filter({ hasText: new RegExp(`^绘制了 1 个数字，用时 [\\d.]+ 毫秒，运行设备：${device}$`) });

/**
 * Opens a page with one digit alone, drawn on a device.
 * @param {string} device
 * @param {string} lang
 * @param {Parameters<typeof openPage>[1]} [options]
 */
const openDigit = (device, lang, options) =>
  openBody(
    `${scriptOf('digits')}<hearth-digits device="${device}" class-labels="7"></hearth-digits>`,
    `lang="${lang}"`,
    options,
  );

test('digits say whether a GPU drew them, or a software adapter', async () => {
  const drawnOn = (/** @type {string} */ where) =>
    page.locator('hearth-digits .status p', { hasText: `ms on the ${where}` }).waitFor();
  await openDigit('webgpu', 'en');
  await drawnOn('emulated GPU');
  await openDigit('webgpu', 'zh');
  await drawnInChinese('软件模拟的 GPU').waitFor();
  pretendGpu(site);
  await openDigit('webgpu', 'en');
  await drawnOn('GPU');
});

test('without WebGPU digits say in plain words that there is no GPU', async () => {
  const plain = await launch(['--disable-gpu', '--disable-features=WebGPU,WebGPUService']);
  const status = (/** @type {string} */ text) =>
    page.locator('hearth-digits .status p', { hasText: text }).waitFor();
  try {
    await openDigit('auto', 'en', { from: plain });
    await status('ms on the CPU (no GPU is available in this browser)');
    await openDigit('webgpu', 'en', { from: plain });
    await status('That did not work: no GPU is available in this browser');
    await openDigit('auto', 'zh', { from: plain });
    await drawnInChinese('CPU（此浏览器没有可用的 GPU）').waitFor();
  } finally {
    await plain.close();
  }
});
