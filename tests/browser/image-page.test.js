// The page's pictures as a visitor has them: step by step from noise, from a picture, by four schedulers.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { chunksOf } from '../../www/elements/image/apng.js';
import { bytesOf, overflow, send, until, violations, workPerFrame } from './harness.js';
import { complaints, openPage, page, shot, site, visit } from './session.js';

/** A model of 8 × 8 pixels with named classes that knows nothing, but quickly. */
const QUICK = 'tests/fixtures/diffusion/pipeline-classes';
const WEIGHTS = `/${QUICK}/unet/diffusion_pytorch_model.safetensors`;
const FOUR = `&image-model=${QUICK}&image-seed=7&image-num-inference-steps=4`;
/** The pictures that the model makes are of 32 × 32 pixels. */
const SHIPPED = '&image-seed=3&image-num-inference-steps=6&image-class-labels=4';

/** Opens the page at its pictures. @param {string} [query] @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(query, options) {
  await visit(query, options);
  await element().evaluate((image) => image.scrollIntoView());
}

const element = () => page.locator('#noise hearth-image');
/** @param {string} name */
const button = (name) => element().getByRole('button', { name, exact: true });
/** @param {string} label */
const field = (label) => element().getByLabel(label, { exact: true }).first();
/** A menu, whose label has its entries in it. @param {string} label */
const menu = (label) =>
  element()
    .getByLabel(new RegExp(`^${label}`))
    .first();
/** A choice of a few. @param {string} name */
const choice = (name) => element().locator('.choices label', { hasText: new RegExp(`^${name}$`) });
const status = () => element().locator('.status p');
const drawn = () =>
  status()
    .filter({ hasText: /steps? in [\d.]+ s on the/ })
    .waitFor();
const idle = () => until(() => element().evaluate((image) => !(/** @type {any} */ (image).busy)));
const slider = () => field('Step');
/** What a canvas shows. @param {import('playwright-core').Locator} canvas @returns {Promise<string>} */
const pixels = (canvas) => canvas.evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
const sample = () => element().locator('.pair .frame > canvas').first();
const guess = () => element().locator('.pair .frame > canvas').last();
const board = () => element().locator('.board');

/** The detail of the next `complete`. @returns {Promise<any>} */
const completed = () =>
  element().evaluate(
    (element) =>
      new Promise((resolve, reject) => {
        const report = (/** @type {any} */ { detail }) =>
          resolve({
            ...detail,
            images: detail.images.map((/** @type {ImageData} */ { data }) => [...data].join()),
          });
        element.addEventListener('complete', report, { once: true });
        setTimeout(() => reject(new Error('no picture was completed')), 60_000);
      }),
  );

/** Starts from a picture of the model's own. */
async function takePicture() {
  await drawn();
  await button('Edit this picture').click();
  await element().getByText('Starting point').waitFor();
  await idle();
}

/** Draws a stroke across the board, from one share of its sides to another. @param {[number, number]} from @param {[number, number]} to */
async function stroke(from, to) {
  await board().scrollIntoViewIfNeeded();
  const box = await board().boundingBox();
  if (!box) throw new Error('there is no board');
  await page.mouse.move(box.x + box.width * from[0], box.y + box.height * from[1]);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to[0], box.y + box.height * to[1], { steps: 6 });
  await page.mouse.up();
}

