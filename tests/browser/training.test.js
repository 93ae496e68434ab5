// Training in the tab: the task and its element.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { bytesOf, launch, overflow, send, until, violations } from './harness.js';
import { complaints, openBlank, openBody, page, scriptOf, shot, site } from './session.js';

const MODEL = '/tests/fixtures/gan/conditional';
const DATA = '/data/mnist';
const ELEMENT = `${scriptOf('training')}<hearth-training id="it" controls device="cpu" seed="7" sample-every="4"></hearth-training>`;

/** Runs code with a training of the shipped model's shape. @param {string} code an async function's body */
const withTraining = (code, { data = `'${DATA}'`, model = '/models/gan-mnist' } = {}) =>
  page.evaluate(`(async () => {
    const { pipeline, loadDigits } = await import('/www/hearth.js');
    const codeOf = (promise) => promise.then(() => 'nothing', ({ code, message }) => code + ': ' + message);
    const last = async (events) => { let event; for await (event of events); return event; };
    const train = await pipeline('gan-training', '${model}', { data: ${data}, device: 'cpu' });
    ${code}
  })()`);

const element = () => page.locator('hearth-training');
/** @param {string} name */
const button = (name) => element().getByRole('button', { name });
const step = async () =>
  Number((await element().locator('.count').innerText()).match(/Step ([\d,]+)/)?.[1].replace(',', ''));
const stepped = (/** @type {number} */ least) => until(async () => (await step()) >= least);
const message = () => element().locator('.status p').innerText();
/** What a canvas shows. @param {number} index */
const picture = (index) =>
  element()
    .locator('.sheets canvas')
    .nth(index)
    .evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());

test('each step is reported, and pictures and verdicts as often as asked', async () => {
  await openBlank();
  const { info, steps, complete } = /** @type {any} */ (
    await withTraining(`
      const steps = [];
      let complete;
      for await (const event of train.stream({ steps: 10, sample_every: 4, seed: 1, batch_size: 16 })) {
        if (event.type === 'complete') complete = event;
        else steps.push([event.step_index, event.images?.length ?? 0, event.verdicts?.real.length ?? 0,
          [event.d_loss, event.g_loss, event.d_real, event.d_fake].every(Number.isFinite)]);
      }
      return { info: train.info, steps, complete };`)
  );
  assert.deepEqual(info.data, { count: 10_000, height: 28, width: 28, has_labels: true });
  assert.equal(info.num_classes, 10);
  assert.deepEqual(
    steps,
    Array.from({ length: 10 }, (_, index) => {
      const shows = [4, 8, 10].includes(index + 1);
      return [index + 1, shows ? 40 : 0, shows ? 16 : 0, true];
    }),
  );
  assert.deepEqual(complete, { type: 'complete', step_index: 10 });
});

test('a training goes on where it is, and begins anew unless it is told to go on', async () => {
  await openBlank();
  const reached = await withTraining(`
    const reached = [];
    for (const options of [{ steps: 3, seed: 1 }, { steps: 2, resume: true, learning_rate: 1e-4 }, { steps: 1, seed: 1 }])
      reached.push((await last(train.stream(options))).step_index);
    reached.push((await train.options()).learning_rate);
    await train.change({ batch_size: 8 });
    reached.push((await train.options()).batch_size);
    return reached;`);
  assert.deepEqual(reached, [3, 5, 1, 2e-4, 8]);
});

