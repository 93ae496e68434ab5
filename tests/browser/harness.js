// A real browser, a server whose files can be made to fail, and a blog on another origin.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { flags, installChromium } from '../../scripts/chromium.js';
import { serveFile } from '../../scripts/serve.js';
import { root } from '../../scripts/shell.js';

/** @typedef {(request: http.IncomingMessage, response: http.ServerResponse) => unknown} Answer */

/** @param {string[]} [more] flags in place of those that turn WebGPU on */
export function launch(more) {
  return chromium.launch({ executablePath: installChromium().chromium, args: flags(more) });
}

/** A server of the repository's files, some of which can be answered in another way. */
export class Site {
  /** @type {Map<string, Answer>} */
  answers = new Map();
  /** Every request, as `GET /path`. @type {string[]} */
  log = [];
  #server;

  /** @param {Answer} [otherwise] what it answers to all other requests */
  constructor(otherwise = (request, response) => serveFile(root, request, response)) {
    this.#server = http.createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      this.log.push(`${request.method} ${pathname}`);
      (this.answers.get(pathname) ?? otherwise)(request, response);
    });
  }

  async start() {
    await new Promise((resolve) => this.#server.listen(0, () => resolve(undefined)));
    return this;
  }

  get origin() {
    return `http://localhost:${/** @type {import('node:net').AddressInfo} */ (this.#server.address()).port}`;
  }

  /** How often a path was asked for. @param {string} pathname */
  count(pathname) {
    return this.log.filter((entry) => entry === `GET ${pathname}`).length;
  }

  stop() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

/** @param {string} file */
export const bytesOf = (file) => readFileSync(path.join(root, file));

/** Answers with these bytes. @param {Uint8Array | string} body @param {http.OutgoingHttpHeaders} [headers] @returns {Answer} */
export const send =
  (body, headers = {}) =>
  (_, response) =>
    response.writeHead(200, { 'access-control-allow-origin': '*', ...headers }).end(body);

/** Puts code before the engine's own in a site's worker. @param {Site} site @param {string} code */
export function prependToWorker(site, code) {
  const worker = 'www/engine/worker/worker.js';
  site.answers.set(`/${worker}`, send(`${code}\n${bytesOf(worker)}`, { 'content-type': 'text/javascript' }));
}

/** Has the engine of a site take the browser's software adapter for a GPU. @param {Site} site */
export function pretendGpu(site) {
  const lie = `Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });`;
  prependToWorker(site, lie);
}

/** Waits until the condition holds. @param {() => boolean | Promise<boolean>} condition */
export async function until(condition) {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 1000) throw new Error(`waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * What axe finds fault with, through the debugger, which a CSP does not hold back.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string[]>}
 */
export async function violations(page) {
  const session = await page.context().newCDPSession(page);
  const axe = readFileSync(path.join(root, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
  await session.send('Runtime.evaluate', { expression: axe });
  const expression =
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map((n) => n.html)))';
  const { result } = await session.send('Runtime.evaluate', {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  return result.value;
}

/** How much wider the page is than its window, in px. @param {import('playwright-core').Page} page */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

/**
 * A measure of how busy the page is: the ms that its scripts, styles and layout take for each frame since the last look.
 * (A long task may be long because the machine has other things to do.)
 * @param {import('playwright-core').Page} page
 */
export async function workPerFrame(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  let before = { work: 0, frames: 0 };
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const { ScriptDuration, LayoutDuration, RecalcStyleDuration, LayoutCount } = Object.fromEntries(
      metrics.map(({ name, value }) => [name, value]),
    );
    const now = { work: ScriptDuration + LayoutDuration + RecalcStyleDuration, frames: LayoutCount };
    const each = ((now.work - before.work) / (now.frames - before.frames)) * 1000;
    before = now;
    return each;
  };
}
