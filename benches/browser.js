// One Chromium for all measurements, and functions called in fresh pages of it.

import { installChromium, WEBGPU_FLAGS, flags } from '../scripts/chromium.js';
import { serve } from '../scripts/serve.js';
import { root } from '../scripts/shell.js';

/** @typedef {Awaited<ReturnType<typeof openBrowser>>} Bench */

/** Counts what is dispatched in this realm, a page or a worker, from now on. */
function countDispatches() {
  const scope = /** @type {any} */ (globalThis);
  scope.counted = 0;
  const passes = scope.GPUComputePassEncoder?.prototype;
  if (!passes) return;
  for (const name of ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect']) {
    const dispatch = passes[name];
    passes[name] = function (/** @type {any[]} */ ...sizes) {
      scope.counted += 1;
      return dispatch.apply(this, sizes);
    };
  }
}

export async function openBrowser() {
  const server = await serve(root, 0);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const { chromium } = await import('playwright-core');
  const gpuFlags = process.env.GPU ? ['--enable-unsafe-webgpu', '--enable-features=Vulkan'] : WEBGPU_FLAGS;
  const browser = await chromium.launch({
    executablePath: installChromium().chromium,
    args: flags(gpuFlags),
  });
  const context = await browser.newContext();
  await context.addInitScript(countDispatches);

  const openPage = async () => {
    const page = await context.newPage();
    page.on('worker', (worker) => worker.evaluate(countDispatches).catch(() => {})); // or it has ended already
    const counted = () => /** @type {any} */ (globalThis).counted ?? 0;
    await page.exposeFunction('dispatches', async () => {
      const workers = page.workers().map((worker) => worker.evaluate(counted));
      /** @type {number[]} */
      const counts = await Promise.all([page.evaluate(counted), ...workers]);
      return counts.reduce((sum, count) => sum + count, 0);
    });
    await page.exposeFunction('report', (/** @type {string} */ line) => console.log(line));
    await page.goto(`http://localhost:${port}/benches/page.html`);
    return page;
  };

  return {
    version: browser.version(),

    /**
     * Calls a function of a module beside this one on a fresh page.
     * @param {string} module
     * @param {string} name
     * @param {unknown[]} args
     */
    async inPage(module, name, ...args) {
      const page = await openPage();
      try {
        return await page.evaluate(async ([module, name, args]) => {
          const { longestBlock } = await import(/** @type {any} */ ('/benches/in-page.js'));
          const functions = await import(`/benches/${module}`);
          const result = await functions[name](...args);
          await new Promise((resolve) => setTimeout(resolve, 100)); // long tasks are reported late
          return { ...result, block: longestBlock() };
        }, /** @type {const} */ ([module, name, args]));
      } finally {
        await page.close();
      }
    },

    async clearCaches() {
      const page = await openPage();
      await page.evaluate(async () => Promise.all((await caches.keys()).map((name) => caches.delete(name))));
      await page.close();
    },

    async close() {
      await browser.close();
      server.close();
    },
  };
}
