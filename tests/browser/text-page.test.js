// The page's text as a visitor has it: writing, stopping, going on, looking inside.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytesOf, launch, overflow, send, until, violations, warnOf, workPerFrame } from './harness.js';
import { complaints, page, shot, site, visit } from './session.js';

/** A model that writes gibberish at once, and its greedy text after the prompt. */
const WRITER = 'tests/fixtures/gpt2/writer';
const GREEDY = `&text-model=${WRITER}&text-prompt=Once+upon+a+time&text-max-new-tokens=20&text-seed=1`;
/** The beginning of a story, always the same. */
const STORY =
  '&text-prompt=Once+upon+a+time&text-do-sample=false&text-max-new-tokens=20&text-seed=1&text-eos-token-id=1';
const SHIPPED = '/models/gpt2-stories/model.safetensors';

/** Opens the page at its text. @param {string} [query] @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(query, options) {
  await visit(query, options);
  await element().evaluate((text) => text.scrollIntoView());
}

const element = () => page.locator('hearth-text');
/** @param {string} name */
const button = (name) => element().getByRole('button', { name, exact: true });
const written = () =>
  element()
    .locator('.status p', { hasText: /tokens? in [\d.]+ s on the/ })
    .waitFor();
/** @param {string} label */
const field = (label) => element().getByLabel(label, { exact: true });
const text = () => element().evaluate((element) => /** @type {any} */ (element).text);
const cells = () => element().locator('.cells:not(.seen) .cell');
const popup = () => element().locator('.popup:visible');
/** The detail of the next `complete`. @returns {Promise<any>} */
const completed = () =>
  element().evaluate(
    (element) =>
      new Promise((resolve, reject) => {
        element.addEventListener('complete', (event) => resolve(/** @type {any} */ (event).detail), {
          once: true,
        });
        setTimeout(() => reject(new Error('no text was completed')), 60_000);
      }),
  );

test('a story is written when a visitor comes to it, piece by piece, and nothing moves or complains', async () => {
  await visit('&text-seed=3&text-prompt=Once+upon+a+time&text-max-new-tokens=40&text-eos-token-id=1', {
    viewport: { width: 1280, height: 500 },
  });
  await page.locator('hearth-story').getByRole('button', { name: 'Tell it' }).waitFor();
  assert.equal(site.count(SHIPPED), 0, 'it waits for the visitor');
  await element().evaluate((element) => {
    const lengths = Object.assign(globalThis, { lengths: /** @type {number[]} */ ([]) }).lengths;
    element.addEventListener('token', () => lengths.push(/** @type {any} */ (element).text.length));
    element.scrollIntoView();
  });
  await written();
  const lengths = await page.evaluate(() => /** @type {any} */ (globalThis).lengths);
  assert.ok(new Set(lengths).size > 10, 'the text grows');
  const shown = await element().locator('.text').innerText();
  assert.equal(shown.trim(), (await text()).trim());
  assert.ok(shown.startsWith('Once upon a time'));
  assert.match(await element().locator('.speed').innerText(), /^[\d.]+ tokens\/s$/);
  assert.deepEqual(complaints, []);
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).shift);
  assert.ok(shift < 0.01, `what was on the page has moved by ${shift}`);
});

/** The families that the page and its elements ask for. */
const FAMILIES = [
  'ui-serif',
  'system-ui',
  'Georgia',
  'Noto Serif',
  'Noto Sans',
  'Noto Sans CJK SC',
  'PingFang SC',
];
/** A font that is there, on whichever system. */
const LOCAL = ['DejaVu Sans', 'Liberation Sans', 'Noto Sans', 'Arial'].map((name) => `local('${name}')`);

for (const [font, metrics] of Object.entries({
  wide: 'size-adjust: 125%',
  tall: 'ascent-override: 140%; descent-override: 60%',
})) {
  test(`nothing moves on a phone, in Chinese and in a ${font} font, while a story is written`, async () => {
    const face = (/** @type {string} */ family) =>
      `@font-face { font-family: '${family}'; src: ${LOCAL}; ${metrics} }`;
    const css = `${bytesOf('www/page/page.css')} ${FAMILIES.map(face).join('')} body { font-family: 'Noto Sans' }`;
    site.answers.set('/www/page/page.css', send(css, { 'content-type': 'text/css' }));
    await visit(
      '&lang=zh&text-seed=3&text-prompt=Once+upon+a+time&text-max-new-tokens=40&text-eos-token-id=1',
      {
        viewport: { width: 390, height: 844 },
      },
    );
    // A visitor's fonts are there from the beginning.
    await page.evaluate(() => Promise.all([...document.fonts].map((face) => face.load())));
    await element().evaluate((text) => text.scrollIntoView());
    await element().locator('.status p', { hasText: '写了 40 个词元' }).waitFor();
    const [shift, loaded] = await page.evaluate(() => [
      /** @type {any} */ (globalThis).shift,
      [...document.fonts].filter(({ status }) => status === 'loaded').length,
    ]);
    assert.ok(loaded > 0, 'the font is there');
    assert.ok(shift < 0.01, `what was on the page has moved by ${shift}`);
  });
}

