// Draws what is seen in the windows of the demo page, and the picture for links to it, with the models that ship: run it after one
// of them has changed.
//
//   node scripts/windows.js          all
//   node scripts/windows.js digits   one

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { chromium as browsers } from 'playwright-core';

import { build } from './build.js';
import { flags, installChromium } from './chromium.js';
import { serve } from './serve.js';
import { Failure, root, script } from './shell.js';

const pageFolder = path.join(root, 'www', 'page');
/** What sites that show links ask for. */
const LINK = { width: 1200, height: 630 };

const NAMES = ['pictures', 'noise', 'digits', 'training', 'map', 'link'];
const isWanted = (/** @type {string} */ name) => !process.argv[2] || process.argv[2] === name;

/** Draws a window in the page. Returns it as a data URL. @param {string} name */
async function draw(name) {
  const [WIDTH, HEIGHT] = [640, 400];
  const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
  const load = (/** @type {string} */ task, /** @type {string} */ model, options = {}) =>
    pipeline(task, `/models/${model}`, { device: 'cpu', ...options });
  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.imageSmoothingQuality = 'high';

  /** Strokes of light on black, as embers. @param {ImageData} image */
  function embers({ data, width, height }) {
    const glowing = new ImageData(width, height);
    for (let index = 0; index < data.length; index += 4) {
      const light = data[index] / 255;
      glowing.data.set([36 + 219 * light, 28 + 165 * light, 22 + 95 * light, 255], index);
    }
    return glowing;
  }
  /** Pictures in a grid that fills the window. @param {ImageData[]} images @param {number} columns @param {number} [gap] */
  function tile(images, columns, gap = 0) {
    const rows = Math.ceil(images.length / columns);
    const [width, height] = [WIDTH / columns, HEIGHT / rows];
    images.forEach((image, index) => {
      const [x, y] = [(index % columns) * width, Math.floor(index / columns) * height];
      const one = new OffscreenCanvas(image.width, image.height);
      one.getContext('2d')?.putImageData(image, 0, 0);
      // The whole picture where it is shown as a stroke, and else as much as fills its place.
      const scale = (gap ? Math.min : Math.max)((width - gap) / image.width, (height - gap) / image.height);
      const [w, h] = [Math.min(image.width, width / scale), Math.min(image.height, height / scale)];
      context.drawImage(
        one,
        (image.width - w) / 2,
        (image.height - h) / 2,
        w,
        h,
        x + (width - w * scale) / 2,
        y + (height - h * scale) / 2,
        w * scale,
        h * scale,
      );
    });
  }

  context.fillStyle = '#241c16';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  if (name === 'pictures') {
    const paint = await load('text-to-image', 'picturebook');
    const prompts = [
      'a castle on a green hill at sunset',
      'a penguin on the ice',
      'a whale under the sea',
      'an astronaut on the moon at night',
      'a rocket in outer space',
      'a sailing boat on the sea',
    ];
    const images = [];
    for (const [index, prompt] of prompts.entries())
      images.push((await paint(prompt, { seed: 20 + index }))[0]);
    tile(images, 3);
  }
  if (name === 'noise') {
    const draw = await load('unconditional-image-generation', 'ddpm-mnist');
    const [rows, columns] = [5, 8];
    /** @type {ImageData[][]} */
    const stages = [];
    for await (const event of draw.stream({
      seed: 5,
      class_labels: Array.from({ length: rows }, (_, row) => [2, 0, 7, 3, 8][row]),
      num_inference_steps: 50,
      preview: 'sample',
    }))
      stages.push(event.images);
    const picked = Array.from({ length: columns }, (_, column) =>
      Math.round((column / (columns - 1)) ** 0.75 * (stages.length - 1)),
    );
    tile(
      Array.from({ length: rows * columns }, (_, index) =>
        embers(stages[picked[index % columns]][Math.floor(index / columns)]),
      ),
      columns,
      6,
    );
  }
  if (name === 'digits') {
    const draw = await load('unconditional-image-generation', 'gan-mnist');
    const images = await draw({ seed: 4, class_labels: [2, 0, 2, 6], truncation: 0.6 });
    tile(images.map(embers), 4, -60);
  }
  if (name === 'training') {
    const [rows, columns] = [5, 8];
    const train = await load('gan-training', 'gan-mnist', { data: '/data/mnist' });
    /** @type {ImageData[][]} */
    const moments = [];
    const options = { seed: 3, sample_every: 40, steps: 8000, betas: [0.5, 0.999], label_smoothing: 0.1 };
    for await (const event of train.stream(options)) if (event.images) moments.push(event.images);
    const picked = Array.from({ length: columns }, (_, column) =>
      Math.round((column / (columns - 1)) ** 2.5 * (moments.length - 1)),
    );
    tile(
      Array.from({ length: rows * columns }, (_, index) =>
        embers(moments[picked[index % columns]][[2, 5, 3, 7, 8][Math.floor(index / columns)]]),
      ),
      columns,
      6,
    );
  }
  if (name === 'map') {
    const map = await load('unconditional-image-generation', 'vae-mnist');
    const [rows, columns] = [10, 16];
    const latents = Float32Array.from({ length: rows * columns * 2 }, (_, index) => {
      const at = Math.floor(index / 2);
      return index % 2
        ? 1.6 - (3.2 * Math.floor(at / columns)) / (rows - 1)
        : -1.6 + (3.2 * (at % columns)) / (columns - 1);
    });
    tile((await map({ latents, batch_size: rows * columns })).map(embers), columns, 2);
  }
  return canvas.toDataURL('image/webp', 0.8);
}

script(async () => {
  if (!NAMES.some(isWanted)) throw new Failure(`there is ${NAMES.join(', ')}`);
  build();
  const server = await serve(root, 0);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const browser = await browsers.launch({ executablePath: installChromium().chromium, args: flags() });
  try {
    const origin = `http://localhost:${port}`;
    /** @param {string} name @param {Buffer} bytes */
    const write = (name, bytes) => {
      writeFileSync(path.join(pageFolder, name), bytes);
      console.log(`${name}: ${bytes.length.toLocaleString('en')} bytes`);
    };
    const page = await browser.newPage({ viewport: LINK });
    for (const name of NAMES.filter((name) => name !== 'link' && isWanted(name))) {
      await page.goto(`${origin}/tests/browser/blank.html`);
      const url = await page.evaluate(draw, name);
      write(`windows/${name}.webp`, Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
    }
    if (isWanted('link')) {
      await page.goto(`${origin}/?device=cpu&story-seed=26&story-max-length=120`);
      const story = page.locator('hearth-story');
      await story.getByRole('button', { name: 'Tell it' }).click();
      await story.locator('.status p', { hasText: / s on the CPU/ }).waitFor({ timeout: 300_000 });
      await story.locator('.book').evaluate((book) => {
        document.querySelector('header')?.remove();
        scrollTo(0, scrollY + book.getBoundingClientRect().top - 40);
      });
      write('link.jpg', await page.screenshot({ type: 'jpeg', quality: 82 }));
    }
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
});
