// The language and the direction of elements on pages of many languages.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { overflow, until } from './harness.js';
import { openBody, openPage, page, scriptOf, shot, site } from './session.js';

const WRITER = '/tests/fixtures/gpt2/writer';

/** @param {string} [attributes] */
const writer = (attributes = '') =>
  `<hearth-text device="cpu" model="${WRITER}" ${attributes}></hearth-text>`;
const word = () => page.locator('hearth-text button.main').innerText();
const [ENGLISH, CHINESE] = ['Write', '续写'];

/** A component whose shadow tree holds an element, in the shadow tree of another. */
const COMPONENT = `<outer-part></outer-part><script>
  for (const [name, mode, inner] of [['inner-part', 'closed', '<hearth-text></hearth-text>'], ['outer-part', 'open', '<div><inner-part></inner-part></div>']])
    customElements.define(name, class extends HTMLElement {
      root = this.attachShadow({ mode });
      connectedCallback() { this.root.innerHTML = inner; }
    });
  const innermost = () => document.querySelector('outer-part').shadowRoot.querySelector('inner-part').root.firstChild;
  const spoken = () => innermost().shadowRoot.querySelector('button.main').textContent;
</script>`;
const spoken = () => page.evaluate('customElements.whenDefined("hearth-text").then(() => spoken())');

