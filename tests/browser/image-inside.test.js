// What a visitor sees inside a picture from a prompt: the words, the maps over the picture, step by step.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { overflow, send, until, violations } from './harness.js';
import { complaints, openBody, page, scriptOf, shot, site } from './session.js';

/** A Stable Diffusion of 16 × 16 pixels that knows nothing, but quickly. */
const QUICK =
  'model="/tests/fixtures/text-to-image/sd1" device="cpu" seed="3" num-inference-steps="3" scheduler="DDIMScheduler"';

beforeEach(() => {
  site.answers.set('/favicon.ico', send(''));
});

/**
 * Opens a page with a picture.
 * @param {string} [attributes]
 * @param {string} [root] attributes of the page
 */
async function open(attributes = 'prompt="a red fox"', root = 'lang="en"') {
  const image = `<hearth-image controls loading="eager" ${QUICK} ${attributes}></hearth-image>`;
  await openBody(`${scriptOf('image')}<main><h1>A page</h1>${image}<p>The end</p></main>`, root);
  await drawn();
}

const element = () => page.locator('hearth-image');
/** @param {string} name */
const button = (name) => element().getByRole('button', { name, exact: true });
const drawn = () =>
  element()
    .locator('.status p')
    .filter({ hasText: /3 steps in|完成了 3 步/ })
    .waitFor();
/** Does what makes the element draw, and waits for the picture. @param {() => Promise<unknown>} act @returns {Promise<any>} */
async function drawing(act) {
  await element().evaluate((element) => {
    const report = (/** @type {any} */ { detail: { seed, images } }) =>
      Object.assign(globalThis, { completed: { seed, data: [...images[0].data].join() } });
    Object.assign(globalThis, { completed: null });
    element.addEventListener('complete', report, { once: true });
  });
  await act();
  await until(() => page.evaluate(() => /** @type {any} */ (globalThis).completed !== null));
  return page.evaluate(() => /** @type {any} */ (globalThis).completed);
}

const panel = () => element().locator('.inside');
const summary = () => panel().locator('summary');
const again = () => button('Draw it again and keep its attention');
const words = () => panel().getByRole('radio');
/** @param {string} name */
const word = (name) => panel().locator('.choices label', { hasText: new RegExp(`^${name}$`) });
const overlay = () => element().locator('.overlay');
const here = () => panel().locator('.here');
const slider = () => element().getByLabel('Step', { exact: true });
/** What lies over the picture. @returns {Promise<string>} */
const map = () =>
  overlay()
    .locator('canvas')
    .evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
/** Where the layer over the picture is on the screen. */
async function area() {
  await overlay().scrollIntoViewIfNeeded();
  const box = await overlay().boundingBox();
  if (!box) throw new Error('there is no layer');
  return box;
}
/** How strongly each word is coloured. */
const tints = () =>
  word('.*').evaluateAll((labels) =>
    labels
      .slice(1)
      .map((label) => Number(/** @type {HTMLElement} */ (label).style.getPropertyValue('--tint'))),
  );

/** Opens the panel of a picture that was drawn before, and has it drawn with attention. */
async function look() {
  await summary().click();
  await drawing(() => again().click());
  await word('fox').waitFor();
}

