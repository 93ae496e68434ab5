// <hearth-image> with a model that draws from prompts. An engine stands in that draws nothing but colours, and reports what it
// is asked for.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { overflow, send, until, violations } from './harness.js';
import { complaints, openBody, page, scriptOf, shot, site, visit } from './session.js';

const INFO = {
  ...{ kind: 'diffusion', prompts: true, sample_size: [128, 128], size_multiple: 8, max_prompt_tokens: 77 },
  ...{ channels: 3, num_classes: 0, labels: [], guidance: true, guidance_scale: 7.5, num_inference_steps: 4 },
  ...{ scheduler: 'DDIMScheduler', schedulers: ['DDIMScheduler', 'EulerDiscreteScheduler', 'PNDMScheduler'] },
  ...{ num_train_timesteps: 1000, prediction_type: 'epsilon', dtype: 'f32', warnings: [] },
};

/** The stand-in. A prompt is cut after 30 characters. @param {object} [more] of the info */
const engine = (more) => `
  const info = ${JSON.stringify({ ...INFO, ...more })};
  const tell = (what) => fetch('/asked', { method: 'POST', body: JSON.stringify(what) });
  onmessage = async ({ data: { id, type, ...params } }) => {
    if (type === 'abort') return;
    await tell({ type, ...params, image: undefined, mask: undefined });
    if (type === 'load') {
      const where = { device: 'cpu', adapter: '', is_fallback_adapter: false };
      return postMessage({ id, result: { handle: 1, info, ...where } });
    }
    if (type === 'run') {
      const { prompt = '', height = info.sample_size[0], width = info.sample_size[1], seed = 1 } = params.options;
      const truncated = [prompt.length > 30 ? prompt.slice(30) : undefined];
      const rgba = (light) => new Uint8ClampedArray(height * width * 4).map((_, at) => (at % 4 === 3 ? 255 : light));
      const of = { seed, height, width, truncated };
      for (let step_index = 0; step_index < 4; step_index++) {
        const previews = [['sample', rgba(90)], ['pred_original_sample', rgba(60 * step_index)]];
        const event = { type: 'step', step_index, num_steps: 4, timestep: 900 - 300 * step_index, previews, ...of };
        postMessage({ id, event });
      }
      postMessage({ id, event: { type: 'complete', rgba: rgba(200), latents: new Float32Array(4), ...of } });
    }
    postMessage({ id, result: undefined });
  };
  postMessage({ starting: true });
  postMessage({ ready: true });`;

/** What the engine was asked for. @type {any[]} */
let asked = [];

/** Has the stand-in for an engine. @param {object} [more] of the info */
function standIn(more) {
  const script = send(engine(more), { 'content-type': 'text/javascript' });
  site.answers.set('/www/engine/worker/worker.js', script);
}

beforeEach(() => {
  asked = [];
  standIn();
  site.answers.set('/favicon.ico', send(''));
  site.answers.set('/asked', async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    asked.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(204).end();
  });
});

/** Opens a page with the element. @param {string} attributes */
const open = (attributes) =>
  openBody(`${scriptOf('image')}<main><h1>A page</h1><hearth-image ${attributes}></hearth-image></main>`);

const element = () => page.locator('hearth-image');
/** @param {string} label */
const field = (label) => element().getByLabel(label, { exact: true }).first();
const classes = () => element().locator('select[name=class_labels]');
/** @param {string} name */
const button = (name) => element().getByRole('button', { name, exact: true });
const status = () => element().locator('.status p');
const drawn = () =>
  status()
    .filter({ hasText: /steps in [\d.]+ s on the/ })
    .waitFor();
/** What is said under the prompt. */
const read = () => element().locator('.prompts .read');
const calls = () => asked.filter(({ type }) => type === 'run').map(({ options }) => options);
const tasks = () => asked.filter(({ type }) => type === 'load').map(({ task }) => task);

test('a prompt is drawn when a reader comes to it, and nothing on the page moves', async () => {
  await open('controls prompt="a fox" negative-prompt="snow" seed="7" model="/any" variant="fp16" offload');
  await drawn();
  const [{ preview, ...options }] = calls();
  assert.deepEqual(options, { prompt: 'a fox', negative_prompt: 'snow', seed: 7 });
  assert.deepEqual(preview, ['sample', 'pred_original_sample']);
  const { task, variant, offload } = asked.find(({ type }) => type === 'load');
  assert.deepEqual({ task, variant, offload }, { task: 'text-to-image', variant: 'fp16', offload: true });
  const [image] = await element().evaluate((image) =>
    /** @type {any} */ (image).images.map((/** @type {any} */ { width, prompt, negative_prompt }) => ({
      ...{ width, prompt, negative_prompt },
    })),
  );
  assert.deepEqual(image, { width: 128, prompt: 'a fox', negative_prompt: 'snow' });
  assert.equal(await classes().isVisible(), false);
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).shift);
  assert.ok(shift < 0.05, `what was on the page has moved by ${shift}`);
  assert.deepEqual(complaints, []);
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: shot('prompt-image'), fullPage: true });
});