/** What a page says, what the browser's languages are, and which words are to be read. @type {[string, string, string[], string][]} */
const CASES = [
  ['<html lang="zh">', writer(), ['en-US'], CHINESE],
  ['<html>', writer(), ['zh-CN'], CHINESE],
  ['<html>', writer(), ['en-US'], ENGLISH],
  ['<html lang="zh">', writer('lang="en"'), ['en-US'], ENGLISH],
  ['<html lang="zh-Hant-TW">', writer(), ['en-US'], CHINESE],
  ['<html lang="ZH_cn">', writer(), ['en-US'], CHINESE],
  ['<html lang="en">', `<p lang="zh"><span lang="">${writer()}</span></p>`, ['en-US'], CHINESE],
  ['<html lang="zh">', `<div lang="fr">${writer()}</div>`, ['en-US'], CHINESE],
  ['<html lang="ar">', writer(), ['ar', 'zh-TW', 'en'], CHINESE],
  ['<html lang="constructor">', writer(), ['fr'], ENGLISH],
];
for (const [html, body, languages, expected] of CASES) {
  test(`${html} ${body.replace(writer(), '<hearth-text>')} in a browser of ${languages} speaks ${expected}`, async () => {
    await openPage('/tests/browser/blank.html');
    await page.addInitScript((languages) => {
      Object.defineProperty(navigator, 'languages', { get: () => languages });
    }, languages);
    site.answers.set('/page', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<!doctype html>${html}<meta charset="utf-8"><body>${body}${scriptOf('text')}`);
    });
    await page.goto(`${site.origin}/page`);
    await page.locator('hearth-text button.main').waitFor();
    assert.equal(await word(), expected);
  });
}

test('in the shadow trees of components an element speaks the page’s language, and follows it wherever it changes', async () => {
  await openBody(COMPONENT + scriptOf('text'), 'lang="zh"');
  assert.equal(await spoken(), CHINESE);
  await page.evaluate(() => (document.documentElement.lang = 'en'));
  assert.equal(await spoken(), ENGLISH);
  await page.evaluate(() => (document.body.lang = 'zh'));
  assert.equal(await spoken(), CHINESE);
  await page.evaluate(() => {
    const inner = document.querySelector('outer-part')?.shadowRoot?.querySelector('div');
    inner?.setAttribute('lang', 'en');
  });
  assert.equal(await spoken(), ENGLISH);
  await page.evaluate('innermost().lang = "zh"');
  assert.equal(await spoken(), CHINESE);
});

test('an element that is moved speaks the language of where it is', async () => {
  await openBody(`<p lang="zh"></p>${writer()}${scriptOf('text')}`);
  assert.equal(await word(), ENGLISH);
  await page.evaluate(() => document.querySelector('p')?.append(document.querySelector('hearth-text') ?? ''));
  assert.equal(await word(), CHINESE);
  await page.evaluate(() =>
    /** @type {any} */ (document.body).moveBefore(document.querySelector('hearth-text'), null),
  );
  assert.equal(await word(), ENGLISH);
});

/** The directions of an element’s parts. @param {Record<string, string>} parts by selectors */
const directions = (parts) =>
  page.evaluate((parts) => {
    const root = document.querySelector('hearth-text')?.shadowRoot;
    const direction = (/** @type {string} */ selector) => {
      const part = root?.querySelector(selector) ?? document.querySelector(selector);
      return part && getComputedStyle(part).direction;
    };
    return Object.fromEntries(Object.entries(parts).map(([name, selector]) => [name, direction(selector)]));
  }, parts);
const PARTS = {
  text: '.text',
  field: 'textarea[name="prompt"]',
  form: 'form',
  status: '.status',
  options: 'details',
};

test('an Arabic text on an English page is right to left, and the words around it are not', async () => {
  await openBody(writer('controls prompt="كان يا ما كان،" max-new-tokens="3"') + scriptOf('text'));
  await until(async () => (await page.locator('hearth-text .text').innerText()) !== '');
  const ltr = { form: 'ltr', status: 'ltr', options: 'ltr' };
  assert.deepEqual(await directions(PARTS), { text: 'rtl', field: 'rtl', ...ltr });
});

test('on a page in Arabic the words of an element are left to right as they are written, and what the page put in is not', async () => {
  await openBody(
    `${writer('controls prompt="Once" max-new-tokens="3"').replace(
      '</',
      '<button slot="actions">!نسخ الرابط</button></',
    )}${scriptOf('text')}`,
    'lang="ar" dir="rtl"',
  );
  await until(async () => (await page.locator('hearth-text .text').innerText()) !== '');
  const parts = { ...PARTS, slotted: 'button[slot]' };
  const ltr = { text: 'ltr', field: 'ltr', form: 'ltr', status: 'ltr', options: 'ltr' };
  assert.deepEqual(await directions(parts), { ...ltr, slotted: 'rtl' });
});

test('each paragraph has a direction of its own', async () => {
  await openBody(writer('controls prompt="Hi!\n\nשלום!\n你好！" max-new-tokens="1"') + scriptOf('text'));
  await until(async () => (await page.locator('hearth-text .text').innerText()) !== '');
  const sides = await page.evaluate(() => {
    const text = /** @type {Element} */ (
      document.querySelector('hearth-text')?.shadowRoot?.querySelector('.text')
    );
    const node = /** @type {Text} */ (text.querySelector('.prompt')?.firstChild);
    const middle = text.getBoundingClientRect().left + text.getBoundingClientRect().width / 2;
    return ['Hi', 'שלום', '你好'].map((word) => {
      const range = document.createRange();
      range.setStart(node, node.data.indexOf(word));
      range.setEnd(node, node.data.indexOf(word) + word.length);
      return range.getBoundingClientRect().left < middle ? 'left' : 'right';
    });
  });
  assert.deepEqual(sides, ['left', 'right', 'left']);
});

test('in a text that is right to left the arrow keys go the way they point', async () => {
  await openBody(
    `${writer('controls prompt="كان" max-new-tokens="20" seed="1" do-sample temperature="2"')}${scriptOf('text')}`,
  );
  await page.locator('hearth-text .status p', { hasText: /tokens in/ }).waitFor();
  await page.getByRole('button', { name: 'Look inside' }).click();
  await page.locator('hearth-text .cell').first().focus();
  const index = () =>
    page.evaluate(() => {
      const root = /** @type {ShadowRoot} */ (document.querySelector('hearth-text')?.shadowRoot);
      return [...root.querySelectorAll('.cells:not(.seen) .cell')].indexOf(
        /** @type {Element} */ (root.activeElement),
      );
    });
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await index(), 2);
  await page.keyboard.press('ArrowRight');
  assert.equal(await index(), 1);
});

for (const [name, width] of /** @type {const} */ ([
  ['desktop', 1280],
  ['phone', 390],
])) {
  test(`${name}: on a page that is right to left nothing overflows`, async () => {
    await openPage(
      `/?device=cpu&seed=2026&text-model=${WRITER}&text-prompt=كان+يا+ما+كان،&text-max-new-tokens=20`,
      {
        viewport: { width, height: 900 },
      },
    );
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    await page.locator('hearth-digits').scrollIntoViewIfNeeded();
    await page.locator('hearth-digits .status p', { hasText: / ms on the / }).waitFor();
    await page.locator('hearth-text').scrollIntoViewIfNeeded();
    await page.locator('hearth-text .status p', { hasText: /tokens? in/ }).waitFor();
    await page.screenshot({ path: shot(`rtl-${name}`), fullPage: true });
    assert.ok((await overflow(page)) <= 0);
  });
}
