// Draws what is seen in the windows of the demo page, and the picture for links to it, with the models that ship: run it after one
// of them has changed.
//
//   node scripts/windows.js          all
//   node scripts/windows.js digits   one

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { chromium as browsers } from 'playwright-core';

import { build } from './build.js';
import { flags, installChromium } from './chromium.js';
import { serve } from './serve.js';
import { Failure, root, script } from './shell.js';
import { NAMES } from './windows/in-page.js';

const LINK = 'link';
/** What sites that show links ask for. */
const LINK_SIZE = { width: 1200, height: 630 };

/** @param {import('playwright-core').Page} page @param {string} origin @param {string} name */
async function drawWindow(page, origin, name) {
  await page.goto(`${origin}/tests/browser/blank.html`);
  const url = await page.evaluate(async (name) => {
    const { draw } = await import(/** @type {any} */ ('/scripts/windows/in-page.js'));
    return draw(name);
  }, name);
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

/** A story that has been told. @param {import('playwright-core').Page} page @param {string} origin */
async function drawLink(page, origin) {
  await page.goto(`${origin}/?device=cpu&story-seed=26&story-max-length=120`);
  const story = page.locator('hearth-story');
  await story.getByRole('button', { name: 'Tell it' }).click();
  await story.locator('.status p', { hasText: / s on the CPU/ }).waitFor({ timeout: 300_000 });
  await story.locator('.book').evaluate((book) => {
    document.querySelector('header')?.remove();
    scrollTo(0, scrollY + book.getBoundingClientRect().top - 40);
  });
  return page.screenshot({ type: 'jpeg', quality: 82 });
}

script(async () => {
  const all = [...NAMES, LINK];
  const [wanted] = process.argv.slice(2);
  const names = wanted ? all.filter((name) => name === wanted) : all;
  if (names.length === 0) throw new Failure(`there is no ${wanted}; there is ${all.join(', ')}`);
  build();
  const server = await serve(root, 0);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const browser = await browsers.launch({ executablePath: installChromium().chromium, args: flags() });
  try {
    const page = await browser.newPage({ viewport: LINK_SIZE });
    const origin = `http://localhost:${port}`;
    for (const name of names) {
      const isLink = name === LINK;
      const bytes = isLink ? await drawLink(page, origin) : await drawWindow(page, origin, name);
      const file = path.join('www', 'page', isLink ? 'link.jpg' : `windows/${name}.webp`);
      writeFileSync(path.join(root, file), bytes);
      console.log(`${file}: ${bytes.length.toLocaleString('en')} bytes`);
    }
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
});