test('a picture comes out of noise when a visitor comes to it, step by step, and nothing moves or complains', async () => {
  await visit(SHIPPED, { viewport: { width: 1280, height: 500 } });
  await page.locator('hearth-story').getByRole('button', { name: 'Tell it' }).waitFor();
  const weights = '/models/ddpm-mnist/unet/diffusion_pytorch_model.safetensors';
  assert.equal(site.count(weights), 0, 'it waits for the visitor');
  await element().evaluate((image) => {
    const seen = Object.assign(globalThis, { seen: /** @type {any[]} */ ([]) }).seen;
    const canvases = image.shadowRoot?.querySelectorAll('.pair .frame > canvas') ?? [];
    image.addEventListener('step', (event) => {
      const { step_index, num_steps, timestep, fraction, seed } = /** @type {CustomEvent} */ (event).detail;
      const shown = [...canvases].map((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
      seen.push({ step_index, num_steps, timestep, fraction, seed, shown });
    });
    image.scrollIntoView();
  });
  await drawn();
  const seen = await page.evaluate(() => /** @type {any} */ (globalThis).seen);
  assert.deepEqual(
    seen.map((/** @type {any} */ step) => step.step_index),
    [0, 1, 2, 3, 4, 5],
  );
  assert.equal(seen[5].fraction, 1);
  assert.ok(seen.every((/** @type {any} */ { num_steps, seed }) => num_steps === 6 && seed === 3));
  assert.ok(seen[0].timestep > seen[5].timestep);
  for (const canvas of [0, 1]) {
    const pictures = seen.map((/** @type {any} */ { shown }) => shown[canvas]);
    assert.equal(new Set(pictures).size, 6, 'each step shows something else');
  }
  assert.notEqual(seen[0].shown[0], seen[0].shown[1]);
  assert.match(await status().innerText(), /^6 steps in [\d.]+ s on the CPU$/);
  assert.deepEqual(complaints, []);
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).shift);
  assert.ok(shift < 0.05, `what was on the page has moved by ${shift}`);
});

test('the timeline goes back to every step, by itself too', async () => {
  await open(FOUR);
  await drawn();
  const last = await pixels(guess());
  assert.equal(await slider().inputValue(), '3');
  await slider().fill('0');
  await element()
    .getByText(/^Step 1 of 4, timestep \d+$/)
    .waitFor();
  assert.match((await slider().getAttribute('aria-valuetext')) ?? '', /^Step 1 of 4/);
  const first = [await pixels(sample()), await pixels(guess())];
  assert.notEqual(first[1], last);
  await slider().focus();
  await page.keyboard.press('ArrowRight');
  await element()
    .getByText(/^Step 2 of 4/)
    .waitFor();
  assert.notEqual(await pixels(sample()), first[0]);
  await button('Play').click();
  await until(async () => (await slider().inputValue()) === '3');
  assert.equal(await pixels(guess()), last);
  await button('Play').click();
  await until(async () => (await slider().inputValue()) === '3');
  await button('Play').waitFor();
});

test('class, steps, scheduler, guidance and seed are taken from their fields', async () => {
  await open(FOUR);
  await drawn();
  const before = await pixels(guess());
  await menu('Class').selectOption('seven');
  await field('Steps').fill('3');
  await menu('Scheduler').selectOption('EulerDiscreteScheduler');
  assert.ok(await field('Eta').isDisabled(), 'eta is for one scheduler only');
  await field('Guidance').fill('2');
  await field('Seed').fill('12');
  const [detail] = await Promise.all([completed(), button('Draw').click()]);
  assert.deepEqual([detail.seed, detail.mode, detail.images.length], [12, 'noise', 1]);
  const attributes = await element().evaluate((image) =>
    ['class-labels', 'num-inference-steps', 'scheduler', 'guidance-scale', 'seed', 'eta'].map((name) =>
      image.getAttribute(name),
    ),
  );
  assert.deepEqual(attributes, ['7', '3', 'EulerDiscreteScheduler', '2', '12', null]);
  assert.match(await status().innerText(), /^3 steps/);
  const now = await pixels(guess());
  assert.notEqual(now, before);
  await field('Steps').fill('many');
  await button('Draw').click();
  await element().getByText('num_inference_steps is "many"').waitFor();
  assert.equal(await pixels(guess()), now, 'the picture stays');
});

test('eta puts noise into the steps of DDIM', async () => {
  await open(FOUR);
  await drawn();
  const before = await pixels(guess());
  await field('Eta').fill('1');
  await Promise.all([completed(), button('Draw').click()]);
  assert.notEqual(await pixels(guess()), before);
});

test('another one is another picture', async () => {
  await open(FOUR);
  await drawn();
  const before = await pixels(guess());
  const [{ seed }] = await Promise.all([completed(), button('Another one').click()]);
  assert.notEqual(seed, 7);
  assert.equal(await field('Seed').inputValue(), String(seed));
  assert.notEqual(await pixels(guess()), before);
});

