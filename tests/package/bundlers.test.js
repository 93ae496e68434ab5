// Every bundler, and none, with the packed package: a page that draws digits and writes a sentence, built for production.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { Site, send } from '../browser/harness.js';
import { builders } from './builders.js';
import { copied, origins, visit } from './workshop.js';

/** Waits for what the page makes, and holds that nothing went wrong on the way. @param {string} url */
const works = (url) =>
  visit(url, async (page, complaints) => {
    const digits = page.locator('hearth-digits .digit[aria-label]');
    const sentence = page.locator('#sentence:not(:empty)');
    await Promise.all([digits.nth(3).waitFor(), sentence.waitFor()]).catch(async (error) => {
      const shown = await page.locator('hearth-digits [data-kind=error]').allTextContents();
      assert.fail([...complaints, ...shown, error].join('\n'));
    });
    assert.equal(await digits.count(), 4);
    assert.match(String(await sentence.textContent()), /^Once upon a time,? \w+/);
    assert.equal(page.workers().length, 1, 'both use one engine');
    assert.deepEqual(complaints, []);
  });

for (const [name, build] of Object.entries(builders)) {
  describe(name, () => {
    const place = name.toLowerCase().replace(' ', '-');
    /** @type {string} */
    let folder;

    test('builds a page that works in a folder of a site', async () => {
      folder = copied('app', place);
      await build(folder);
      await works(`${origins.workshop}/${place}/dist/index.html`);
    });

    test('whose files can be on another origin than the page', async () => {
      const files = `${origins.workshop}/${place}/dist/`;
      // Its modules know the files by the page's address, or by one that they are built for.
      if (name === 'Parcel') await build(folder, files);
      const html = readFileSync(path.join(folder, 'dist', 'index.html'), 'utf8')
        .replaceAll('../../', `${origins.workshop}/`)
        .replace(/\b(src|href)=(["']?)(?:\.\/)?(?=[\w.-]+\/|\w[\w.-]*\.js)/g, `$1=$2${files}`);
      const site = await new Site(send(html, { 'content-type': 'text/html' })).start();
      try {
        await works(`${site.origin}/page/`);
      } finally {
        await site.stop();
      }
    });
  });
}

test('Vite’s development server serves the package as it is', async () => {
  const { createServer } = await import('vite');
  const server = await createServer({ root: copied('app', 'vite-dev'), logLevel: 'warn' });
  try {
    await server.listen();
    await works(`${server.resolvedUrls?.local[0]}`);
  } finally {
    await server.close();
  }
});