test('a visitor writes a prompt and draws it with the keyboard alone', async () => {
  await open('controls prompt model="/any" num-inference-steps="4"');
  await field('Prompt').waitFor();
  await button('Draw').click();
  await status().filter({ hasText: 'First write what to draw.' }).waitFor();
  assert.deepEqual(asked, [], 'a blank prompt loads nothing');
  assert.equal(await field('Height').isVisible(), false, 'the prompt is what matters');
  await button('Options').press('Enter');
  await field('Prompt').focus();
  await page.keyboard.type('a bear');
  await page.keyboard.press('Tab');
  await page.keyboard.type('rain');
  await page.keyboard.press('Control+Enter');
  await drawn();
  assert.equal(await element().getAttribute('prompt'), 'a bear');
  assert.equal(await element().getAttribute('negative-prompt'), 'rain');
  await field('Height').fill('64');
  await button('Draw').click();
  await until(() => calls().length === 2);
  const [first, second] = calls();
  assert.deepEqual([first.prompt, first.negative_prompt, first.height], ['a bear', 'rain', undefined]);
  assert.deepEqual([second.prompt, second.height, second.num_inference_steps], ['a bear', 64, 4]);
});

test('what was cut off a prompt is said under it, until a shorter one is drawn, and nothing moves', async () => {
  const long = 'a fox on a hill at night, under many stars';
  await open(`controls prompt="${long}" model="/any"`);
  await drawn();
  assert.equal(await read().innerText(), 'Too long for the model, which did not read: “r many stars”');
  await page.evaluate(() => Object.assign(globalThis, { shift: 0 }));
  await field('Prompt').fill('a fox');
  await button('Draw').click();
  await until(async () => (await read().innerText()) === 'Ctrl + Enter draws it.');
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).shift);
  assert.ok(shift < 0.05, `what was on the page has moved by ${shift}`);
});

test('a folder that turns out to take prompts gets their fields, and waits for a visitor to write one', async () => {
  await open('controls model="/any" loading="eager"');
  await status().filter({ hasText: 'First write what to draw.' }).waitFor();
  assert.deepEqual(tasks(), ['image-to-image', 'text-to-image']);
  await button('Draw').click();
  await until(async () => (await element().getAttribute('prompt')) === '');
  await status().filter({ hasText: 'First write what to draw.' }).waitFor();
  assert.deepEqual(calls(), []);
  await field('Prompt').fill('a fox');
  await button('Draw').click();
  await drawn();
  assert.equal(calls()[0].prompt, 'a fox');
});

test('a folder that takes none has no such fields', async () => {
  standIn({ prompts: false, channels: 1 });
  await open('controls model="/any" loading="eager"');
  await drawn();
  assert.deepEqual(tasks(), ['image-to-image', 'unconditional-image-generation']);
  assert.ok(!('prompt' in calls()[0]));
  for (const label of ['Prompt', 'Negative prompt', 'Height', 'Width']) {
    assert.equal(await field(label).isVisible(), false, label);
  }
  assert.equal(await classes().isVisible(), true);
});

test('schedulers are compared with the same prompt', async () => {
  await open('controls prompt="a fox" mode="compare" model="/any" seed="3" height="64"');
  await status().filter({ hasText: 'Four schedulers in' }).waitFor();
  assert.equal(calls().length, 4);
  for (const { prompt, seed, height } of calls()) assert.deepEqual([prompt, seed, height], ['a fox', 3, 64]);
});

