// Elements that a page moves: by sorting, through portals, into frames. What they do goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytesOf, until } from './harness.js';
import { complaints, openBody, page, scriptOf, site } from './session.js';

const WRITER = '/tests/fixtures/gpt2/writer';
const PAINTER = '/tests/fixtures/diffusion/pipeline-classes';
const WEIGHTS = `${WRITER}/model.safetensors`;

/** @param {string} attributes */
const writer = (attributes) =>
  `<hearth-text model="${WRITER}" device="cpu" loading="eager" ${attributes}></hearth-text>${scriptOf('text')}`;
const status = (name = 'hearth-text') => page.locator(`${name} .status p`).innerText();
const written = () => until(async () => /tokens in/.test(await status()));

/** Sends half of the weights. @returns {{ finish: () => void, isOpen: () => boolean }} what sends the rest, and whether it is awaited */
function sendHalf() {
  const file = bytesOf(WEIGHTS.slice(1));
  const half = file.length >> 1;
  /** @type {import('node:http').ServerResponse | undefined} */
  let open;
  site.answers.set(WEIGHTS, (_, response) => {
    open = response;
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, half));
  });
  return { finish: () => open?.end(file.subarray(half)), isOpen: () => open?.destroyed === false };
}

/** The ways in which pages move an element, as functions that move the first `hearth-text`. */
const MOVES = {
  append: 'document.body.append(element)',
  insertBefore: 'document.body.insertBefore(element, document.body.firstChild)',
  moveBefore: 'document.body.moveBefore(element, document.body.firstChild)',
  'out, and in some promises later':
    'element.remove(); for (let i = 0; i < 9; i++) await null; document.body.append(element)',
  'a template, and out of it':
    'document.createElement("template").content.append(element); document.body.append(element)',
};

for (const [name, move] of Object.entries(MOVES)) {
  test(`moved while its model is downloaded (${name}), an element downloads it once`, async () => {
    const { finish, isOpen } = sendHalf();
    await openBody(`<main>${writer('prompt="Once" max-new-tokens="4" controls')}</main>`);
    await until(() => site.count(WEIGHTS) === 1);
    await until(async () => /Loading the model/.test(await status()));
    const sheets = await page.evaluate(`(async () => {
      const element = document.querySelector('hearth-text');
      ${move};
      return element.shadowRoot.adoptedStyleSheets.length;
    })()`);
    assert.ok(sheets > 5, 'it keeps its style sheets');
    assert.ok(isOpen());
    finish();
    await written();
    assert.equal(site.count(WEIGHTS), 1);
  });

  test(`moved while it writes (${name}), a text goes on`, async () => {
    await openBody(`<main>${writer('max-new-tokens="12" seed="1" controls')}</main>`);
    const seen = await page.evaluate(`(async () => {
      await customElements.whenDefined('hearth-text');
      const element = document.querySelector('hearth-text');
      const seen = { calls: 0, tokens: 0, errors: 0 };
      element.addEventListener('step', () => seen.calls++);
      element.addEventListener('error', () => seen.errors++);
      element.addEventListener('token', async () => {
        if (++seen.tokens === 3) { ${move}; }
      });
      element.setAttribute('prompt', 'Once');
      element.start();
      await new Promise((resolve) => element.addEventListener('complete', resolve, { once: true }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const shown = element.shadowRoot.querySelector('.text > span').textContent;
      return { ...seen, isWhole: shown === element.text };
    })()`);
    assert.deepEqual(seen, { calls: 1, tokens: 12, errors: 0, isWhole: true });
  });
}

test('an element that is taken out for good stops its download', async () => {
  const { isOpen } = sendHalf();
  await openBody(writer('prompt="Once"'));
  await until(async () => /Loading the model/.test(await status()));
  await page.evaluate(() => document.querySelector('hearth-text')?.remove());
  await until(() => !isOpen());
});

test('an element that comes back in the middle of a download says how far it is, and finishes', async () => {
  sendHalf();
  await openBody(writer('prompt="Once" max-new-tokens="4"'));
  await until(async () => /Loading the model/.test(await status()));
  const isAway = await page.evaluateHandle(() => {
    const element = /** @type {Element} */ (document.querySelector('hearth-text'));
    element.remove();
    return element;
  });
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
  const { finish } = sendHalf();
  await page.evaluate((element) => document.body.append(element), isAway);
  await until(async () => /^Loading the model: \d+ kB of \d+ kB$/.test(await status()));
  finish();
  await written();
});