test('a call stops within a moment, takes changes while it runs, and a checkpoint brings back its step', async () => {
  await openBlank();
  const seen = /** @type {any} */ (
    await withTraining(`
      const stop = new AbortController();
      let [steps, changed] = [0, null];
      const run = (async () => {
        for await (const event of train.stream({ signal: stop.signal, seed: 3 })) {
          steps = event.step_index;
          if (steps === 2) changed = train.change({ discriminator_steps: 2 });
        }
      })();
      while (steps < 6) await new Promise((resolve) => setTimeout(resolve, 10));
      await changed;
      const second = await codeOf(last(train.stream({ steps: 1 })));
      const saved = await train.save();
      const asked = performance.now();
      stop.abort();
      const stopped = await codeOf(run);
      const options = await train.options();
      const ms = performance.now() - asked;
      const { step_index } = await train.open(saved);
      const next = await last(train.stream({ steps: 1, resume: true }));
      return { second, stopped, ms, size: saved.size, discriminator_steps: options.discriminator_steps,
        went: next.step_index - step_index, wrong: await codeOf(train.open(new Blob(['no']))),
        unknown: await codeOf(last(train.stream({ learning: 1 }))), steps: await codeOf(last(train.stream({ steps: 0 }))) };`)
  );
  assert.match(seen.second, /^invalid-option: .*is being trained already/);
  assert.match(seen.stopped, /^aborted/);
  assert.ok(seen.ms < 1000, `it took ${seen.ms} ms`);
  assert.ok(seen.size > 0);
  assert.deepEqual([seen.discriminator_steps, seen.went], [2, 1]);
  assert.match(seen.wrong, /^weights-(invalid|mismatch|truncated)/);
  assert.match(seen.unknown, /^invalid-option: .*learning/);
  assert.match(seen.steps, /^invalid-option: steps is 0/);
});

test('two trainings of one folder are two', async () => {
  await openBlank();
  const reached = await withTraining(`
    const other = await pipeline('gan-training', '/models/gan-mnist', { data: '${DATA}', device: 'cpu' });
    const [one, two] = await Promise.all([last(train.stream({ steps: 4 })), last(other.stream({ steps: 7 }))]);
    await train.dispose();
    const gone = await codeOf(train.save());
    const goes = await last(other.stream({ steps: 1, resume: true }));
    return [one.step_index, two.step_index, gone.split(':')[0], goes.step_index];`);
  assert.deepEqual(reached, [4, 7, 'disposed', 8]);
  assert.equal(page.workers().length, 1);
});

test('what is no data, is not there or does not fit is refused by its code, and only the configuration is fetched', async () => {
  await openBlank();
  site.answers.set('/html/images-idx3-ubyte.gz', send('<!doctype html>', { 'content-type': 'text/html' }));
  site.answers.set('/html/labels-idx1-ubyte.gz', send('<!doctype html>', { 'content-type': 'text/html' }));
  site.answers.set('/few/images-idx3-ubyte.gz', send(bytesOf('data/mnist/images-idx3-ubyte.gz')));
  site.answers.set('/few/labels-idx1-ubyte.gz', send(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 0)));
  const codes = /** @type {string[]} */ (
    await withTraining(`
      const refused = (data, model = '/models/gan-mnist') => codeOf(pipeline('gan-training', model, { data, device: 'cpu' }));
      const digits = await loadDigits('${DATA}', { count: 3 });
      const small = { pixels: new Uint8Array(8), labels: new Uint8Array(2), height: 2, width: 2 };
      return [await refused('/html'), await refused('/nowhere'), await refused('/few'), await refused(small), await refused(),
        await refused('${DATA}', '/models/gpt2-stories'), String([digits.count, digits.pixels.length, digits.labels])];`)
  );
  const expected = [
    /^data-invalid: .*html.* is a web page/,
    /^network: .*404/,
    /^data-invalid: .*10000 pictures, and there are 2 labels/,
    /^data-invalid/,
    /^invalid-option: data is undefined/,
    /^unsupported-model: gan-training is nothing that a GPT-2 does/,
    /^3,2352,5,0,4$/,
  ];
  expected.forEach((form, index) => assert.match(codes[index], form));
  assert.equal(site.count('/models/gan-mnist/model.safetensors'), 0);
});

test('data that was loaded is there without a network', async () => {
  await openBlank();
  const load = `import('/www/hearth.js').then(({ loadDigits }) => loadDigits('${DATA}')).then(({ count }) => count)`;
  assert.equal(await page.evaluate(load), 10_000);
  for (const file of ['images-idx3-ubyte.gz', 'labels-idx1-ubyte.gz']) {
    site.answers.set(`${DATA}/${file}`, (request) => request.destroy());
  }
  assert.equal(await page.evaluate(load), 10_000);
});