test('a long text does not keep the page from reacting', async () => {
  await open('&text-prompt=Once&text-max-new-tokens=450&text-eos-token-id=1&text-seed=2');
  const spent = await workPerFrame(page);
  await cells().nth(10).waitFor();
  await spent();
  await written();
  const each = await spent();
  assert.ok(each < 50, `each frame took ${each} ms of the page’s time`);
});

test('a prompt, a seed and options are taken from their fields', async () => {
  await open(GREEDY);
  await written();
  const before = await text();
  await field('Beginning').fill('The old');
  await field('Seed').fill('12');
  await element().getByText('Options', { exact: true }).click();
  await element().getByLabel('do_sample').selectOption('true');
  await element().getByLabel('max_new_tokens').fill('7');
  await element().getByLabel('bad_words').fill('a\nthe');
  const [{ sequences, seed }] = await Promise.all([completed(), button('Write').click()]);
  assert.equal(seed, 12);
  assert.equal(sequences[0].token_ids.length, 7);
  assert.ok(sequences[0].generated_text.startsWith('The old') && (await text()) !== before);
  await element().getByLabel('max_new_tokens').fill('lots');
  await button('Write').click();
  await element().getByText('max_new_tokens is "lots"').waitFor();
  assert.equal(await text(), sequences[0].generated_text, 'the text stays');
});

test('what was passed over in a visitor’s model stands below the text, and is folded away if it is long', async () => {
  await open(STORY);
  await written();
  const notes = () => page.locator('#words .warnings');
  assert.equal(await notes().isVisible(), false);
  const warnings = ['config.json: one thing was passed over', 'generation_config.json: so was another'];
  warnOf(site, warnings);
  await open(GREEDY);
  await written();
  assert.deepEqual(await notes().locator('li').allInnerTexts(), warnings);
  assert.ok(await notes().locator('li').last().isVisible());
  await page.getByLabel('Language').selectOption('zh');
  assert.equal(await notes().locator('summary').innerText(), '此模型中被忽略的内容');
  warnOf(
    site,
    Array.from({ length: 12 }, (_, index) => `file ${index}`),
  );
  await open(`${GREEDY}&text-top-k=5&text-do-sample`);
  await written();
  assert.equal(await notes().locator('li').last().isVisible(), false);
  await notes().locator('summary').click();
  assert.ok(await notes().locator('li').nth(11).isVisible());
  await page.screenshot({ path: shot('text-warnings'), fullPage: true });
});

test('the examples write, with the options that they are for', async () => {
  await open(GREEDY);
  await written();
  const example = element().getByRole('group', { name: 'Examples' }).getByRole('button');
  assert.ok((await example.count()) >= 5);
  const details = completed();
  await example.filter({ hasText: 'Artificial intelligence' }).click();
  // The fixture's context of 48 tokens has room for few.
  await Promise.race([details, element().getByText('That did not work').waitFor()]);
  const attributes = await element().evaluate((element) =>
    ['prompt', 'max-length', 'num-return-sequences', 'no-repeat-ngram-size', 'max-new-tokens'].map((name) =>
      element.getAttribute(name),
    ),
  );
  assert.deepEqual(attributes, ['Artificial intelligence is revolutionizing', '50', '1', '2', null]);
  await example.filter({ hasText: 'distant galaxy' }).click();
  const distant = await element().evaluate((element) => [
    element.getAttribute('prompt'),
    element.getAttribute('max-length'),
    element.getAttribute('no-repeat-ngram-size'),
  ]);
  assert.deepEqual(distant, [
    'Once upon a time, in a distant galaxy, a brave explorer named Alex decided to',
    '100',
    null,
  ]);
});

test('a text is stopped, stays, and goes on from where it was', async () => {
  await open(
    '&text-prompt=Once+upon+a+time&text-do-sample=false&text-max-new-tokens=300&text-eos-token-id=1',
  );
  await element().locator('.cell').nth(4).waitFor();
  await button('Stop').click();
  await element().getByText('Stopped.').waitFor();
  const before = await text();
  assert.ok(before.length > 'Once upon a time'.length);
  const count = await cells().count();
  await button('Continue').click();
  await until(async () => (await cells().count()) > count + 3);
  await button('Stop').click();
  await element().getByText('Stopped.').waitFor();
  assert.ok((await text()).startsWith(before));
});

