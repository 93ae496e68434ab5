// What tests of pictures have in the page.

import { openBlank, page } from './session.js';

/**
 * A blank page with `studio`: `load` a pipeline, `plain` pictures that a test can be given, and `attempt`, which returns errors
 * as their code and message.
 */
export async function openStudio() {
  await openBlank();
  await page.evaluate(async () => {
    const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
    const load = (/** @type {string} */ task, /** @type {string} */ model, device = 'cpu', dtype = 'auto') =>
      pipeline(task, `/${model}`, { device, dtype });
    const plain = (/** @type {any[]} */ images) =>
      images.map(({ data, width, height, seed, latents, class_label, score }, index) => ({
        ...{ width, height, seed, class_label, score },
        data: [...data],
        latents: latents && [...latents],
        isImageData: images[index] instanceof ImageData,
      }));
    const studio = { load, plain };
    const attempt = (/** @type {(studio: object) => Promise<any>} */ work) =>
      work(studio).catch(({ code, message }) => ({ code, message }));
    Object.assign(globalThis, { studio: { ...studio, attempt } });
  });
}

/** How far two pictures are from each other: the mean of all bytes, 0 to 255. @param {number[]} a @param {number[]} b */
export function difference(a, b) {
  if (a?.length !== b?.length) return Infinity;
  return a.reduce((sum, byte, index) => sum + Math.abs(byte - b[index]), 0) / a.length;
}