test('a picture that was drawn without attention is drawn again with it, and is the same', async () => {
  await open();
  assert.equal(await overlay().isVisible(), false);
  const data = () => element().evaluate((image) => [.../** @type {any} */ (image).images[0].data].join());
  const before = await data();
  await element().evaluate((element) => {
    const seen = Object.assign(globalThis, { asked: /** @type {boolean[]} */ ([]) }).asked;
    element.addEventListener('step', (event) => seen.push('attentions' in /** @type {any} */ (event).detail));
  });
  await summary().click();
  await panel().getByText('its attention was not kept').waitFor();
  const picture = await drawing(() => again().click());
  assert.deepEqual([picture.seed, picture.data], [3, before]);
  assert.equal(await again().isVisible(), false);
  assert.deepEqual(
    await words().evaluateAll((inputs) => inputs.map(({ parentElement }) => parentElement?.innerText)),
    [...['Picture only', 'a', 'red', 'fox']],
  );
  await summary().click();
  await drawing(() => button('Draw').click());
  const asked = await page.evaluate(() => /** @type {any} */ (globalThis).asked);
  assert.deepEqual(asked, [true, true, true, false, false, false], 'only an open panel asks for it');
  // That a file of a folder is not there is logged by the browser.
  assert.deepEqual(
    complaints.filter((text) => !text.startsWith('Failed to load resource')),
    [],
  );
});

test('each word has its own map, at each step and in the finished picture', async () => {
  await open();
  await look();
  const seen = new Map([['no word', await map()]]);
  for (const name of ['red', 'fox']) {
    await word(name).click();
    seen.set(`${name}, finished`, await map());
    for (const step of ['0', '1']) {
      await slider().fill(step);
      seen.set(`${name}, step ${step}`, await map());
    }
    await slider().fill('2');
    assert.equal(await map(), seen.get(`${name}, finished`));
  }
  assert.equal(new Set(seen.values()).size, seen.size, [...seen.keys()].join());
  await word('Picture only').click();
  assert.equal(await map(), seen.get('no word'));
});

test('the keyboard opens the panel, chooses words and comes to every place', async () => {
  await open();
  await summary().focus();
  await page.keyboard.press('Enter');
  await again().focus();
  await drawing(() => page.keyboard.press('Enter'));
  await summary().focus();
  await page.keyboard.press('Tab');
  const chosen = () =>
    words().evaluateAll((inputs) => inputs.findIndex((input) => input.matches(':checked')));
  assert.equal(await chosen(), 0);
  const nothing = await map();
  await page.keyboard.press('ArrowRight');
  assert.equal(await chosen(), 1);
  const first = await map();
  assert.notEqual(first, nothing);
  await page.keyboard.press('ArrowRight');
  assert.equal(await chosen(), 2);
  assert.notEqual(await map(), first);
  await drawing(() => page.keyboard.press('Enter').then(() => button('Another one').press('Enter')));
  assert.equal(await chosen(), 2, 'the word stays chosen in the next picture');
  await overlay().focus();
  const middle = await here().innerText();
  assert.match(middle, /^Attends to: (a|red|fox) <?\d/);
  const seen = new Set([middle]);
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowLeft', 'ArrowUp']) {
    for (let press = 0; press < 4; press++) await page.keyboard.press(key);
    seen.add(await here().innerText());
  }
  assert.ok(seen.size > 2, [...seen].join());
});

test('the words that a place attends to are coloured by how much, and named', async () => {
  await open();
  await look();
  const box = await area();
  /** @param {number} x @param {number} y */
  const at = async (x, y) => {
    await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
    return tints();
  };
  const [corner, centre] = [await at(0.02, 0.02), await at(0.5, 0.6)];
  for (const place of [corner, centre]) {
    assert.equal(place.length, 3);
    assert.equal(Math.max(...place), 1);
  }
  assert.notDeepEqual(corner, centre);
  const strongest = ['a', 'red', 'fox'][centre.indexOf(1)];
  assert.match(await here().innerText(), new RegExp(`^Attends to: ${strongest} `));
  await page.mouse.move(0, 0);
  assert.deepEqual(await tints(), [0, 0, 0]);
  assert.equal(await here().innerText(), '');
});