test('a picture that is stopped stays as it is, and its steps too', async () => {
  await open(`&image-model=${QUICK}&image-seed=1&image-num-inference-steps=1000`);
  await until(async () => Number(await slider().inputValue()) > 3);
  assert.equal(await slider().getAttribute('max'), '999', 'it shows how much there is to come');
  await button('Stop').click();
  await element().getByText('Stopped.').waitFor();
  const [shown, last] = [await pixels(guess()), Number(await slider().getAttribute('max'))];
  assert.ok(last < 999);
  await slider().fill('0');
  assert.notEqual(await pixels(guess()), shown);
  await slider().fill(String(last));
  assert.equal(await pixels(guess()), shown);
  assert.ok(await button('Download PNG').isEnabled());
});

test('a thousand steps do not keep the page from reacting, and all of them are kept', async () => {
  await open(`&image-model=${QUICK}&image-seed=1&image-num-inference-steps=1000`);
  const spent = await workPerFrame(page);
  await until(async () => Number(await slider().inputValue()) > 3);
  await spent();
  await drawn();
  const each = await spent();
  assert.ok(each < 50, `each frame took ${each} ms of the page’s time`);
  await slider().fill('500');
  await element()
    .getByText(/^Step 501 of 1000, timestep \d+$/)
    .waitFor();
});

test('the address reproduces the picture, and a link is copied', async () => {
  await open(`&image-model=${QUICK}&image-num-inference-steps=3&image-scheduler=DDPMScheduler&image-seed=5`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await drawn();
  await Promise.all([completed(), button('Another one').click()]);
  const first = await pixels(guess());
  await element().getByRole('button', { name: 'Copy a link to this picture' }).click();
  await page.getByText('Copied. The link draws the last picture').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const { hash, searchParams } = new URL(link);
  assert.equal(hash, '#noise');
  assert.equal(searchParams.get('image-scheduler'), 'DDPMScheduler');
  await page.context().close();
  await open();
  await page.goto(link);
  await drawn();
  assert.equal(await pixels(guess()), first);
});

test('the picture and its steps are downloaded', async () => {
  await open(FOUR);
  await drawn();
  const [picture] = await Promise.all([page.waitForEvent('download'), button('Download PNG').click()]);
  assert.equal(picture.suggestedFilename(), 'hearth-image-7.png');
  const bytes = readFileSync(await picture.path());
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [224, 224]);
  const [film] = await Promise.all([page.waitForEvent('download'), button('Download animation').click()]);
  assert.equal(film.suggestedFilename(), 'hearth-image-7-steps.png');
  await element().getByText('The animation has been downloaded').waitFor();
  const animation = readFileSync(await film.path());
  const frames = chunksOf(animation).filter(({ type }) => type === 'fcTL');
  assert.equal(frames.length, 5, 'four steps, and the picture');
  const decoded = await page.evaluate(
    async (data) => {
      const decoder = new /** @type {any} */ (globalThis).ImageDecoder({
        data: Uint8Array.from(data),
        type: 'image/png',
      });
      await decoder.tracks.ready;
      const { animated, frameCount } = decoder.tracks.selectedTrack;
      const frames = [];
      for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
        const { image } = await decoder.decode({ frameIndex });
        const canvas = new OffscreenCanvas(image.displayWidth, image.displayHeight);
        const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        frames.push({ ms: image.duration / 1000, bytes: data.join() });
      }
      return {
        animated,
        ms: frames.map(({ ms }) => ms),
        different: new Set(frames.map((f) => f.bytes)).size,
      };
    },
    [...animation],
  );
  assert.equal(decoded.animated, true);
  assert.deepEqual(decoded.ms, [60, 60, 60, 60, 1500]);
  assert.ok(decoded.different >= 4);
});

