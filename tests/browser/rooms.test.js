// The demo page as a house: windows and links lead to its rooms, and one of them says what runs where and what is kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { overflow, until, violations } from './harness.js';
import { complaints, page, shot, site, visit } from './session.js';

const WINDOWS = ['words', 'pictures', 'noise', 'digits', 'training', 'map'];
const ROOMS = ['book', ...WINDOWS, 'house', 'embed'];
const GAN = 'gan-mnist';

const current = () => page.locator('#rooms a[aria-current]').getAttribute('href');
/** How far the top of a room is from that of the window. @param {string} room */
const topOf = (room) => page.locator(`#${room}`).evaluate((section) => section.getBoundingClientRect().top);
/** What the table of models says of one. @param {string} model */
const row = (model) => page.locator('#kept tr', { hasText: model });
const drawDigits = async () => {
  await page.locator('hearth-digits').scrollIntoViewIfNeeded();
  await page.locator('hearth-digits .status p', { hasText: / ms on the CPU/ }).waitFor();
};

test('before a visitor asks for anything, no model and no engine is downloaded', async () => {
  await visit();
  await page.locator('hearth-story').getByText('116.8 MB').first().waitFor();
  assert.equal(await current(), '#book');
  await page.locator('.windows').scrollIntoViewIfNeeded();
  await page.locator('h1 a').click();
  const fetched = site.log.filter((request) => /\.(wasm|safetensors)$/.test(request));
  assert.deepEqual(fetched, []);
  assert.deepEqual(complaints, []);
});

test('each window leads to its room, and the links at the top say where a visitor is', async () => {
  await visit('', { reducedMotion: 'reduce' });
  for (const room of WINDOWS) {
    await page.locator(`.windows a[href="#${room}"]`).click();
    await until(async () => (await topOf(room)) < 120 && (await current()) === `#${room}`);
    assert.ok((await topOf(room)) >= 0, `${room} is under the links`);
    await page.locator('h1 a').click();
    await until(async () => (await current()) === '#book');
  }
  const windows = page.locator('.windows img');
  for (const image of await windows.all()) {
    await image.scrollIntoViewIfNeeded();
    await until(() => image.evaluate((image) => /** @type {HTMLImageElement} */ (image).naturalWidth > 0));
  }
});

test('the link of every room is marked when it is followed, on a phone in sight too', async () => {
  await visit('', { viewport: { width: 390, height: 844 } });
  for (const room of [...ROOMS.slice(1), 'book']) {
    const link = page.locator(`#rooms a[href="#${room}"]`);
    await link.click();
    await until(async () => (await current()) === `#${room}`);
    const { left, right } = await link.evaluate((link) => link.getBoundingClientRect());
    assert.ok(left >= 0 && right <= 390, `${room} is from ${left} to ${right}`);
  }
});

test('a deep link opens the page at its room', async () => {
  await visit('#house', { reducedMotion: 'reduce' });
  await until(async () => Math.abs(await topOf('house')) < 400);
});

test('a visitor sees which device is used and which models are kept, and removes them', async () => {
  await visit();
  await drawDigits();
  await page.locator('#house').scrollIntoViewIfNeeded();
  await page.getByText('Models run on the CPU.').waitFor();
  await row(GAN).getByText('5.9 MB').nth(1).waitFor();
  assert.match(await row('gpt2-stories').innerText(), /59\.4 MB\s+no/);
  await row(GAN).getByRole('button', { name: 'Remove: gan-mnist' }).click();
  await row(GAN).getByText('no', { exact: true }).waitFor();
  await page.getByText('Removed: gan-mnist').waitFor();
});

test('the cache is cleared at once, a model of another folder too', async () => {
  await visit('&model=/tests/fixtures/gan/conditional');
  await drawDigits();
  await page.locator('#house').scrollIntoViewIfNeeded();
  await row('tests/fixtures/gan/conditional').waitFor();
  await page.getByLabel('Language').selectOption('zh');
  await page.getByRole('button', { name: '清除缓存' }).click();
  await page.getByText('已全部移除。').waitFor();
  assert.equal(await row('conditional').count(), 0);
  await page.reload();
  await drawDigitsAgain();
});

test('the table of models fits a phone and has no accessibility violations', async () => {
  await visit('&model=/tests/fixtures/gan/conditional', { viewport: { width: 390, height: 844 } });
  await drawDigits();
  await page.locator('#house').scrollIntoViewIfNeeded();
  await row('tests/fixtures/gan/conditional').getByRole('button').waitFor();
  await page.screenshot({ path: shot('house-table') });
  assert.ok((await overflow(page)) <= 0);
  assert.deepEqual(await violations(page), []);
});

/** A model that was removed is downloaded anew. */
async function drawDigitsAgain() {
  const before = site.count('/tests/fixtures/gan/conditional/model.safetensors');
  await page.locator('hearth-digits').scrollIntoViewIfNeeded();
  await until(() => site.count('/tests/fixtures/gan/conditional/model.safetensors') > before);
}

for (const [name, width, colorScheme] of /** @type {const} */ ([
  ['desktop', 1280, 'light'],
  ['desktop', 1280, 'dark'],
  ['phone', 390, 'light'],
  ['phone', 390, 'dark'],
])) {
  test(`${name}, ${colorScheme}: the first screen has no accessibility violations, and nothing overflows`, async () => {
    await visit('', { viewport: { width, height: 844 }, colorScheme });
    await page.locator('hearth-story').getByText('116.8 MB').first().waitFor();
    await page.screenshot({ path: shot(`house-${name}-${colorScheme}`) });
    assert.ok((await overflow(page)) <= 0);
    assert.deepEqual(await violations(page), []);
  });
}
