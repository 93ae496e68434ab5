// What tests of pictures have in the page.

/**
 * A page of its own, with an empty cache and `studio`: `load` a pipeline, `plain` pictures that a test can be given, and
 * `told`, which gives errors as their code and message.
 * @param {import('playwright-core').Browser} browser
 * @param {import('./harness.js').Site} site
 */
export async function openStudio(browser, site) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site.origin}/tests/browser/blank.html`);
  await page.evaluate(async () => {
    const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
    const load = (/** @type {string} */ task, /** @type {string} */ model, device = 'cpu') =>
      pipeline(task, `/${model}`, { device });
    const plain = (/** @type {any[]} */ images) =>
      images.map(({ data, width, height, seed, latents, class_label, score }, index) => ({
        ...{ width, height, seed, class_label, score },
        data: [...data],
        latents: latents && [...latents],
        isImageData: images[index] instanceof ImageData,
      }));
    const studio = { load, plain };
    const told = (/** @type {(studio: object) => Promise<any>} */ work) =>
      work(studio).catch(({ code, message }) => ({ code, message }));
    Object.assign(globalThis, { studio: { ...studio, told } });
  });
  return page;
}

/** How far two pictures are from each other: the mean of all bytes, 0 to 255. @param {number[]} a @param {number[]} b */
export function difference(a, b) {
  if (a?.length !== b?.length) return Infinity;
  return a.reduce((sum, byte, index) => sum + Math.abs(byte - b[index]), 0) / a.length;
}