test('four schedulers draw from the same noise, each with its steps and its time', async () => {
  await open(FOUR);
  await drawn();
  await choice('Compare schedulers').click();
  const cells = element().locator('.compared figure');
  await cells.nth(3).getByLabel('Scheduler').selectOption('DDPMScheduler');
  await cells.nth(2).getByLabel('Steps').fill('2');
  const [{ seed, runs, mode }] = await Promise.all([completed(), button('Compare').click()]);
  assert.deepEqual([seed, mode], [7, 'compare']);
  assert.deepEqual(
    runs.map((/** @type {any} */ { scheduler, num_steps }) => [scheduler, num_steps]),
    [
      ['DDIMScheduler', 4],
      ['EulerAncestralDiscreteScheduler', 4],
      ['DPMSolverMultistepScheduler', 2],
      ['DDPMScheduler', 4],
    ],
  );
  assert.ok(runs.every((/** @type {any} */ { ms }) => ms > 0));
  const captions = await cells.locator('.caption').allInnerTexts();
  assert.ok(
    captions.every((text) => /^[24] steps, [\d.]+ s$/.test(text)),
    captions.join(),
  );
  const pictures = async () => Promise.all([0, 1, 2, 3].map((at) => pixels(cells.nth(at).locator('canvas'))));
  const last = await pictures();
  assert.equal(new Set(last).size, 4);
  await field('Progress of all four').fill('0');
  const first = await pictures();
  assert.ok(first.every((picture, at) => picture !== last[at]));
  assert.match(await status().innerText(), /^Four schedulers in [\d.]+ s on the CPU$/);
});

test('a comparison is stopped, and what it has drawn stays', async () => {
  await open(FOUR);
  await drawn();
  await choice('Compare schedulers').click();
  const cells = element().locator('.compared figure');
  await cells.nth(1).getByLabel('Steps').fill('999');
  await button('Compare').click();
  await cells
    .nth(1)
    .getByText(/^\d+ of 999/)
    .waitFor();
  await button('Stop').click();
  await element().getByText('Stopped.').waitFor();
  assert.match(await cells.first().locator('.caption').innerText(), /^4 steps/);
});

test('noise is added to a picture in both forms, as much as the slider says, and the model removes it', async () => {
  await open(SHIPPED);
  await takePicture();
  const noise = field('Noise: t = 350');
  const middle = await pixels(sample());
  await noise.fill('0');
  await until(async () => (await pixels(sample())) !== middle);
  await element()
    .getByText(/= 1\.00 · x₀ \+ 0\.01 · ε/)
    .waitFor();
  await idle();
  const least = await pixels(sample());
  await choice('Continuous').click();
  await element().getByText('√(1 − t) · x₀ + √t · ε').waitFor();
  await field('Noise: t = 0.00').fill('640');
  await element().getByText('= 0.60 · x₀ + 0.80 · ε').waitFor();
  await idle();
  assert.notEqual(await pixels(sample()), least);
  const [detail] = await Promise.all([completed(), button('Remove the noise').click()]);
  assert.equal(detail.mode, 'picture');
  assert.equal(detail.seed, 3);
  assert.match(await status().innerText(), /^[1-5] steps? in/, 'only the steps from there on');
  const continuous = detail.images[0];
  await choice('Model’s schedule').click();
  await field('Noise: t = 639').fill('999');
  await idle();
  const [whole] = await Promise.all([completed(), button('Remove the noise').click()]);
  assert.match(await status().innerText(), /^6 steps in/);
  assert.notEqual(whole.images[0], continuous);
});

test('a digit that was drawn by hand is varied, and another variation is another', async () => {
  await open(FOUR);
  await drawn();
  await choice('From a picture').click();
  await idle();
  await button('Clear').click();
  await element().getByText('Draw something first').waitFor();
  await stroke([0.5, 0.2], [0.5, 0.8]);
  await element().getByText('Starting point').waitFor();
  await choice('Vary').click();
  await field('Strength: 0.6').fill('0.5');
  const [first] = await Promise.all([completed(), button('Vary it').click()]);
  assert.match(await status().innerText(), /^2 steps in/, 'half of four');
  const another = element().locator('.edits').getByRole('button', { name: 'Another one' });
  const [second] = await Promise.all([completed(), another.click()]);
  assert.notEqual(first.seed, second.seed);
  assert.notEqual(first.images[0], second.images[0]);
});

