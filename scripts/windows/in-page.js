// What is seen in each window of the demo page, drawn in a page by the models that ship.

import { pipeline } from '../../www/hearth.js';

const [WIDTH, HEIGHT] = [640, 400];
/** Rows and columns of the windows that show how something comes about. */
const [ROWS, COLUMNS] = [5, 8];

/** @param {any} task @param {string} model @param {object} [options] @returns {Promise<any>} */
const load = (task, model, options = {}) => pipeline(task, `/models/${model}`, { device: 'cpu', ...options });

/** Strokes of light on black, as embers. @param {ImageData} image */
function embers({ data, width, height }) {
  const glowing = new ImageData(width, height);
  for (let index = 0; index < data.length; index += 4) {
    const light = data[index] / 255;
    glowing.data.set([36 + 219 * light, 28 + 165 * light, 22 + 95 * light, 255], index);
  }
  return glowing;
}

/**
 * Pictures in a grid that fills the window.
 * @param {CanvasRenderingContext2D} context
 * @param {ImageData[]} images
 * @param {number} columns
 * @param {number} [gap] between whole pictures; without it each fills its place
 */
function tile(context, images, columns, gap) {
  const [width, height] = [WIDTH / columns, HEIGHT / Math.ceil(images.length / columns)];
  for (const [index, image] of images.entries()) {
    const [x, y] = [(index % columns) * width, Math.floor(index / columns) * height];
    const one = new OffscreenCanvas(image.width, image.height);
    one.getContext('2d')?.putImageData(image, 0, 0);
    const scale =
      gap === undefined
        ? Math.max(width / image.width, height / image.height)
        : Math.min((width - gap) / image.width, (height - gap) / image.height);
    const [w, h] = [Math.min(image.width, width / scale), Math.min(image.height, height / scale)];
    const [left, top] = [(image.width - w) / 2, (image.height - h) / 2];
    const place = [x + (width - w * scale) / 2, y + (height - h * scale) / 2, w * scale, h * scale];
    context.drawImage(one, left, top, w, h, .../** @type {[number, number, number, number]} */ (place));
  }
}

/**
 * A row for each picture, a column for each moment, the early ones nearer together.
 * @param {ImageData[][]} moments
 * @param {(row: number) => number} which of a moment's pictures
 * @param {number} power
 */
const stages = (moments, which, power) =>
  Array.from({ length: ROWS * COLUMNS }, (_, index) => {
    const share = ((index % COLUMNS) / (COLUMNS - 1)) ** power;
    return embers(moments[Math.round(share * (moments.length - 1))][which(Math.floor(index / COLUMNS))]);
  });

/** @type {Record<string, (context: CanvasRenderingContext2D) => Promise<void>>} */
const WINDOWS = {
  async pictures(context) {
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
      images.push(...(await paint(prompt, { seed: 20 + index })));
    tile(context, images, 3);
  },

  async noise(context) {
    const draw = await load('unconditional-image-generation', 'ddpm-mnist');
    const options = { seed: 5, class_labels: [2, 0, 7, 3, 8], num_inference_steps: 50, preview: 'sample' };
    const moments = [];
    for await (const { images } of draw.stream(options)) moments.push(images);
    tile(
      context,
      stages(moments, (row) => row, 0.75),
      COLUMNS,
      6,
    );
  },

  async digits(context) {
    const draw = await load('unconditional-image-generation', 'gan-mnist');
    const images = await draw({ seed: 4, class_labels: [2, 0, 2, 6], truncation: 0.6 });
    tile(context, images.map(embers), images.length, -60);
  },

  async training(context) {
    const train = await load('gan-training', 'gan-mnist', { data: '/data/mnist' });
    const options = { seed: 3, sample_every: 40, steps: 8000, betas: [0.5, 0.999], label_smoothing: 0.1 };
    const moments = [];
    for await (const { images } of train.stream(options)) if (images) moments.push(images);
    tile(
      context,
      stages(moments, (row) => [2, 5, 3, 7, 8][row], 2.5),
      COLUMNS,
      6,
    );
  },

  async map(context) {
    const map = await load('unconditional-image-generation', 'vae-mnist');
    const [rows, columns] = [10, 16];
    const latents = Array.from({ length: rows * columns }, (_, index) => [
      ((index % columns) / (columns - 1)) * 3.2 - 1.6,
      1.6 - (Math.floor(index / columns) / (rows - 1)) * 3.2,
    ]);
    const options = { latents: Float32Array.from(latents.flat()), batch_size: latents.length };
    tile(context, (await map(options)).map(embers), columns, 2);
  },
};

/** The windows that are drawn here. */
export const NAMES = Object.keys(WINDOWS);

/** A window as a data URL. @param {string} name */
export async function draw(name) {
  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#241c16';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  await WINDOWS[name](context);
  return canvas.toDataURL('image/webp', 0.8);
}