test('several pictures have their maps side by side, and each place is one of its own picture', async () => {
  await open('prompt="a red fox" num-images-per-prompt="2"');
  await look();
  await word('fox').click();
  const halves = await overlay()
    .locator('canvas')
    .evaluate((element) => {
      const canvas = /** @type {HTMLCanvasElement} */ (element);
      const half = canvas.width / 2;
      const read = (/** @type {number} */ x) =>
        canvas.getContext('2d')?.getImageData(x, 0, half, canvas.height).data;
      return [read(0), read(half)].map((data) => data?.join());
    });
  assert.notEqual(halves[0], halves[1]);
  const box = await area();
  const seen = [];
  for (const x of [0.25, 0.75]) {
    await page.mouse.move(box.x + box.width * x, box.y + box.height / 2);
    seen.push(await tints());
  }
  assert.notDeepEqual(seen[0], seen[1]);
});

test('nothing moves while the panel is open and pictures are drawn', async () => {
  await open('prompt="a red fox on a hill, under the light of a moon"');
  await summary().click();
  await page.waitForTimeout(600); // what moves right after a press is the visitor's own doing
  const heights = () => panel().evaluate((details) => Math.round(details.getBoundingClientRect().height));
  const before = await heights();
  await page.evaluate(() => Object.assign(globalThis, { shift: 0 }));
  await drawing(() => again().click());
  await word('fox').waitFor();
  await page.mouse.move(0, 0);
  const box = await area();
  await page.mouse.move(box.x + 9, box.y + 9);
  assert.equal(await heights(), before);
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).shift);
  assert.ok(shift < 0.01, `what was on the page has moved by ${shift}`);
});

test('a picture that is drawn from another has maps too, and a comparison has none', async () => {
  await open();
  await look();
  await button('Edit this picture').click();
  await element().getByText('Starting point').waitFor();
  await panel().getByText('will be shown here').waitFor();
  assert.equal(await overlay().isVisible(), false);
  await drawing(() => button('Vary it').click());
  await word('fox').click();
  assert.equal(await overlay().isVisible(), true);
  await element()
    .locator('.choices label', { hasText: /^Compare schedulers$/ })
    .click();
  assert.equal(await panel().isVisible(), false);
});

test('without controls, and without a prompt, there is nothing to look into', async () => {
  await open('prompt="a red fox"');
  assert.equal(await panel().isVisible(), true);
  await element().evaluate((image) => image.removeAttribute('controls'));
  assert.equal(await panel().isVisible(), false);
  await openBody(
    `${scriptOf('image')}<hearth-image controls loading="eager" device="cpu" num-inference-steps="3"></hearth-image>`,
  );
  await drawn();
  assert.equal(await panel().isVisible(), false);
});

test('in a page from right to left, and in a prompt, words have their own direction', async () => {
  await open('prompt="ثعلب أحمر"', 'lang="ar" dir="rtl"');
  await summary().click();
  await drawing(() => again().click());
  await word('أحمر').click();
  const sides = await word('.*').evaluateAll((labels) =>
    labels.map((label) => label.getBoundingClientRect().left),
  );
  assert.deepEqual(
    sides.toSorted((a, b) => b - a),
    sides,
    'from right to left',
  );
  assert.ok((await overflow(page)) <= 0);
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const width of [1280, 390]) {
    test(`the panel at ${width} px, ${colorScheme}: no accessibility violations, nothing overflows`, async () => {
      const lang = colorScheme === 'dark' && width === 390 ? 'zh' : 'en';
      const paper = { light: '#fff', dark: '#111' }[colorScheme]; // axe reads none that the browser chooses
      const style = `background: ${paper}; color-scheme: ${colorScheme}`;
      await open(
        'prompt="a red fox on a hill, under the light of a moon"',
        `lang="${lang}" style="${style}"`,
      );
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await summary().click();
      assert.deepEqual(await violations(page), []);
      await drawing(() => panel().getByRole('button').click());
      await word('fox').click();
      await overlay().focus();
      assert.ok((await overflow(page)) <= 0, `the page is ${await overflow(page)} px too wide`);
      assert.deepEqual(await violations(page), []);
      await page.screenshot({ path: shot(`image-inside-${width}-${colorScheme}`), fullPage: true });
    });
  }
}
