// The book on the demo page: the first thing there, a link that tells the same story, and what the page's policy allows.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { overflow, send, until, violations } from './harness.js';
import { complaints, page, shot, site, visit } from './session.js';

beforeEach(() => {
  // The other elements are not told of: what they ask for is nothing that this engine has.
  const engine = `export * from '/tests/browser/story-engine.js'; export const loadDigits = () => new Promise(() => {});`;
  site.answers.set('/www/hearth.js', send(engine, { 'content-type': 'text/javascript' }));
});

const story = () => page.locator('hearth-story');
const told = () =>
  story()
    .locator('.status p', { hasText: / s on the CPU/ })
    .waitFor();
const pictures = () =>
  story()
    .locator('canvas[role=img]')
    .evaluateAll((all) => all.map((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL()));

test('the book comes first, and a visitor’s story is told by one press', async () => {
  await visit();
  assert.equal(
    await page.locator('main h2').first().innerText(),
    'Begin a story. Watch it being told and drawn.',
  );
  await story().getByRole('button', { name: 'A fox in the forest' }).click();
  await told();
  assert.match(await story().locator('h3').innerText(), /The Little Fox/);
  assert.equal((await pictures()).length, 3);
  assert.ok((await overflow(page)) <= 0);
  await page.screenshot({ path: shot('story-page') });
});

test('a link tells the same story again when it is asked for', async () => {
  await visit('&story-prompt=A+knight+named+Bo+decided+to&story-seed=12&story-num-scenes=2', {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  assert.equal(await story().getAttribute('prompt'), 'A knight named Bo decided to');
  await story().getByRole('button', { name: 'Tell it' }).click();
  await told();
  const first = await pictures();
  assert.equal(first.length, 2);
  await story().getByRole('button', { name: 'Copy a link' }).click();
  await page.getByText('The link tells exactly this story').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /story-seed=12.*#book$/);
  await visit();
  await page.goto(link);
  await story().getByRole('button', { name: 'Tell it' }).click();
  await told();
  assert.deepEqual(await pictures(), first);
  await story()
    .getByRole('button', { name: /^Another picture/ })
    .first()
    .click();
  await until(async () => JSON.stringify(await pictures()) !== JSON.stringify(first));
  await told();
  assert.match(page.url(), /story-seed=12/, 'an address cannot reproduce what a visitor had a hand in');
});

for (const [name, options] of /** @type {const} */ ([
  ['desktop, light', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['phone, dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
])) {
  test(`${name}: a told story has no accessibility violations, nothing overflows, nothing complains`, async () => {
    await visit('', options);
    await story().getByRole('button', { name: 'Tell it' }).click();
    await told();
    assert.deepEqual(await violations(page), []);
    assert.ok((await overflow(page)) <= 0);
    assert.deepEqual(
      complaints.filter((complaint) => /story|Security/.test(complaint)),
      [],
    );
  });
}