test('the element shows real pictures and noise, trains, pauses, takes a step, and starts over', async () => {
  await openBody(ELEMENT);
  await element().getByText('Ready: 10,000 pictures').waitFor();
  assert.equal(await step(), 0);
  const [real, noise] = [await picture(0), await picture(1)];
  await button('Train').click();
  await stepped(9);
  await button('Pause').click();
  await element().getByText('Paused after step').waitFor();
  const paused = await step();
  assert.notEqual(await picture(1), noise);
  assert.equal(await picture(0), real);
  await button('One step').click();
  await until(async () => (await step()) === paused + 1);
  assert.match(await element().locator('.numbers').innerText(), /D\(x\): [\d.]+%/);
  assert.equal(await element().evaluate((it) => /** @type {any} */ (it).images.length), 40);
  await button('Start over').click();
  await until(async () => (await step()) === 0);
  await button('Train').click();
  await stepped(3);
  assert.deepEqual(complaints, []);
});

test('options change while it runs, and a wrong one is refused in words', async () => {
  await openBody(ELEMENT);
  await button('Train').click();
  await stepped(2);
  await element().getByText('Options', { exact: true }).click();
  await element().getByLabel('Learning rate').fill('0.0001');
  await element().getByLabel('Learning rate').press('Enter');
  assert.equal(await element().getAttribute('learning-rate'), '0.0001');
  await element().getByLabel('Batch size').fill('-1');
  await element().getByLabel('Batch size').press('Enter');
  await element().getByText('batch_size is -1').waitFor();
  const before = await step();
  await stepped(before + 3);
});

test('a trial sets options that make it fail, and the way back sets those of before', async () => {
  await openBody(ELEMENT.replace('seed=', 'learning-rate="0.0003" seed='));
  await button('Overpower the discriminator').click();
  await stepped(2);
  assert.equal(await element().getAttribute('discriminator-steps'), '8');
  assert.equal(await button('Overpower the discriminator').getAttribute('aria-pressed'), 'true');
  await button('Back to the options before').click();
  assert.equal(await element().getAttribute('discriminator-steps'), null);
  assert.equal(await element().getAttribute('learning-rate'), '0.0003');
});

test('the slider goes back to a moment before, while the training goes on', async () => {
  await openBody(ELEMENT);
  const noise = await until(async () => (await message()).startsWith('Ready')).then(() => picture(1));
  await button('Train').click();
  await stepped(20);
  const slider = element().getByRole('slider');
  await slider.fill('0');
  await until(async () => (await picture(1)) === noise);
  await stepped((await step()) + 8);
  assert.equal(await picture(1), noise);
  assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /step 0$/);
  await slider.press('End');
  await until(async () => (await picture(1)) !== noise);
});

test('a checkpoint is downloaded, and opened again', async () => {
  await openBody(ELEMENT);
  await button('Train').click();
  await stepped(4);
  await button('Pause').click();
  await element().getByText('Paused after step').waitFor();
  const saved = await step();
  const [download] = await Promise.all([page.waitForEvent('download'), button('Save checkpoint').click()]);
  assert.equal(download.suggestedFilename(), `hearth-gan-step-${saved}.safetensors`);
  await button('Start over').click();
  await until(async () => (await step()) === 0);
  await element()
    .locator('input[type=file]')
    .setInputFiles(await download.path());
  await element().getByText('The checkpoint is open').waitFor();
  assert.equal(await step(), saved);
  await button('One step').click();
  await until(async () => (await step()) === saved + 1);
  assert.ok(readFileSync(await download.path()).length > 0);
});

test('a visitor draws shapes, by pointer or by keyboard, and trains on them', async () => {
  await openBody(ELEMENT);
  await until(async () => (await message()).startsWith('Ready'));
  const digits = await picture(0);
  await element().getByText('Train on your own drawings').click();
  const pad = element().getByRole('application');
  await pad.scrollIntoViewIfNeeded();
  const box = /** @type {NonNullable<Awaited<ReturnType<typeof pad.boundingBox>>>} */ (
    await pad.boundingBox()
  );
  for (const x of [0.3, 0.7]) {
    await page.mouse.move(box.x + box.width * x, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height - 30, { steps: 4 });
    await page.mouse.up();
    await button('Add to the data').click();
  }
  assert.ok(await button('Train on these').isDisabled());
  await pad.focus();
  for (const key of [' ', ...new Array(8).fill('ArrowDown'), ' ']) await page.keyboard.press(key);
  await button('Add to the data').click();
  await button('Remove drawing 3').waitFor();
  await button('Train on these').click();
  await stepped(2);
  assert.notEqual(await picture(0), digits);
  await button('Back to the digits').click();
  await until(async () => (await picture(0)) === digits);
});