test('another one is another text after the same beginning', async () => {
  await open(`${GREEDY}&text-do-sample=true`);
  await written();
  const before = await text();
  const [{ text: other }] = await Promise.all([completed(), button('Another one').click()]);
  assert.notEqual(other, before);
  assert.ok(other.startsWith('Once upon a time'));
  assert.notEqual(await field('Seed').inputValue(), '1');
});

test('the address reproduces the text, and a link is copied', async () => {
  await open(
    `&text-model=${WRITER}&text-prompt=The+old&text-do-sample=true&text-temperature=1.5&text-max-new-tokens=9`,
    {
      permissions: ['clipboard-read', 'clipboard-write'],
    },
  );
  await written();
  const first = await text();
  await page.getByRole('button', { name: 'Copy a link to this text' }).click();
  await page.getByText('Copied. The link writes exactly this text.').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(new URL(link).hash, '#words');
  await page.context().close();
  await open();
  await page.goto(link);
  await written();
  assert.equal(await text(), first);
});

test('looking inside shows each token’s probability and alternatives, and the text continues from a picked one', async () => {
  await open(STORY);
  await written();
  const before = await text();
  await button('Look inside').click();
  const names = await cells().evaluateAll((all) => all.map((cell) => cell.getAttribute('aria-label') ?? ''));
  assert.ok(names.length > 5);
  for (const name of names) assert.match(name, /, (<0\.1|[\d.]+)%$/);
  await cells().nth(3).hover();
  await popup().waitFor();
  const choices = popup().getByRole('button');
  assert.equal(await choices.count(), 8);
  assert.equal(await popup().locator('[aria-current]').count(), 1);
  const kept = await cells().evaluateAll((all) =>
    all
      .slice(0, 3)
      .map((cell) => cell.textContent)
      .join(''),
  );
  const other = popup().locator('.choice:not([aria-current])').filter({ hasNotText: / of / }).first();
  const picked = await other.locator('span').first().innerText();
  const [detail] = await Promise.all([completed(), other.click()]);
  assert.ok(detail.continued);
  const after = await text();
  assert.notEqual(after, before);
  assert.ok(after.startsWith(`Once upon a time${kept}`));
  assert.equal(await text(), detail.text);
  const cell = await cells().nth(3).textContent();
  assert.equal(cell?.replaceAll(' ', '·').replaceAll('\n', '↵'), picked);
  assert.equal(detail.sequences[0].token_ids.length, 20, 'it is as long as it was to be');
});

test('the keyboard walks along the tokens, opens, picks and closes', async () => {
  await open(STORY);
  await written();
  await button('Look inside').click();
  const focused = () =>
    element().evaluate((element) => {
      const active = element.shadowRoot?.activeElement;
      const cells = [...(element.shadowRoot?.querySelectorAll('.cells:not(.seen) .cell') ?? [])];
      return [cells.indexOf(/** @type {Element} */ (active)), active?.classList[0]];
    });
  await cells().first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.deepEqual(await focused(), [2, 'cell']);
  assert.equal(await cells().nth(2).getAttribute('tabindex'), '0');
  assert.equal(await element().locator('.cell[tabindex="0"]').count(), 1);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('End');
  assert.deepEqual(await focused(), [(await cells().count()) - 1, 'cell']);
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  assert.deepEqual(await focused(), [-1, 'choice']);
  await page.keyboard.press('Escape');
  assert.deepEqual(await focused(), [0, 'cell']);
  assert.equal(await popup().count(), 0);
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  const [detail] = await Promise.all([completed(), page.keyboard.press('Enter')]);
  assert.ok(detail.continued);
  assert.deepEqual(await focused(), [0, 'cell'], 'the focus is on what was picked');
});

test('attention shows what a token looks at, for any head', async () => {
  await open(STORY);
  await written();
  await button('Look inside').click();
  await element().getByLabel('Attention').check();
  const seen = element().locator('.seen .cell');
  await seen.first().waitFor();
  assert.equal((await seen.allTextContents()).join(''), await text());
  await seen.nth(9).focus();
  await popup().getByText('attends most to').waitFor();
  const tints = () =>
    seen.evaluateAll((all) => all.map((cell) => Number(cell.style.getPropertyValue('--tint'))));
  const first = await tints();
  assert.ok(first.slice(0, 10).some((tint) => tint > 0.3) && first.slice(10).every((tint) => tint === 0));
  await page.keyboard.press('Escape');
  await element().getByLabel('Layer').selectOption('2');
  await until(async () => (await seen.count()) > 9 && !(await element().locator('.stop:visible').count()));
  await seen.nth(9).focus();
  await until(async () => String(await tints()) !== String(first));
});

