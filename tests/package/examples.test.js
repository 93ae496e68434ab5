// The examples, each installed and built as its README says, and used.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';

import { serveFile } from '../../scripts/serve.js';
import { root } from '../../scripts/shell.js';
import { Site, until } from '../browser/harness.js';
import { copied, visit } from './workshop.js';

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {Site & { isDown?: boolean }} Host
 */

/**
 * Builds an example, with the repository's models beside it, and opens it.
 * @param {string} name
 * @param {(page: Page, complaints: string[], site: Host) => Promise<void>} use
 */
const example = (name, use) => built(`../../examples/${name}`, use);

/**
 * The same of any page that Vite builds.
 * @param {string} from its folder
 * @param {(page: Page, complaints: string[], site: Host) => Promise<void>} use
 */
async function built(from, use) {
  const folder = copied(from, path.basename(from));
  const { build } = await import('vite');
  await build({ root: folder, logLevel: 'warn' });
  /** @type {Host} */
  const site = new Site((request, response) => {
    if (site.isDown) return response.destroy();
    const isModel = request.url?.startsWith('/models/');
    return serveFile(isModel ? root : path.join(folder, 'dist'), request, response);
  });
  await site.start();
  try {
    await visit(`${site.origin}/`, (page, complaints) => use(page, complaints, site));
  } finally {
    await site.stop();
  }
}

/** Waits for four digits of an element. @param {Page} page */
const drawn = (page) => page.locator('hearth-digits .digit[aria-label]').nth(3).waitFor();

for (const name of ['vue', 'svelte']) {
  test(`${name}: attributes follow the state, events reach it, and a text comes token by token`, () =>
    example(name, async (page, complaints) => {
      await drawn(page);
      await page.locator('output', { hasText: /^\d+$/ }).waitFor();
      await page.getByRole('textbox', { name: 'Digits', exact: true }).fill('1 2 3 4 5');
      await page.locator('hearth-digits .digit[aria-label]').nth(4).waitFor();
      await page.getByRole('button', { name: 'Write', exact: true }).last().click();
      await page.locator('.story', { hasText: /Once upon a time.{20}/ }).waitFor();
      assert.deepEqual(complaints, []);
    }));
}

test('React: a text is loaded, comes token by token, and is stopped', () =>
  example('react', async (page, complaints) => {
    const status = page.getByRole('status').first();
    const story = page.locator('.story');
    assert.equal(await status.textContent(), 'idle');
    await page.getByRole('button', { name: 'Write' }).click();
    await page.locator('[role=status]', { hasText: 'running' }).waitFor();
    await page.locator('.story', { hasText: /Once upon a time.{10}/ }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('[role=status]', { hasText: 'stopped' }).waitFor();
    const text = await story.textContent();
    await page.waitForTimeout(200);
    assert.equal(await story.textContent(), text, 'what was there stays');
    await page.getByRole('button', { name: 'Write' }).click();
    await page.locator('[role=status]', { hasText: 'complete' }).waitFor();
    assert.deepEqual(complaints, []);
  }));

test('React: pictures come and an element reports, also after they were taken out', () =>
  example('react', async (page, complaints) => {
    await drawn(page);
    await page.locator('output', { hasText: /^\d+$/ }).waitFor();
    await page.getByRole('button', { name: 'Draw with the hook' }).click();
    await page.locator('.pictures canvas').nth(3).waitFor();
    await page.getByRole('button', { name: 'Hide the digits' }).click();
    await page.getByRole('button', { name: 'Show the digits' }).click();
    await drawn(page);
    await page.getByRole('button', { name: 'Draw with the hook' }).click();
    await page.locator('.pictures canvas').nth(3).waitFor();
    assert.deepEqual(complaints, []);
  }));

test('React: what goes wrong is shown, and the next call tries again', () =>
  example('react', async (page, _, site) => {
    site.answers.set('/models/gpt2-stories/config.json', (_, response) => response.writeHead(404).end());
    await page.getByRole('button', { name: 'Write' }).click();
    await page.locator('[role=status]', { hasText: 'config.json' }).waitFor();
    site.answers.clear();
    await page.getByRole('button', { name: 'Write' }).click();
    await page.locator('[role=status]', { hasText: 'complete' }).waitFor();
  }));

test('React: with another model a hook begins anew, and what was under way is stopped', () =>
  built('react', async (page, complaints) => {
    const state = page.locator('#state');
    await page.getByRole('button', { name: 'Write' }).click();
    await page.locator('#text', { hasText: /.{10}/ }).waitFor();
    await page.getByRole('button', { name: 'Another model' }).click();
    await page.locator('#state', { hasText: 'idle' }).waitFor();
    assert.equal(await page.locator('#text').textContent(), '');
    await page.getByRole('button', { name: 'Write' }).click();
    await page.locator('#state', { hasText: 'unsupported-model' }).waitFor();
    assert.match(String(await state.textContent()), /^error/);
    assert.deepEqual(complaints, []);
  }));

test('offline: the page works without a network, and lists what it keeps', () =>
  example('offline', async (page, _, site) => {
    await drawn(page);
    const kept = page.locator('#models li');
    await kept.first().waitFor();
    assert.match(String(await kept.textContent()), /\/models\/gan-mnist\/: 5\.9 MB/);
    site.isDown = true;
    await page.reload();
    await drawn(page);
    site.isDown = false;
    await page.getByRole('button', { name: 'Remove' }).click();
    await until(async () => (await kept.count()) === 0);
    const left = await page.evaluate(async () => {
      const names = (await caches.keys()).filter((name) => name.startsWith('hearth'));
      const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return keys
        .flat()
        .map(({ url }) => url)
        .filter((url) => url.includes('gan-mnist'));
    });
    assert.deepEqual(left, []);
    await page.reload();
    await drawn(page);
  }));
