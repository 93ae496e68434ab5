// Every sample of the manual, run in a browser as a reader would run it: against the checkout's own www/ and models/.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { HOST, samplesIn } from '../../scripts/docs/markdown.js';
import { filesIn, read } from '../node/sources.js';
import { send } from './harness.js';
import { openPage, page, site } from './session.js';

/** A model of 2.6 GB, and the small one of the same form that stands in for it: it has random weights. */
const [LARGE, SMALL] = ['https://huggingface.co/stabilityai/sd-turbo', '/tests/fixtures/text-to-image/turbo'];

/** Puts what the tests have in place of what they have not. @param {string} code */
const atHome = (code) => code.replaceAll(HOST, `${site.origin}/`).replaceAll(LARGE, SMALL);

/** Opens a page at the site's root with this in its body. @param {string} body */
async function open(body) {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>A sample</title><body>${body}`;
  site.answers.set('/sample.html', send(html, { 'content-type': 'text/html' }));
  await openPage('/sample.html');
}

/** What a module does until its last line; an error is thrown here. @param {string} code */
async function runModule(code) {
  site.answers.set('/sample.js', send(atHome(code), { 'content-type': 'text/javascript' }));
  await open('');
  const { error, said } = await page.evaluate(async () => {
    /** @type {unknown[][]} */
    const said = [];
    console.log = (...values) => void said.push(values.map(String));
    try {
      await import(/** @type {any} */ ('/sample.js'));
      return { said };
    } catch (error) {
      const { code, message, stack } = /** @type {any} */ (error);
      return { said, error: `${code ?? ''} ${message}\n${stack}` };
    }
  });
  assert.equal(error, undefined);
  return said;
}

/** Waits until each element of a page has done its work, or waits for its visitor. @param {string} code */
async function runPage(code) {
  await open('');
  const failures = await page.evaluate(async (html) => {
    const frame = document.createRange().createContextualFragment(html);
    const elements = [...frame.querySelectorAll('*')].filter(({ localName }) => localName.includes('-'));
    const done = elements.map(
      (element) =>
        new Promise((resolve) => {
          element.setAttribute('loading', 'eager');
          element.addEventListener('complete', () => resolve(null));
          // One that only prepares, such as a training that a reader starts, has loaded and then does nothing.
          element.addEventListener('load', () => {
            const wait = setInterval(() => {
              if (/** @type {any} */ (element).busy) return;
              clearInterval(wait);
              resolve(null);
            }, 20);
          });
          element.addEventListener('error', (event) =>
            resolve(`${element.localName}: ${/** @type {CustomEvent} */ (event).detail.message}`),
          );
        }),
    );
    document.body.append(frame);
    const names = [...new Set(elements.map(({ localName }) => localName))];
    await Promise.all(names.map((name) => customElements.whenDefined(name)));
    const waits = (/** @type {any} */ element) => !element.hasWork;
    const all = await Promise.all(elements.map((element, index) => (waits(element) ? null : done[index])));
    return all.filter(Boolean);
  }, atHome(code));
  assert.deepEqual(failures, []);
}

for (const document of ['README.md', ...filesIn('docs', '.md')]) {
  const samples = samplesIn(read(document)).filter(({ words }) => words.includes('run'));
  if (samples.length === 0) continue;
  describe(document, () => {
    for (const { language, code, line } of samples) {
      const [first = ''] = code.split('\n').filter((one) => !/^import|^await import|^$|<script/.test(one));
      test(`the sample of line ${line} runs: ${first.trim()}`, async () => {
        if (language === 'html') await runPage(code);
        else await runModule(code);
      });
    }
  });
}
