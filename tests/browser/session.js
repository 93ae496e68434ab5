// What every browser test has: a browser for its file, a site for itself, and a page with an empty cache.
// The names are live bindings: they are those of the test that runs.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';

import { root } from '../../scripts/shell.js';
import { Site, launch, send } from './harness.js';

/** @type {import('playwright-core').Browser} */
export let browser;
/** @type {Site} */
export let site;
/** The page that was opened last. @type {import('playwright-core').Page} */
export let page;
/** What that page has logged as errors. @type {string[]} */
export let complaints = [];

before(async () => {
  browser = await launch();
});
after(() => browser.close());

beforeEach(async () => {
  site = await new Site().start();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close())); // a test may open several
  await site.stop();
});

/**
 * Opens a page, of the site if it is not said whose. In it `shift` is by how much things have moved.
 * @param {string} address
 * @param {import('playwright-core').BrowserContextOptions & { from?: import('playwright-core').Browser }} [options]
 */
export async function openPage(address, { from = browser, ...options } = {}) {
  const context = await from.newContext({ locale: 'en-US', acceptDownloads: true, ...options });
  const opened = await context.newPage();
  /** @type {string[]} */
  const logged = [];
  [page, complaints] = [opened, logged];
  opened.on('console', (message) => message.type() === 'error' && logged.push(message.text()));
  opened.on('pageerror', (error) => logged.push(String(error)));
  await opened.addInitScript(() => {
    const seen = Object.assign(/** @type {any} */ (globalThis), { shift: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.shift += /** @type {any} */ (entry).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await opened.goto(new URL(address, site.origin).href);
}

/** Opens a page with nothing in it. @param {{ from?: import('playwright-core').Browser }} [options] */
export const openBlank = (options) => openPage('/tests/browser/blank.html', options);

/**
 * Opens a page of the site with this in its body.
 * @param {string} body
 * @param {string} [attributes] of its root
 * @param {Parameters<typeof openPage>[1]} [options]
 */
export async function openBody(body, attributes = 'lang="en"', options) {
  const html = `<!doctype html><html ${attributes}><meta charset="utf-8"><link rel="icon" href="data:,"><title>A page</title><body>${body}`;
  site.answers.set('/page', send(html, { 'content-type': 'text/html' }));
  await openPage('/page', options);
}

/** The script of an element. @param {string} name */
export const scriptOf = (name) => `<script type="module" src="/www/elements/hearth-${name}.js"></script>`;

/**
 * Opens the demo page as a visitor: on the CPU unless the query says otherwise, because that is quicker here than WebGPU in
 * software.
 * @param {string} [query]
 * @param {Parameters<typeof openPage>[1]} [options]
 */
export const visit = (query = '', options) => openPage(`/?device=cpu${query}`, options);

/** Where a picture of the page is kept, for people to look at. @param {string} name */
export function shot(name) {
  const folder = path.join(root, 'tests', 'browser', 'screenshots');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${name}.png`);
}