test('a GPU that is lost in the middle: the training goes on from the last saved moment, with its options', async () => {
  const own = await launch();
  try {
    const small = ELEMENT.replace('device="cpu"', 'device="webgpu" batch-size="2" discriminator-steps="1"');
    await openBody(small, 'lang="en"', { from: own });
    await button('Train').click();
    await stepped(8);
    const session = await own.newBrowserCDPSession();
    await session.send('Browser.crashGpuProcess').catch(() => {});
    await until(async () => /The GPU was lost/.test(await message()));
    const from = Number((await message()).match(/from step ([\d,]+)/)?.[1].replace(',', ''));
    const pictures = await element().evaluate(
      (it) =>
        new Promise((resolve) =>
          it.addEventListener('step', (event) => {
            const { verdicts } = /** @type {CustomEvent} */ (event).detail;
            if (verdicts) resolve(verdicts.real.length);
          }),
        ),
    );
    assert.equal(pictures, 2, 'a batch is as large as before');
    assert.ok((await step()) > from);
  } finally {
    await own.close();
  }
});

test('a training that diverges says so, and goes on from the last sound step', async () => {
  await openBody(
    ELEMENT.replace(
      '<hearth-training',
      '<hearth-training loss="hinge" optimizer="SGD" learning-rate="1" batch-size="8"',
    ),
  );
  await button('Train').click();
  await until(async () => /diverged/.test(await message()));
  const sound = await step();
  await element().evaluate((it) => it.setAttribute('learning-rate', '0.000001'));
  await button('One step').click();
  await until(async () => (await step()) === sound + 1);
  await until(async () => /Paused after step/.test(await message()));
});

test('an element reports its life by events, and taken out of the page it gives everything back', async () => {
  await openBody(ELEMENT.replace('<hearth-training', '<hearth-training steps="5"'));
  const seen = await page.evaluate(async () => {
    const it = /** @type {any} */ (document.querySelector('hearth-training'));
    /** @type {any[]} */
    const seen = [];
    for (const type of ['load', 'progress', 'step', 'complete', 'error']) {
      it.addEventListener(type, (/** @type {CustomEvent} */ { detail }) =>
        seen.push([type, detail.step_index ?? detail.code]),
      );
    }
    await it.play();
    it.setAttribute('data', '/nowhere');
    await new Promise((resolve) => it.addEventListener('error', resolve, { once: true }));
    it.remove();
    return seen.filter(([type]) => !['load', 'progress'].includes(type));
  });
  assert.deepEqual(seen, [
    ...[1, 2, 3, 4, 5].map((index) => ['step', index]),
    ['complete', 5],
    ['error', 'network'],
  ]);
});

for (const [width, scheme] of /** @type {const} */ ([
  [1280, 'light'],
  [390, 'light'],
  [1280, 'dark'],
  [390, 'dark'],
])) {
  // prettier-ignore
  test(`it fits a window of ${width} px, is accessible, and looks right in ${scheme}`, async () => {
    await openBody(`<main><h1>A page</h1><h2>Training</h2>${ELEMENT}</main>`);
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.addStyleTag({ content: ':root { color-scheme: light dark; font-family: sans-serif; background: light-dark(#fffdf9, #1d1a17); color: light-dark(#26211c, #f2ece4); }' });
    await button('Train').click();
    await stepped(60);
    await element().evaluate((it) => /** @type {any} */ (it).reset());
    await button('Train').click();
    await stepped(90);
    await button('Pause').click();
    await element().getByText(/^The run before, at step \d+$/).waitFor();
    await element().getByText('Options', { exact: true }).click();
    await element().getByText('Train on your own drawings').click();
    await page.screenshot({ path: shot(`training-${width}-${scheme}`), fullPage: true });
    assert.equal(await overflow(page), 0);
    assert.deepEqual(await violations(page), []);
  });
}

test('in Chinese, and on a page that is written from right to left', async () => {
  await openBody(ELEMENT.replace('<hearth-training', '<hearth-training lang="zh"'), 'lang="ar" dir="rtl"');
  await button('开始训练').click();
  await element().getByText('正在训练').waitFor();
  await button('暂停').click();
  await element().getByText('已暂停').waitFor();
  assert.equal(await overflow(page), 0);
  await page.screenshot({ path: shot('training-zh'), fullPage: true });
});
