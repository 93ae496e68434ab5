// Pictures of pictures through the public API in a real browser: what counts as a picture, how it is fitted, and the ways to
// use it.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { Site, send } from './harness.js';
import { page, site } from './session.js';
import { difference, openStudio } from './studio.js';

const CLASSES = 'tests/fixtures/diffusion/pipeline-classes';
const RGB = 'tests/fixtures/diffusion/pipeline-rgb'; // its pictures are 8 wide and 4 high
const DEVICES = ['cpu', 'webgpu'];
/** Two frames of 12 × 8: red, then blue. */
const ANIMATION =
  'data:image/gif;base64,R0lGODlhDAAIAIEAAP8AAAAAAAAAAAAAACH/C05FVFNDQVBFMi4wAwEAAAAh+QQABQAAACwAAAAADAAIAAAIEgABCBxIsKDBgwgTKlzIsGHBgAAh+QQBBQABACwAAAAADAAIAIEAAP8AAAAAAAAAAAAIEgABCBxIsKDBgwgTKlzIsGHBgAA7';

beforeEach(async () => {
  await openStudio();
  await page.evaluate(() => {
    const { attempt, load, plain } = /** @type {any} */ (globalThis).studio;
    /** A canvas on which `paint` has painted. @param {number} width @param {number} height @param {(context: any) => void} [paint] */
    const canvas = (width, height, paint) => {
      const made = Object.assign(document.createElement('canvas'), { width, height });
      paint?.(made.getContext('2d'));
      return made;
    };
    /** A canvas of coloured boxes. @param {number} width @param {number} height @param {[string, number, number, number, number][]} boxes */
    const painted = (width, height, ...boxes) =>
      canvas(width, height, (context) => {
        for (const [colour, ...box] of boxes) {
          context.fillStyle = colour;
          context.fillRect(...box);
        }
      });
    /** Opaque pixels that are all different. @param {number} width @param {number} height */
    const pixels = (width, height) =>
      new ImageData(
        Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
          i % 4 === 3 ? 255 : (i * 37) % 256,
        ),
        width,
        height,
      );
    /** The picture as the model gets it. @param {any} edit @param {any} source @param {object} [fit] */
    const seen = async (edit, source, fit) => [...(await edit.add_noise(source, { t: 0, ...fit })).data];
    Object.assign(globalThis, { studio: { attempt, load, plain, canvas, painted, pixels, seen } });
  });
});

/**
 * Edits a picture: pixels that are all different, or what `source` says.
 * @param {object} options
 * @param {{ model?: string, device?: string, mask?: [number, number, number, number] | null, size?: [number, number] }} [how]
 * @returns {Promise<any>}
 */
const edit = (options, { model = RGB, device = 'cpu', mask, size = [8, 4] } = {}) =>
  page.evaluate(
    ({ model, device, options, mask, size }) => {
      const { attempt, load, plain, pixels, painted } = /** @type {any} */ (globalThis).studio;
      return attempt(async () => {
        const edit = await load('image-to-image', model, device);
        const mask_image = mask && painted(...size, ['white', ...mask]);
        return {
          device: edit.device,
          images: plain(await edit(pixels(...size), { ...options, mask_image })),
        };
      });
    },
    { model, device, options: /** @type {any} */ (options), mask, size },
  );

/** Four steps from seed 1. @param {object} [options] */
const few = (options) => ({ num_inference_steps: 4, seed: 1, scheduler: 'DDIMScheduler', ...options });

/** Pixels of `width`, row by row, as lists of four. @param {number[]} data */
const pixelsOf = (data) => Array.from({ length: data.length / 4 }, (_, i) => data.slice(i * 4, i * 4 + 4));

/** The bytes of `pixels(8, 4)` in the page. */
const ORIGINAL = Array.from({ length: 128 }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));