test('what a visitor has typed, opened and drawn stays where it is moved, and `moveBefore` keeps the focus', async () => {
  await openBody(
    `<main><hearth-text controls></hearth-text><hearth-image controls mode="picture" model="${PAINTER}" device="cpu"></hearth-image></main>` +
      ['text', 'image'].map(scriptOf).join(''),
  );
  await page.getByLabel('Beginning').fill('It was');
  await page.locator('hearth-text').getByText('Options', { exact: true }).click();
  await page.getByLabel(/Your picture/).click();
  const drawn = () =>
    page.locator('.board canvas:not(.mask)').evaluate((canvas) => /** @type {any} */ (canvas).toDataURL());
  const before = await drawn();
  await page.evaluate(() => document.body.append(...document.querySelectorAll('hearth-text, hearth-image')));
  assert.equal(await page.getByLabel('Beginning').inputValue(), 'It was');
  assert.ok(
    await page.locator('hearth-text details').evaluate((details) => /** @type {any} */ (details).open),
  );
  assert.equal(await drawn(), before);
  await page.getByLabel('Beginning').focus();
  await page.evaluate(() =>
    /** @type {any} */ (document.body).moveBefore(document.querySelector('hearth-text'), null),
  );
  await page.keyboard.type('!');
  assert.match(await page.getByLabel('Beginning').inputValue(), /!/);
});

test('pictures and digits go on too, and a walk goes on playing', async () => {
  await openBody(
    `<main><hearth-image model="${PAINTER}" device="cpu" seed="1" num-inference-steps="20" class-labels="7"></hearth-image>
    <hearth-digits controls device="cpu" batch-size="4" seed="1"></hearth-digits></main>` +
      ['digits', 'image'].map(scriptOf).join(''),
  );
  const steps = await page.evaluate(async () => {
    const element = /** @type {Element} */ (document.querySelector('hearth-image'));
    /** @type {number[]} */
    const steps = [];
    return new Promise((resolve) => {
      element.addEventListener('step', (event) => {
        steps.push(/** @type {CustomEvent} */ (event).detail.step_index);
        if (steps.length === 5) document.body.append(element);
      });
      element.addEventListener('complete', () => resolve(steps));
    });
  });
  assert.deepEqual(
    steps,
    Array.from({ length: 20 }, (_, index) => index),
  );
  const digits = page.locator('hearth-digits .digit');
  await page.locator('hearth-digits .status p', { hasText: '4 digits' }).waitFor();
  await digits.nth(0).click();
  await digits.nth(1).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.evaluate(() =>
    document.body.append(/** @type {Node} */ (document.querySelector('hearth-digits'))),
  );
  const position = () => page.getByLabel('Position between the two digits').inputValue();
  const at = await position();
  await until(async () => (await position()) !== at);
  assert.deepEqual(
    complaints.filter((complaint) => !/404/.test(complaint)),
    [],
  );
});

test('an element that is moved before a reader has come to it waits for the reader where it is now', async () => {
  await openBody(
    `<main>${writer('prompt="Once" max-new-tokens="4"').replace('eager', 'lazy')}</main><div style="height: 400vh"></div>`.replace(
      '<main>',
      '<main style="margin-top: 300vh">',
    ),
  );
  await page.evaluate(() => customElements.whenDefined('hearth-text'));
  await page.evaluate(() =>
    document.body.prepend(/** @type {Node} */ (document.querySelector('hearth-text'))),
  );
  await written();
});

test('in the document of a frame an element goes on, looks the same, and speaks the language there', async () => {
  await openBody(`${writer('prompt="Once" max-new-tokens="4" controls')}<iframe></iframe>`);
  await written();
  const seen = await page.evaluate(async () => {
    const element = /** @type {any} */ (document.querySelector('hearth-text'));
    const inner = /** @type {Document} */ (document.querySelector('iframe')?.contentDocument);
    const look = () => {
      const { borderRadius, padding } = getComputedStyle(element.shadowRoot.querySelector('button.main'));
      return `${borderRadius} ${padding}`;
    };
    const before = look();
    inner.documentElement.lang = 'zh';
    inner.body.append(element);
    const there = look();
    const word = element.shadowRoot.querySelector('button.main').textContent;
    element.setAttribute('prompt', 'The');
    await new Promise((resolve) => element.addEventListener('complete', resolve, { once: true }));
    document.body.append(element);
    return [there === before, word, look() === before, element.text.startsWith('The')];
  });
  assert.deepEqual(seen, [true, '续写', true, true]);
  assert.deepEqual(
    complaints.filter((complaint) => !/404/.test(complaint)),
    [],
  );
});