test('several texts stand side by side, and one of them goes on', async () => {
  await open(`${GREEDY}&text-do-sample=true&text-num-return-sequences=3&text-max-new-tokens=6`);
  await written();
  const items = element()
    .getByRole('listitem')
    .filter({ has: page.locator('.text') });
  assert.equal(await items.count(), 3);
  const second = await items.nth(1).locator('.text').textContent();
  const [detail] = await Promise.all([
    completed(),
    items.nth(1).getByRole('button', { name: 'Continue' }).click(),
  ]);
  assert.ok(detail.text.startsWith(second));
  assert.equal(await element().locator('.text').count(), 1);
});

test('a beam search shows its best text, and can be looked into for attention', async () => {
  await open(`${GREEDY}&text-num-beams=3&text-num-return-sequences=2`);
  await written();
  assert.equal(await element().locator('.text').count(), 2);
  await button('Look inside').click();
  await element().getByText('Beam search scores whole texts').waitFor();
  await element().getByLabel('Attention').check();
  await element().locator('.seen .cell').first().waitFor();
});

test('another model is loaded by its address', async () => {
  await open(`&text-prompt=Once&text-model=${WRITER}&text-max-new-tokens=5`);
  await written();
  await page.getByText('Another model').click();
  await page.getByLabel('URL of the model’s folder').fill('nowhere');
  await page.getByRole('button', { name: 'Load model' }).click();
  await element().getByText('That did not work').waitFor();
  await page.getByLabel('URL of the model’s folder').fill(`${site.origin}/${WRITER}`);
  await page.getByLabel('Weight format').selectOption('q8');
  await Promise.all([completed(), page.getByRole('button', { name: 'Load model' }).click()]);
  assert.equal(await element().getAttribute('dtype'), 'q8');
});

test('a download shows its progress and can be stopped and started again', async () => {
  const file = bytesOf(`${WRITER}/model.safetensors`);
  site.answers.set(`/${WRITER}/model.safetensors`, (_, response) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, 20_000));
  });
  await open(GREEDY);
  await element().getByText('Loading the model: 20 kB of 34 kB').waitFor();
  await button('Stop').click();
  await element().getByText('Stopped.').waitFor();
  site.answers.clear();
  await button('Write').click();
  await written();
});

test('a lost GPU leaves the text, and trying again goes on with it', async () => {
  const own = await launch();
  try {
    await visit('&text-prompt=Once+upon+a+time&text-max-new-tokens=400&text-eos-token-id=1', { from: own });
    await page.goto(page.url().replace('device=cpu', 'device=webgpu'));
    await element().evaluate((text) => text.scrollIntoView());
    await element().locator('.cell').nth(3).waitFor();
    const session = await own.newBrowserCDPSession();
    await session.send('Browser.crashGpuProcess').catch(() => {});
    await element().getByText('That did not work').waitFor();
    const [before, count] = [await text(), await cells().count()];
    assert.ok(count >= 4);
    await button('Try again').click();
    await until(async () => (await cells().count()) > count);
    assert.ok((await text()).startsWith(before));
    await button('Stop').click();
  } finally {
    await own.close();
  }
});

test('the text speaks Chinese', async () => {
  await open(GREEDY, { locale: 'zh-CN' });
  await button('续写').waitFor();
  await element()
    .getByText(/^写了 20 个词元，用时 [\d.]+ 秒，运行设备：CPU$/)
    .waitFor();
  await button('看看内部').click();
  await element().getByText('意料之中').waitFor();
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [name, width, height] of /** @type {const} */ ([
    ['desktop', 1280, 900],
    ['phone', 390, 844],
  ])) {
    test(`the text on ${name}, ${colorScheme}: no accessibility violations, nothing overflows`, async () => {
      await open('&text-prompt=Once+upon+a+time+there+was+a+little+fox&text-seed=5&text-max-new-tokens=60', {
        viewport: { width, height },
        colorScheme,
      });
      await written();
      await button('Look inside').click();
      await element().getByText('Options', { exact: true }).click();
      await cells().nth(12).focus();
      await popup().waitFor();
      await element().screenshot({ path: shot(`text-${name}-${colorScheme}`) });
      assert.ok((await overflow(page)) <= 0, `the page is ${await overflow(page)} px too wide`);
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press('Escape'); // the alternatives may lie over what is next
      await element().getByLabel('Attention').check();
      await element().locator('.seen .cell').nth(20).focus();
      await popup().waitFor();
      await element().screenshot({ path: shot(`attention-${name}-${colorScheme}`) });
      assert.deepEqual(await violations(page), []);
    });
  }
}