describe('pictures', () => {
  test('every kind of picture is the same picture', async () => {
    const all = await page.evaluate(async (model) => {
      const { load, canvas, pixels, seen } = /** @type {any} */ (globalThis).studio;
      const edit = await load('image-to-image', model);
      const data = pixels(8, 4);
      const element = canvas(8, 4, (/** @type {any} */ context) => context.putImageData(data, 0, 0));
      const blob = await new Promise((resolve) => element.toBlob(resolve));
      const offscreen = new OffscreenCanvas(8, 4);
      offscreen.getContext('2d')?.drawImage(element, 0, 0);
      const image = new Image();
      image.src = element.toDataURL();
      const kinds = {
        ImageData: data,
        'a plain object': { data: [...data.data], width: 8, height: 4 },
        ImageBitmap: await createImageBitmap(element),
        Blob: blob,
        File: new File([blob], 'picture.png'),
        'an image element that is still loading': image,
        'a canvas element': element,
        OffscreenCanvas: offscreen,
        'a data: URL': element.toDataURL(),
        'a blob: URL': new URL(URL.createObjectURL(blob)),
      };
      const results = [];
      for (const [kind, source] of Object.entries(kinds)) results.push([kind, await seen(edit, source)]);
      return results;
    }, RGB);
    assert.equal(all.length, 10);
    for (const [kind, data] of all) assert.deepEqual(data, ORIGINAL, String(kind));
  });

  test('a picture at a URL, an SVG, and the first frame of an animation', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><rect width="80" height="40" fill="lime"/></svg>';
    site.answers.set('/picture.svg', send(svg, { 'content-type': 'image/svg+xml' }));
    const [lime, red] = await page.evaluate(
      async ({ model, animation }) => {
        const { load, seen } = /** @type {any} */ (globalThis).studio;
        const edit = await load('image-to-image', model);
        const lime = await seen(edit, '/picture.svg');
        await new Promise((resolve) => setTimeout(resolve, 200));
        return [lime, await seen(edit, animation, { fit: 'fill' })];
      },
      { model: RGB, animation: ANIMATION },
    );
    assert.deepEqual(pixelsOf(lime), Array(32).fill([0, 255, 0, 255]));
    assert.deepEqual(pixelsOf(red), Array(32).fill([255, 0, 0, 255]));
  });

  test('a source that is not a picture is refused, and a missing one is a network error', async () => {
    site.answers.set('/text.png', send('not a picture', { 'content-type': 'image/png' }));
    const codes = await page.evaluate(async (model) => {
      const { load, canvas } = /** @type {any} */ (globalThis).studio;
      const edit = await load('image-to-image', model);
      const closed = await createImageBitmap(canvas(2, 2));
      closed.close();
      const broken = new Image();
      broken.src = '/text.png';
      /** @type {[string, any][]} */
      const sources = [
        ['invalid-option', undefined],
        ['invalid-option', null],
        ['invalid-option', 3],
        ['invalid-option', {}],
        ['invalid-option', { data: [1, 2, 3], width: 1, height: 1 }],
        ['invalid-option', { data: [], width: 0, height: 0 }],
        ['invalid-option', { data: [], width: -1, height: 0.5 }],
        ['invalid-option', new Blob(['not a picture'], { type: 'image/png' })],
        ['invalid-option', new Blob([])],
        ['invalid-option', closed],
        ['invalid-option', broken],
        ['invalid-option', new Image()],
        ['invalid-option', canvas(0, 5)],
        ['invalid-option', document.createElement('video')],
        ['invalid-option', '/text.png'],
        ['invalid-option', 'http://'],
        ['network', '/none.png'],
        ['network', 'http://localhost:1/picture.png'],
      ];
      const got = [];
      for (const [expected, source] of sources) {
        for (const call of [edit(source), edit.add_noise(source, { t: 0.5 })]) {
          const error = await call.catch((/** @type {any} */ error) => error);
          got.push([expected, error.code, String(error.message)]);
        }
      }
      return got;
    }, RGB);
    for (const [expected, code, message] of codes) assert.equal(code, expected, message);
  });

  test('a picture of another site that may not be read is refused', async () => {
    const other = await new Site().start();
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    other.answers.set('/picture.png', (_, response) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end(png),
    );
    const error = await page.evaluate(
      async ({ model, url }) => {
        const { load } = /** @type {any} */ (globalThis).studio;
        const edit = await load('image-to-image', model);
        const image = new Image();
        image.src = url;
        return edit(image).catch((/** @type {any} */ { code, message }) => [code, message]);
      },
      { model: RGB, url: `${other.origin}/picture.png` },
    );
    await other.stop();
    assert.equal(error[0], 'invalid-option');
    assert.match(error[1], /CORS/);
  });

  test('a picture is contained, covers or is stretched, on the background that was asked for', async () => {
    const seen = await page.evaluate(async (model) => {
      const { load, painted, seen } = /** @type {any} */ (globalThis).studio;
      const edit = await load('image-to-image', model);
      // 4 × 4: the left half is red, the right one blue.
      const square = painted(4, 4, ['red', 0, 0, 2, 4], ['blue', 2, 0, 2, 4]);
      const clear = painted(8, 4, ['rgb(255 0 0 / 50%)', 0, 0, 4, 4]);
      return {
        contain: await seen(edit, square),
        white: await seen(edit, square, { background: 'white' }),
        cover: await seen(edit, square, { fit: 'cover' }),
        fill: await seen(edit, square, { fit: 'fill' }),
        clear: await seen(edit, clear),
        onGreen: await seen(edit, clear, { background: 'lime' }),
        onNothing: await seen(edit, clear, { background: 'transparent' }),
        bad: await Promise.all(
          [{ fit: 'crop' }, { background: 'mauve-ish' }, { background: 7 }].map((fit) =>
            seen(edit, square, fit).catch((/** @type {any} */ error) => error.code),
          ),
        ),
      };
    }, RGB);
    const row = (/** @type {number[]} */ data) =>
      pixelsOf(data)
        .slice(8, 16)
        .map(([r, g, b]) =>
          r > 250 && g > 250 ? 'w' : r > 250 ? 'r' : b > 250 ? 'b' : r + g + b < 6 ? '.' : '?',
        )
        .join('');
    assert.equal(row(seen.contain), '..rrbb..');
    assert.equal(row(seen.white), 'wwrrbbww');
    assert.match(row(seen.cover), /^rrr[r?][b?]bbb$/);
    assert.match(row(seen.fill), /^rrr[r?][b?]bbb$/);
    const [half, on] = [pixelsOf(seen.clear), pixelsOf(seen.onGreen)];
    assert.ok(
      Math.abs(half[0][0] - 128) < 3 && half[0][1] === 0 && half[7].slice(0, 3).every((v) => v === 0),
    );
    assert.ok(Math.abs(on[0][1] - 127) < 3 && on[7][1] === 255);
    assert.deepEqual(seen.onNothing, seen.clear, 'nothing is black');
    assert.deepEqual(seen.bad, Array(3).fill('invalid-option'));
  });

  test('a grey model gets the luminance', async () => {
    const seen = await page.evaluate(async (model) => {
      const { load, painted, seen } = /** @type {any} */ (globalThis).studio;
      const edit = await load('image-to-image', model);
      const boxes = [
        ['red', 0, 0, 2, 8],
        ['lime', 2, 0, 2, 8],
        ['blue', 4, 0, 2, 8],
        ['white', 6, 0, 2, 8],
      ];
      return seen(edit, painted(8, 8, ...boxes));
    }, CLASSES);
    const grey = pixelsOf(seen).map(([r, g, b]) => (r === g && g === b ? r : -1));
    assert.deepEqual(grey.slice(0, 8), [76, 76, 150, 150, 29, 29, 255, 255]);
  });
});

