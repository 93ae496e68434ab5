// The documents in a browser: nothing that axe finds fault with, nothing wider than a phone, and a page that makes embeds.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { STARTS } from '../../docs/assets/gallery/starts.js';
import { buildDocs } from '../../scripts/docs/build.js';
import { PAGES } from '../../scripts/docs/pages.js';
import { read } from '../node/sources.js';
import { overflow, until, violations } from './harness.js';
import { complaints, openPage, page, shot, site } from './session.js';

before(buildDocs);

/** Those that are looked at in every form. */
const LOOKED_AT = ['index', 'hearth-text', 'api-text', 'how-it-works', 'gallery'];

/** The parts that an element has. @param {Element} element */
const partsOf = (element) => {
  const parts = [...(element.shadowRoot?.querySelectorAll('[part]') ?? [])];
  return [...new Set(parts.map((part) => part.getAttribute('part')))].sort();
};

/** Those that its page names. @param {string} element */
const partsNamed = (element) => {
  const [, list = ''] = read(`docs/${element}.md`).match(/The parts here are([^.]*)\./) ?? [];
  return [...list.matchAll(/`([\w-]+)`/g)].map(([, part]) => part).sort();
};

/** Opens a page of the documents. @param {string} name @param {number} width @param {'light' | 'dark'} colorScheme */
const open = (name, width, colorScheme) =>
  openPage(`/docs/${name}.html`, { viewport: { width, height: 900 }, colorScheme });

for (const { name } of PAGES) {
  const forms = LOOKED_AT.includes(name)
    ? ['1280 light', '1280 dark', '390 light', '390 dark']
    : ['390 dark'];
  for (const form of forms) {
    test(`${name} at ${form}: no accessibility violations, nothing overflows, nothing fails`, async () => {
      const [width, scheme] = form.split(' ');
      await open(name, Number(width), /** @type {'light' | 'dark'} */ (scheme));
      assert.deepEqual(await violations(page), []);
      assert.ok((await overflow(page)) <= 0);
      assert.deepEqual(complaints, []);
      if (LOOKED_AT.includes(name))
        await page.screenshot({ path: shot(`docs-${name}-${form.replace(' ', '-')}`) });
    });
  }
}

test('a page of the documents loads no model before a reader comes to an example', async () => {
  await open('hearth-text', 1280, 'light');
  await until(() => page.evaluate(() => customElements.get('hearth-text') !== undefined));
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(undefined))));
  assert.deepEqual(
    site.log.filter((entry) => /\/models\/.*\//.test(entry)), // the list of what ships is asked for its sizes
    [],
  );
});

test('an element is dark on a page that says so, whatever the visitor prefers', async () => {
  await open('themes', 1280, 'light');
  const colours = await page.evaluate(async () => {
    await customElements.whenDefined('hearth-digits');
    const colour = (/** @type {string} */ selector) =>
      getComputedStyle(/** @type {Element} */ (document.querySelector(selector))).color;
    return ['hearth-digits[data-scheme="dark"]', 'hearth-digits.sea'].map(colour);
  });
  assert.deepEqual(colours, ['rgb(242, 236, 228)', 'rgb(38, 33, 28)']);
});

/** The part that comes with what a model makes. @type {Record<string, string>} */
const TO_COME = { 'hearth-text': 'text', 'hearth-story': 'picture' };

describe('the page that makes embeds', () => {
  const tag = () => page.locator('#gallery pre').textContent();
  const stage = () => page.locator('#gallery .exhibit > *');
  /** Opens the page, and picks an element. @param {string} name @param {number} width @param {'light' | 'dark'} scheme */
  async function pick(name, width, scheme) {
    await open('gallery', width, scheme);
    await page.locator('#gallery .which select').selectOption(name);
    await until(() =>
      page.evaluate((name) => document.querySelector(`#gallery .exhibit > ${name}:defined`) !== null, name),
    );
  }

  test('an attribute is set on the element at once, and stands in the tag', async () => {
    await pick('hearth-digits', 1280, 'light');
    await page.getByLabel('class-labels').fill('4 2');
    await page.getByLabel('class-labels').press('Tab');
    assert.equal(await stage().getAttribute('class-labels'), '4 2');
    assert.match((await tag()) ?? '', /<hearth-digits class-labels="4 2" controls><\/hearth-digits>/);
    await page.getByLabel('controls').uncheck();
    assert.equal(await stage().getAttribute('controls'), null);
    assert.match((await tag()) ?? '', /<hearth-digits class-labels="4 2"><\/hearth-digits>/);
  });

  test('looks are tried on the element, and stand in the tag', async () => {
    await pick('hearth-digits', 1280, 'light');
    await page.getByLabel('Colours').selectOption('sea');
    await page.getByLabel('Corners of buttons').fill('20');
    const look = await stage().evaluate((element) => {
      const button = /** @type {HTMLElement} */ (element.shadowRoot?.querySelector('button.main'));
      const { backgroundColor, borderRadius } = getComputedStyle(button);
      return { backgroundColor, borderRadius };
    });
    assert.deepEqual(look, { backgroundColor: 'rgb(11, 100, 120)', borderRadius: '20px' });
    assert.match((await tag()) ?? '', /--ember: light-dark\(#0b6478, #6fd3ea\);/);
    assert.match((await tag()) ?? '', /hearth-digits::part\(main-button\) \{\s+border-radius: 20px;/);
  });

  for (const name of Object.keys(STARTS)) {
    test(`${name} can be picked; its fields are its attributes`, async () => {
      await pick(name, 390, 'dark');
      assert.equal(await stage().evaluate((element) => element.localName), name);
      assert.match((await tag()) ?? '', new RegExp(`elements/${name}\\.js`));
      const wrong = await page.evaluate(async () => {
        const element = /** @type {any} */ (document.querySelector('#gallery .exhibit > *'));
        const known = [...element.constructor.observedAttributes, 'controls', 'lang', 'autoplay'];
        const fields = [...document.querySelectorAll('#gallery .field label span')];
        return fields.map(({ textContent }) => textContent).filter((name) => !known.includes(name));
      });
      assert.deepEqual(wrong, []);
      const named = partsNamed(name).filter((part) => part !== TO_COME[name]);
      assert.deepEqual(await stage().evaluate(partsOf), named);
      assert.deepEqual(await violations(page), []);
      assert.ok((await overflow(page)) <= 0);
    });
  }
});