test('the marked part is repainted, and the rest stays', async () => {
  await open(FOUR);
  await takePicture();
  await choice('Repaint').click();
  await button('Repaint the marked part').click();
  await element().getByText('First mark the part to repaint').waitFor();
  await choice('Mark').click();
  await stroke([0.1, 0.25], [0.9, 0.25]);
  await idle();
  const before = await element().evaluate((image) => [.../** @type {any} */ (image).images[0].data]);
  await field('Seed').fill('99');
  await field('Steps back').fill('2');
  const [detail] = await Promise.all([completed(), button('Repaint the marked part').click()]);
  const now = detail.images[0].split(',').map(Number);
  const rows = (/** @type {number[]} */ bytes, /** @type {number} */ from, /** @type {number} */ to) =>
    bytes.slice(from * 8 * 4, to * 8 * 4).join();
  assert.equal(rows(now, 4, 8), rows(before, 4, 8), 'the lower half is as it was');
  assert.notEqual(rows(now, 1, 3), rows(before, 1, 3));
  assert.ok(Number(/^(\d+) steps/.exec(await status().innerText())?.[1]) > 4, 'steps were taken back');
});

test('a small picture guides a large one', async () => {
  await open(SHIPPED.replace('image-seed=3', 'image-seed=5'));
  await takePicture();
  const before = await element().evaluate((image) => [.../** @type {any} */ (image).images[0].data]);
  await choice('Enlarge').click();
  await idle();
  const width = () => sample().evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).width);
  assert.equal(await width(), 8);
  await menu('Downscale factor').selectOption('8');
  await idle();
  assert.equal(await width(), 4);
  await field('Seed').fill('99');
  await field('Steps').fill('25'); // in few, more is lighter or darker than a byte can be
  await field('Follow the picture for 80% of the steps').press('End'); // to the last step
  const [detail] = await Promise.all([completed(), button('Enlarge it').click()]);
  const now = detail.images[0].split(',').map(Number);
  assert.notDeepEqual(now, before);
  /** The means of 8 × 8 pixels each. @param {number[]} bytes */
  const small = (bytes) => {
    const means = new Array(16).fill(0);
    for (let at = 0; at < 32 * 32; at++) {
      means[Math.floor(at / 32 / 8) * 4 + Math.floor((at % 32) / 8)] += bytes[at * 4] / 64;
    }
    return means;
  };
  const [a, b] = [small(now), small(before)];
  assert.ok(
    a.every((mean, at) => Math.abs(mean - b[at]) < 16),
    `made small, it is the same: ${a.map(Math.round)} and ${b.map(Math.round)}`,
  );
});

test('the keyboard draws, marks and takes back', async () => {
  await open(FOUR);
  await drawn();
  await choice('From a picture').click();
  await idle();
  await button('Clear').click();
  await board().focus();
  const picture = () => pixels(board().locator('canvas').first());
  const empty = await picture();
  for (const key of ['ArrowUp', 'Space', 'ArrowRight', 'ArrowRight', 'Space']) await page.keyboard.press(key);
  const line = await picture();
  assert.notEqual(line, empty);
  await page.keyboard.press('ArrowDown');
  assert.equal(await picture(), line, 'the pen is up');
  await page.keyboard.press('Control+z');
  assert.equal(await picture(), empty);
  await choice('Mark').click();
  await board().focus();
  const marks = () => pixels(board().locator('.mask'));
  const none = await marks();
  for (const key of ['Space', 'ArrowLeft', 'Escape']) await page.keyboard.press(key);
  assert.notEqual(await marks(), none);
});

test('Tab comes to everything', async () => {
  await open(FOUR);
  await takePicture();
  const names = ['tool', 'edit', 'form', 'board', 'Remove the noise', 'Open…', 'Let the model draw', 'Clear'];
  const reached = new Set();
  await page.locator('#noise').evaluate((section) => {
    section.setAttribute('tabindex', '-1');
    section.focus();
  });
  for (let press = 0; press < 40 && !names.every((name) => reached.has(name)); press++) {
    await page.keyboard.press('Tab');
    const name = await element().evaluate((image) => {
      const inner = image.shadowRoot?.activeElement;
      return inner?.getAttribute('name') || inner?.classList[0]?.replace('main', '') || inner?.textContent;
    });
    reached.add(name);
  }
  for (const name of names) assert.ok(reached.has(name), `Tab never came to ${name}: ${[...reached].join()}`);
});

