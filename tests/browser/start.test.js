// How the engine starts on pages that allow less than others, and from files of two builds.

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { Site, bytesOf, send, until } from './harness.js';
import { browser, openPage, page, site } from './session.js';

const MODEL = '/tests/fixtures/gan/conditional';
const GLUE = '/www/pkg/hearth.js';
const WASM = '/www/pkg/hearth_bg.wasm';
const WORKER = '/www/engine/worker/worker.js';

/** A script tag and an element, both of the test's site. */
const widget = () =>
  `<script type="module" src="${site.origin}/www/elements/hearth-digits.js"></script>
   <hearth-digits model="${site.origin}${MODEL}" device="cpu" batch-size="2" seed="1" loading="eager"></hearth-digits>`;

/** @param {string} policy */
const csp = (policy) => ({ 'content-security-policy': policy });

/** A page with these headers. @param {string} body @param {import('node:http').OutgoingHttpHeaders} [headers] */
const html = (body, headers = {}) =>
  send(`<!doctype html><html lang="en"><title>A page</title>${body}`, {
    'content-type': 'text/html',
    ...headers,
  });

/**
 * Opens a page of the site, or of another.
 * @param {string} body
 * @param {import('node:http').OutgoingHttpHeaders} [headers]
 * @param {Site} [host]
 */
async function open(body, headers = {}, host = site) {
  host.answers.set('/page', html(body, headers));
  await openPage(`${host.origin}/page`);
}

/** What the element shows, in whichever frame it is: how many digits, and what went wrong. */
async function look() {
  for (const frame of page.frames()) {
    const read = frame.evaluate(() => {
      const root = document.querySelector('hearth-digits')?.shadowRoot;
      const digits = root?.querySelectorAll('.digit[aria-label]').length;
      return root && { digits, error: root.querySelector('.status p[data-kind=error]')?.textContent };
    });
    const seen = await read.catch(() => null); // a frame that is about to load
    if (seen?.digits || seen?.error) return seen;
  }
  return null;
}

/** Waits until the element has drawn, or fails with what it says. */
async function draws() {
  await until(async () => (await look()) !== null);
  assert.deepEqual(await look(), { digits: 2, error: undefined });
}

/** Waits for what the element says that went wrong. */
async function refusal() {
  await until(async () => (await look()) !== null);
  return (await look())?.error ?? '';
}

/** Draws through the API, in a page that allows everything; an error comes back as its code and message. */
const draw = (model = MODEL, options = {}) =>
  page.evaluate(
    async ({ model, options }) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      try {
        const draw = await pipeline('unconditional-image-generation', model, { device: 'cpu' });
        return { count: (await draw({ seed: 1, ...options })).length };
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        return { code, message };
      }
    },
    { model, options },
  );

describe('a page without an origin', () => {
  /** @type {Record<string, () => Promise<void>>} */
  const pages = {
    'a sandboxed frame': () => {
      site.answers.set('/embed', html(widget()));
      return open('<iframe sandbox="allow-scripts" src="/embed"></iframe>');
    },
    'a sandboxed frame whose text is in the page': () =>
      open(`<iframe sandbox="allow-scripts" srcdoc='${widget()}'></iframe>`),
    'a page whose policy sandboxes it': () => open(widget(), csp('sandbox allow-scripts')),
    'a page in a data: URL': () =>
      open(`<iframe src="data:text/html,${encodeURIComponent(widget())}"></iframe>`),
    'a file that is opened from a disk': async () => {
      const file = path.join(mkdtempSync(path.join(tmpdir(), 'hearth-')), 'page.html');
      writeFileSync(file, `<!doctype html>${widget()}`);
      await openPage(pathToFileURL(file).href);
    },
  };
  for (const [name, show] of Object.entries(pages)) {
    test(`${name} draws digits`, async () => {
      await show();
      await draws();
    });
  }
});