describe('noise', () => {
  test('a picture with noise says how much, and is where a variation begins', async () => {
    const [a, b, other, errors] = await page.evaluate(async (model) => {
      const { load, pixels } = /** @type {any} */ (globalThis).studio;
      const edit = await load('image-to-image', model);
      const plain = (/** @type {any} */ { data, seed, alpha, timestep, t }) => ({
        data: [...data],
        seed,
        alpha,
        timestep,
        t,
      });
      const add = async (/** @type {any} */ options) => plain(await edit.add_noise(pixels(8, 4), options));
      const errors = [];
      for (const bad of [
        undefined,
        {},
        { t: 1, timestep: 3 },
        { t: 2 },
        { timestep: 1000 },
        { t: 1, sede: 1 },
      ]) {
        errors.push(await edit.add_noise(pixels(8, 4), bad).catch((/** @type {any} */ error) => error.code));
      }
      return [
        await add({ timestep: 500, seed: 3 }),
        await add({ t: 0.5, seed: 3 }),
        await add({ t: 1 }),
        errors,
      ];
    }, RGB);
    assert.deepEqual([a.seed, a.timestep, a.t], [3, 500, undefined]);
    assert.ok(a.alpha > 0.07 && a.alpha < 0.09, `alphas_cumprod of linear betas at 500: ${a.alpha}`);
    assert.deepEqual([b.seed, b.timestep, b.t, b.alpha], [3, undefined, 0.5, 0.5]);
    assert.ok(other.seed >= 0 && other.alpha === 0);
    assert.deepEqual(errors, Array(6).fill('invalid-option'));
    // Almost no noise, and a step from there: the picture, nearly.
    const { images } = await edit(few({ timestep: 0 }));
    assert.ok(difference(images[0].data, ORIGINAL) < 15, `${difference(images[0].data, ORIGINAL)}`);
  });
});