test('a picture file is opened and turned into ink on black, and another file is refused', async () => {
  await open(FOUR);
  await drawn();
  await choice('From a picture').click();
  await idle();
  const file = element().locator('input[type=file]');
  const icon = bytesOf('models/gan-mnist/loss.png');
  await file.setInputFiles({ name: 'paper.png', mimeType: 'image/png', buffer: icon });
  await until(async () => (await status().innerText()) === '');
  const corner = await board()
    .locator('canvas')
    .first()
    .evaluate((canvas) => {
      const context = /** @type {HTMLCanvasElement} */ (canvas).getContext('2d');
      return [...(context?.getImageData(112, 112, 1, 1).data ?? [])];
    });
  assert.ok(corner[0] < 128, `paper is dark now: ${corner}`);
  await element().evaluate((image) =>
    image.addEventListener('error', (event) =>
      Object.assign(globalThis, { code: /** @type {CustomEvent} */ (event).detail.code }),
    ),
  );
  await file.setInputFiles({ name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await element().getByText('this is no picture that this browser can read').waitFor();
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).code), 'invalid-option');
  await board().evaluate((board) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['also none'], 'x.txt', { type: 'text/plain' }));
    board.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await element().getByText('(text/plain)').waitFor();
});

test('the model draws a sample to begin with', async () => {
  await open(FOUR);
  await drawn();
  await choice('From a picture').click();
  await idle();
  await button('Clear').click();
  const before = await pixels(board().locator('canvas').first());
  await button('Let the model draw').click();
  await until(async () => (await pixels(board().locator('canvas').first())) !== before);
  await element().getByText('Starting point').waitFor();
});

test('a download shows its progress and can be stopped and started again', async () => {
  const file = bytesOf(WEIGHTS.slice(1));
  site.answers.set(WEIGHTS, (_, response) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, 30_000));
  });
  await open(FOUR);
  await element().getByText('Loading the model: 30 kB of 61 kB').waitFor();
  await button('Stop').click();
  await element().getByText('Stopped.').waitFor();
  site.answers.clear();
  await button('Draw').click();
  await drawn();
});

test('the attribute dtype loads the model in another format, which changes the picture', async () => {
  await open(FOUR);
  await drawn();
  const pictures = await element().evaluate(async (image) => {
    const picture = () => [.../** @type {any} */ (image).images[0].data];
    const complete = () =>
      new Promise((resolve) => image.addEventListener('complete', resolve, { once: true }));
    const pictures = [picture()];
    for (const dtype of ['q8', 'f32']) {
      image.setAttribute('dtype', dtype);
      await complete();
      pictures.push(picture());
    }
    return pictures;
  });
  assert.notDeepEqual(pictures[1], pictures[0]);
  assert.deepEqual(pictures[2], pictures[0]);
});

test('attributes that mean nothing are refused in words and events, and the page goes on', async () => {
  await open(FOUR);
  await drawn();
  const codes = await element().evaluate(async (image) => {
    const next = (/** @type {string} */ type) =>
      new Promise((resolve) =>
        image.addEventListener(type, (event) => resolve(/** @type {CustomEvent} */ (event).detail.code), {
          once: true,
        }),
      );
    const codes = [];
    for (const [name, value] of [
      ['num-inference-steps', '0'],
      ['scheduler', 'NoScheduler'],
      ['class-labels', 'ten'],
      ['guidance-scale', '-1'],
      ['eta', '2'],
      ['seed', '-1'],
      ['dtype', 'f64'],
      ['model', '/models/gan-mnist'],
      ['model', '/nowhere'],
    ]) {
      const before = image.getAttribute(name);
      image.setAttribute(name, value);
      codes.push([name, await next('error')]);
      if (before === null) image.removeAttribute(name);
      else image.setAttribute(name, before);
      await next('complete');
    }
    return codes;
  });
  assert.deepEqual(codes, [
    ['num-inference-steps', 'invalid-option'],
    ['scheduler', 'invalid-option'],
    ['class-labels', 'invalid-option'],
    ['guidance-scale', 'invalid-option'],
    ['eta', 'invalid-option'],
    ['seed', 'invalid-option'],
    ['dtype', 'invalid-option'],
    ['model', 'unsupported-model'],
    ['model', 'network'],
  ]);
});