test('a picture is varied and repainted as the prompt says', async () => {
  await open('controls prompt="a fox" model="/any" seed="3"');
  await drawn();
  await button('Edit this picture').click();
  const shown = element().locator('.edits .choices label:visible');
  assert.deepEqual(await shown.allInnerTexts(), ['Vary', 'Repaint']);
  await element().getByText('Starting point').waitFor();
  await button('Vary it').click();
  await until(() => calls().length === 2);
  const { prompt, strength, guidance_scale } = calls()[1];
  assert.deepEqual([prompt, strength, guidance_scale], ['a fox', 0.6, undefined]);
  assert.deepEqual(tasks(), ['text-to-image', 'image-to-image']);
  await drawn();
  await button('Options').click();
  await field('Height').fill('64');
  await page.keyboard.press('Tab');
  const canvas = element().locator('.board canvas').first();
  const shape = () => canvas.evaluate((/** @type {any} */ { width, height }) => width / height);
  await until(async () => (await shape()) === 2);
  await shown.getByText('Repaint').click();
  assert.equal(await field('Repeats').isVisible(), false);
  assert.equal(await field('Strength: 1').isVisible(), true);
  await element()
    .locator('.sketch .choices label', { hasText: /^Mark$/ })
    .click();
  const box = await element().locator('.board').boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 3, box.y + box.height / 3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await field('Prompt').fill('a bear');
  await button('Repaint the marked part').click();
  await until(() => calls().length === 3);
  const repainted = calls()[2];
  assert.deepEqual([repainted.prompt, repainted.strength], ['a bear', 1]);
  assert.ok(!('jump_length' in repainted));
});

test('a narrow screen and the other language have room for all of it', async () => {
  await openBody(
    `${scriptOf('image')}<hearth-image controls lang="zh" prompt="狐狸" model="/any"></hearth-image>`,
  );
  await page.setViewportSize({ width: 360, height: 800 });
  await status().filter({ hasText: '完成了 4 步' }).waitFor();
  assert.ok((await overflow(page)) <= 0);
  assert.equal(await field('提示词').inputValue(), '狐狸');
  await page.screenshot({ path: shot('prompt-image-narrow'), fullPage: true });
});

test('without controls there is the picture alone, and a press draws another from the same prompt', async () => {
  await open('prompt="a fox" model="/any" seed="3"');
  await until(() => calls().length === 1);
  assert.equal(await field('Prompt').isVisible(), false);
  await until(() => element().evaluate((image) => !(/** @type {any} */ (image).busy)));
  await element().getByRole('button').first().press('Enter');
  await until(() => calls().length === 2);
  const [first, second] = calls();
  assert.deepEqual([first.prompt, second.prompt], ['a fox', 'a fox']);
  assert.notEqual(second.seed, first.seed);
});

test('the demo page’s address has the prompt, and draws it again', async () => {
  await visit('&paint-prompt=a%20fox&paint-negative-prompt=snow&paint-model=/any&paint-height=64');
  const paint = page.locator('#pictures hearth-image');
  await paint.evaluate((image) => image.scrollIntoView());
  await until(() => calls().some(({ prompt }) => prompt === 'a fox'));
  await paint.getByLabel('Prompt', { exact: true }).fill('a bear, & “more”');
  await paint.getByRole('button', { name: 'Draw', exact: true }).click();
  await until(() => new URL(page.url()).searchParams.get('paint-prompt') === 'a bear, & “more”');
  assert.equal(new URL(page.url()).searchParams.get('paint-negative-prompt'), 'snow');
  asked = [];
  await page.reload();
  await paint.evaluate((image) => image.scrollIntoView());
  await until(() => calls().some(({ prompt }) => prompt === 'a bear, & “more”'));
  const { negative_prompt, height } = calls().find(({ prompt }) => prompt);
  assert.deepEqual([negative_prompt, height], ['snow', 64]);
});

test('a prompt to try is one press away, one is made up, and what was drawn before comes again', async () => {
  await open('controls prompt model="/any"');
  await button('Surprise me').waitFor();
  const ideas = element().locator('.ideas button');
  assert.equal(await ideas.count(), 13);
  const first = await ideas.nth(1).innerText();
  await ideas.nth(1).click();
  await drawn();
  assert.equal(await field('Prompt').inputValue(), first);
  assert.equal(await element().locator('.earlier').isVisible(), false, 'it is on show');
  await button('Surprise me').click();
  await until(() => calls().length === 2);
  await element().locator('.earlier button').nth(1).waitFor();
  const [before, after] = calls();
  assert.match(after.prompt, /^an? .+ (in|on|under)/);
  assert.notEqual(after.seed, before.seed);
  await element().getByRole('group', { name: 'Drawn before' }).getByRole('button', { name: first }).click();
  await until(() => calls().length === 3);
  assert.deepEqual([calls()[2].prompt, calls()[2].seed], [first, before.seed]);
  assert.deepEqual(await violations(page), []);
});