describe('ways to use a picture', () => {
  for (const device of DEVICES) {
    test(`every option of a variation changes it, on ${device}`, async () => {
      const plain = await edit(few(), { device });
      assert.equal(plain.device, device, plain.message);
      for (const change of [
        { seed: 2 },
        { num_inference_steps: 6 },
        { scheduler: 'EulerDiscreteScheduler' },
        { eta: 0.5 },
        { strength: 0.5 },
        { timestep: 300 },
        { background: 'white', fit: 'contain' },
        { fit: 'cover' },
      ]) {
        const size = /** @type {[number, number]} */ ('fit' in change ? [4, 4] : [8, 4]);
        const base = 'fit' in change ? await edit(few(), { device, size }) : plain;
        const { images, message } = await edit(few(change), { device, size });
        assert.ok(images, message);
        assert.notDeepEqual(images[0].data, base.images[0].data, JSON.stringify(change));
      }
    });

    test(`a part is painted and the rest stays to the byte, on ${device}`, async () => {
      const { images, message } = await edit(few({ batch_size: 2, jump_n_sample: 2 }), {
        device,
        mask: [2, 1, 4, 2],
      });
      assert.ok(images, message);
      for (const { data } of images) {
        const changed = pixelsOf(data).map((pixel, index) => {
          const [x, y] = [index % 8, Math.floor(index / 8)];
          const inside = x >= 2 && x < 6 && y >= 1 && y < 3;
          const same = String(pixel) === String(ORIGINAL.slice(index * 4, index * 4 + 4));
          assert.ok(same || inside, `${x}, ${y}`);
          return !same;
        });
        assert.ok(changed.filter(Boolean).length > 4);
      }
    });

    test(`a larger picture made small is the small one, on ${device}`, async () => {
      const { images, message } = await edit(few({ downsampling_factor: 4, control_guidance_end: 1 }), {
        device,
        size: [2, 1],
      });
      assert.ok(images, message);
      const [{ data }] = images;
      for (const side of [0, 1]) {
        for (const channel of [0, 1, 2]) {
          const square = pixelsOf(data).filter((_, index) => Math.floor((index % 8) / 4) === side);
          const mean = square.reduce((sum, pixel) => sum + pixel[channel], 0) / 16;
          const wanted = ((side * 4 + channel) * 37) % 256;
          // Bytes cut off what is too light or too dark.
          const isMiddle = wanted > 60 && wanted < 200;
          assert.ok(Math.abs(mean - wanted) < (isMiddle ? 12 : 40), `${mean} and ${wanted}`);
        }
      }
    });
  }

  test('both devices make the same of a picture, with every kind of edit', async () => {
    for (const [options, how] of /** @type {[object, object][]} */ ([
      [{ scheduler: 'DPMSolverMultistepScheduler' }, {}],
      [
        { strength: 0.5, guidance_scale: 2, class_labels: 4 },
        { model: CLASSES, size: [8, 8] },
      ],
      [{ scheduler: 'DDPMScheduler', jump_length: 1, jump_n_sample: 2 }, { mask: [0, 0, 4, 4] }],
      [{ scheduler: 'DDPMScheduler', downsampling_factor: 2 }, {}],
    ])) {
      const [cpu, gpu] = [
        await edit(few(options), how),
        await edit(few(options), { ...how, device: 'webgpu' }),
      ];
      assert.ok(cpu.images && gpu.images, cpu.message ?? gpu.message);
      const apart = difference(cpu.images[0].data, gpu.images[0].data);
      assert.ok(apart < 2, `${JSON.stringify(options)}: ${apart}`);
    }
  });

  test('jumps make more steps, and change the picture', async () => {
    const counts = await page.evaluate(async (model) => {
      const { load, pixels, painted } = /** @type {any} */ (globalThis).studio;
      const edit = await load('image-to-image', model);
      const mask_image = painted(16, 8, ['white', 0, 0, 8, 8]); // twice as large as the picture
      const counts = [];
      for (const jumps of [{ jump_n_sample: 1 }, { jump_length: 2, jump_n_sample: 3 }, {}]) {
        const steps = [];
        const options = { num_inference_steps: 5, seed: 1, mask_image, ...jumps, preview: 'none' };
        let data = '';
        for await (const event of edit.stream(pixels(8, 4), options)) {
          if (event.type === 'step') steps.push(event);
          else data = String(event.images[0].data);
        }
        const { step_index, num_steps, fraction } = steps.at(-1);
        counts.push([steps.length, step_index, num_steps, fraction, data]);
      }
      return counts;
    }, RGB);
    assert.deepEqual(
      counts.map((count) => count.slice(0, 4)),
      [5, 13, 41].map((steps) => [steps, steps - 1, steps, 1]),
    );
    assert.equal(new Set(counts.map((count) => count[4])).size, 3);
  });

  test('options that contradict each other are refused, and both are named', async () => {
    const mask = /** @type {[number, number, number, number]} */ ([0, 0, 4, 4]);
    for (const [options, how, names] of /** @type {[object, object, string[]][]} */ ([
      [{ downsampling_factor: 2 }, { mask }, ['mask_image', 'downsampling_factor']],
      [{ strength: 0.5 }, { mask }, ['mask_image', 'strength']],
      [{ strength: 0.5, timestep: 3 }, {}, ['strength', 'timestep']],
      [{ strength: 0.5, downsampling_factor: 2 }, {}, ['strength', 'downsampling_factor']],
      [{ jump_length: 2 }, {}, ['jump_length', 'mask_image']],
      [{ control_guidance_end: 0.5 }, {}, ['control_guidance_end', 'downsampling_factor']],
      [{ downsampling_factor: 3 }, {}, ['downsampling_factor', '2, 4']],
      [{ strength: 0 }, {}, ['strength']],
      [{ mask_size: 2 }, {}, ['mask_size', 'mask_image']],
      [{}, { mask: [0, 0, 0, 0] }, ['mask_image', 'dark']],
    ])) {
      const { code, message } = await edit(few(options), how);
      assert.equal(code, 'invalid-option', message);
      for (const name of names) assert.ok(message.includes(name), message);
    }
    const all = await edit(few(), { mask: [0, 0, 8, 4] });
    assert.equal(all.images.length, 1, 'a mask that is light everywhere paints all');
  });

  test('a mask of another shape is refused, one of another size is not, and what is not a picture is named', async () => {
    site.answers.set('/mask.png', (_, response) => response.writeHead(404).end());
    const codes = await page.evaluate(async (model) => {
      const { load, pixels, painted } = /** @type {any} */ (globalThis).studio;
      const edit = await load('image-to-image', model);
      const codes = [];
      for (const [width, height] of [
        [4, 4],
        [8, 5],
        [7, 3],
        [80, 40],
        [33, 16],
      ]) {
        const mask_image = painted(width, height, ['white', 0, 0, width / 2, height]);
        const call = edit(pixels(80, 40), { num_inference_steps: 1, mask_image });
        codes.push(
          await call.then(
            () => 'drawn',
            (/** @type {any} */ error) => error.code,
          ),
        );
      }
      for (const mask_image of ['/mask.png', 7]) {
        const call = edit(pixels(8, 4), { mask_image });
        codes.push(await call.catch((/** @type {any} */ { code, message }) => code + message));
      }
      return codes;
    }, RGB);
    assert.deepEqual(codes.slice(0, 5), ['invalid-option', 'drawn', 'drawn', 'drawn', 'drawn']);
    assert.match(codes[5], /^network.*mask\.png/);
    assert.match(codes[6], /^invalid-option.*mask_image/);
  });

  test('a call stops while its picture is fetched, and at any step', async () => {
    site.answers.set('/slow.png', () => {});
    const codes = await page.evaluate(async (model) => {
      const { load, pixels } = /** @type {any} */ (globalThis).studio;
      const edit = await load('image-to-image', model);
      const fetching = new AbortController();
      const waiting = edit('/slow.png', { signal: fetching.signal });
      setTimeout(() => fetching.abort(), 100);
      const codes = [await waiting.catch((/** @type {any} */ error) => error.code)];
      const stepping = new AbortController();
      const seen = [];
      try {
        for await (const event of edit.stream(pixels(8, 4), {
          signal: stepping.signal,
          num_inference_steps: 300,
        })) {
          seen.push(event);
          if (event.step_index === 3) stepping.abort();
        }
      } catch (error) {
        codes.push(/** @type {any} */ (error).code);
      }
      codes.push(seen.length >= 4 && seen.length < 240);
      codes.push(
        await edit
          .add_noise(pixels(8, 4), { t: 1, signal: AbortSignal.abort() })
          .catch((/** @type {any} */ e) => e.code),
      );
      codes.push((await edit(pixels(8, 4), { num_inference_steps: 2 })).length);
      return codes;
    }, RGB);
    assert.deepEqual(codes, ['aborted', 'aborted', true, 'aborted', 1]);
  });
});