test('a bare element draws a picture, several side by side, and again when it is pressed', async () => {
  const html = `<!doctype html><html lang="en"><title>A post</title>
    <script type="module" src="/www/elements/hearth-image.js"></script>
    <main id="noise"><hearth-image model="/${QUICK}" device="cpu" num-inference-steps="2" class-labels="2 0 2 6" seed="1"></hearth-image></main>`;
  site.answers.set('/post', send(html, { 'content-type': 'text/html' }));
  await openPage('/post');
  await drawn();
  const canvas = element().getByRole('button', {
    name: 'A picture drawn by the model. Press to draw another',
  });
  assert.deepEqual(
    await canvas.evaluate((canvas) => {
      const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
      return [width, height];
    }),
    [32, 8],
  );
  assert.equal(await element().getByRole('slider').count(), 0);
  const before = await pixels(canvas);
  await canvas.click();
  await until(async () => (await pixels(canvas)) !== before);
  await idle();
  const second = await pixels(canvas);
  await canvas.press('Enter');
  await until(async () => (await pixels(canvas)) !== second);
});

test('a model in colours and of another shape is drawn and painted with', async () => {
  await open('&image-model=tests/fixtures/diffusion/pipeline-rgb&image-seed=2&image-num-inference-steps=3');
  await drawn();
  assert.ok(await menu('Class').isDisabled());
  assert.deepEqual(
    await guess().evaluate((canvas) => {
      const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
      return [width, height, canvas.classList.contains('ink')];
    }),
    [8, 4, false],
  );
  await takePicture();
  await field('Colour').fill('#ff0000');
  await stroke([0.2, 0.5], [0.8, 0.5]);
  await choice('Vary').click();
  await Promise.all([completed(), button('Vary it').click()]);
});

test('the pictures speak Chinese', async () => {
  await open(FOUR, { locale: 'zh-CN' });
  await element()
    .getByText(/^完成了 4 步，用时 [\d.]+ 秒，运行设备：CPU$/)
    .waitFor();
  await element().locator('.choices label', { hasText: '从图片' }).click();
  await button('去掉噪声').waitFor();
  await element().locator('.choices label', { hasText: '比较调度器' }).click();
  await button('比较').waitFor();
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [name, width, height] of /** @type {const} */ ([
    ['desktop', 1280, 900],
    ['phone', 390, 844],
  ])) {
    test(`pictures on ${name}, ${colorScheme}: no accessibility violations, nothing overflows`, async () => {
      await open(SHIPPED, { viewport: { width, height }, colorScheme });
      await drawn();
      const look = async (/** @type {string} */ what) => {
        await element().screenshot({ path: shot(`image-${what}-${name}-${colorScheme}`) });
        assert.ok((await overflow(page)) <= 0, `${what}: the page is ${await overflow(page)} px too wide`);
        assert.deepEqual(await violations(page), []);
      };
      await look('noise');
      await takePicture();
      await choice('Mark').click();
      await stroke([0.3, 0.3], [0.7, 0.4]);
      await idle();
      await look('picture');
      for (const edit of ['Vary', 'Repaint', 'Enlarge']) {
        await choice(edit).click();
        await idle();
        assert.ok((await overflow(page)) <= 0, `${edit}: the page is too wide`);
      }
      await choice('Compare schedulers').click();
      await Promise.all([completed(), button('Compare').click()]);
      await look('compare');
    });
  }
}

test('with WebGPU in software the page says that the GPU is emulated', async () => {
  await openPage(`/?device=webgpu${FOUR}&image-num-inference-steps=2`);
  await element().evaluate((image) => image.scrollIntoView());
  await status().filter({ hasText: 'on the emulated GPU' }).waitFor();
});
