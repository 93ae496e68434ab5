// The elements on somebody else's page: another origin, a strict CSP, one script tag each.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { Site, send, until, warnOf } from './harness.js';
import { complaints, openPage, page, site } from './session.js';

const SCRIPTS = ['digits', 'image', 'map', 'story', 'text', 'training'].map(
  (name) => `/www/elements/hearth-${name}.js`,
);
const WRITER = '/tests/fixtures/gpt2/writer';
const DIGITS = '/tests/fixtures/gan/conditional';
const PAINTER = '/tests/fixtures/diffusion/pipeline-classes';
const ILLUSTRATOR = '/tests/fixtures/text-to-image/sd1';
const SHIPPED = '/models/gan-mnist/model.safetensors';

/** Where the reader is; Hearth is on the test's own site. @type {Site} */
let blog;

beforeEach(async () => {
  blog = await new Site().start();
});
afterEach(() => blog.stop());

/** The policy that README.md and docs/hosting.md state. */
const policy = () =>
  [
    "default-src 'none'",
    `script-src ${site.origin} 'wasm-unsafe-eval'`,
    `worker-src blob: ${site.origin}`,
    `connect-src ${site.origin}`,
  ].join('; ');

/** Puts a post on the blog. @param {string} body */
async function post(body) {
  const scripts = SCRIPTS.map((script) => `<script type="module" src="${site.origin}${script}"></script>`);
  const html = `<!doctype html><html lang="en"><title>A post</title>${scripts.join('')}${body}</html>`;
  blog.answers.set('/post', send(html, { 'content-type': 'text/html', 'content-security-policy': policy() }));
  await openPage(`${blog.origin}/post`);
}

/**
 * Waits until every element shows this many digits. (Playwright's own waiting needs eval, which the policy forbids.)
 * @param {number} count
 * @param {string} [elements]
 */
const drawn = (count, elements = 'hearth-digits') =>
  until(() =>
    page.evaluate(
      ({ count, elements }) => {
        const digits = (/** @type {Element} */ element) =>
          element.shadowRoot?.querySelectorAll('.digit[aria-label]').length;
        const shown = [...document.querySelectorAll(elements)].map(digits);
        return shown.length > 0 && shown.every((digits) => digits === count);
      },
      { count, elements },
    ),
  );

/** An element beside the one that is tested, which loads a model of its own as soon as it can. */
const eager = () =>
  `<hearth-digits id="eager" loading="eager" model="${site.origin}${DIGITS}" device="cpu" batch-size="1"></hearth-digits>`;

for (const device of ['cpu', 'webgpu']) {
  test(`one script tag on another origin under a strict CSP is enough, on ${device}`, async () => {
    await post(`<hearth-digits device="${device}" batch-size="4" seed="3" loading="eager"></hearth-digits>`);
    await drawn(4);
    assert.deepEqual(
      complaints.filter((text) => !text.includes('favicon')),
      [],
    );
    assert.equal(site.count(SHIPPED), 1);
    assert.equal(blog.count(SHIPPED), 0);
  });
}

test('nothing is loaded before a reader scrolls to the element', async () => {
  const text = '<p>The policy allows no style, so paragraphs it must be.</p>'.repeat(200);
  await post(`${eager()}${text}<hearth-digits id="lazy" device="cpu" batch-size="1"></hearth-digits>`);
  await drawn(1, '#eager');
  assert.equal(site.log.filter((entry) => entry.includes('/models/')).length, 0);
  await page.locator('#lazy').evaluate((element) => element.scrollIntoView());
  await drawn(1);
});

test('alone, an element out of view and a text without a prompt do not even start the engine', async () => {
  const text = '<p>The policy allows no style, so paragraphs it must be.</p>'.repeat(200);
  await post(`${textElement('')}${text}<hearth-digits id="lazy" device="cpu"></hearth-digits>`);
  await page.evaluate(async () => {
    for (const name of ['hearth-text', 'hearth-digits']) await customElements.whenDefined(name);
    for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    // Observers are called in the order in which they were made, so after this one the elements know whether they are in view.
    await new Promise((resolve) => {
      const observer = new IntersectionObserver(resolve);
      for (const element of document.querySelectorAll('hearth-text, hearth-digits'))
        observer.observe(element);
    });
  });
  assert.equal(page.workers().length, 0);
  assert.deepEqual(
    site.log.filter((entry) => entry.includes('/pkg/')),
    [],
  );
});

test('two elements share one worker and one download', async () => {
  await post('<hearth-digits device="cpu" batch-size="2" loading="eager"></hearth-digits>'.repeat(2));
  await drawn(2);
  assert.equal(site.count(SHIPPED), 1);
  assert.equal(page.workers().length, 1);
});

test('the element reports by events what happens, and attributes change what it draws', async () => {
  await post('<hearth-digits device="cpu" class-labels="7" seed="1"></hearth-digits>');
  await drawn(1);
  const seen = await page.evaluate(async () => {
    const element = /** @type {HTMLElement} */ (document.querySelector('hearth-digits'));
    /** @type {any[]} */
    const events = [];
    for (const type of ['load', 'progress', 'step', 'complete', 'error']) {
      element.addEventListener(type, (event) =>
        events.push([type, /** @type {CustomEvent} */ (event).detail]),
      );
    }
    const next = (/** @type {string} */ type) =>
      new Promise((resolve) => element.addEventListener(type, resolve, { once: true }));
    element.setAttribute('class-labels', '4 2');
    await next('complete');
    element.setAttribute('seed', '-5');
    await next('error');
    element.setAttribute('seed', '5');
    await next('complete');
    element.setAttribute('model', '/nowhere');
    await next('error');
    return events.map(([type, detail]) => [type, detail.code ?? detail.images?.length]);
  });
  assert.deepEqual(seen, [
    ['step', 2],
    ['complete', 2],
    ['error', 'invalid-option'],
    ['step', 2],
    ['complete', 2],
    ['error', 'network'],
  ]);
});

test('an element that is taken out of the page stops, and works again when it is put back', async () => {
  await post('<hearth-digits device="cpu" batch-size="3" seed="1"></hearth-digits>');
  await drawn(3);
  await page.evaluate(async () => {
    const element = /** @type {HTMLElement} */ (document.querySelector('hearth-digits'));
    element.remove();
    await new Promise((resolve) => setTimeout(resolve)); // it was not merely moved
    element.setAttribute('batch-size', '5');
    document.body.append(element);
  });
  await drawn(5);
  await until(() => site.count(SHIPPED) === 1);
});

/** A text whose model is on Hearth's own server. @param {string} attributes */
const textElement = (attributes) =>
  `<hearth-text model="${site.origin}${WRITER}" device="cpu" ${attributes}></hearth-text>`;
const text = () => page.evaluate(() => /** @type {any} */ (document.querySelector('hearth-text')).text ?? '');
const statusOf = (name = 'hearth-text') =>
  page.evaluate(
    (name) => document.querySelector(name)?.shadowRoot?.querySelector('.status p')?.textContent,
    name,
  );

test('a text is written on another origin under a strict CSP, and its events report it', async () => {
  await post(textElement('prompt="Once" max-new-tokens="4" seed="1" id="text"'));
  await until(async () => /4 tokens/.test((await statusOf()) ?? ''));
  const seen = await page.evaluate(async () => {
    const element = /** @type {any} */ (document.querySelector('hearth-text'));
    /** @type {any[]} */
    const events = [];
    for (const type of ['load', 'step', 'token', 'complete', 'error']) {
      element.addEventListener(type, (/** @type {CustomEvent} */ event) => events.push([type, event.detail]));
    }
    const next = (/** @type {string} */ type) =>
      new Promise((resolve) => element.addEventListener(type, resolve, { once: true }));
    element.setAttribute('max-new-tokens', '2');
    element.setAttribute('prompt', 'The');
    await next('complete');
    element.continue();
    await next('complete');
    element.setAttribute('temperature', '2');
    await next('error');
    element.setAttribute('do-sample', '');
    await next('complete');
    return events.map(([type, detail]) => [
      type,
      detail.code ?? detail.text ?? detail.fraction,
      detail.sequences?.[0].token_ids.length,
    ]);
  });
  assert.deepEqual(
    seen.map(([type, , count]) => [type, count]),
    [
      ['step', undefined],
      ['token', undefined],
      ['token', undefined],
      ['complete', 2],
      ['step', undefined],
      ['token', undefined],
      ['token', undefined],
      ['complete', 4],
      ['error', undefined],
      ['step', undefined],
      ['token', undefined],
      ['token', undefined],
      ['complete', 2],
    ],
  );
  const [, first] = seen[3];
  assert.ok(first.startsWith('The') && seen[7][1].startsWith(first));
  assert.equal(seen[8][1], 'invalid-option');
  assert.deepEqual(
    complaints.filter((complaint) => !complaint.includes('favicon')),
    [],
  );
});

test('a text without a prompt loads nothing until a reader writes one', async () => {
  await post(textElement('max-new-tokens="3"') + eager());
  await drawn(1, '#eager');
  assert.equal(site.log.filter((entry) => entry.includes(WRITER)).length, 0);
  await page.evaluate(() => {
    const root = document.querySelector('hearth-text')?.shadowRoot;
    const field = /** @type {HTMLTextAreaElement} */ (root?.querySelector('textarea'));
    field.value = 'Once upon';
    /** @type {HTMLElement} */ (root?.querySelector('button.main')).click();
  });
  await until(async () => /3 tokens/.test((await statusOf()) ?? ''));
  assert.ok((await text()).startsWith('Once upon'));
});

/** A script that sets properties of `element`, and one that waits for the class and returns the examples and the text on show. */
const EARLY = `element.presets = [{ title: 'Mine', prompt: 'It was', options: {} }]; element.text = 'not the text';`;
const SHOWN = `
  const buttons = element.shadowRoot.querySelectorAll('[aria-label="Examples"] button');
  return [[...buttons].map(({ textContent }) => textContent), element.text];`;

/** The ways in which an element becomes one of its class after a page has set properties of it. */
const UPGRADES = {
  'on the page': [`element = document.querySelector('hearth-text'); ${EARLY}`, ''],
  'off the page, and put on it': [
    `element = document.createElement('hearth-text'); ${EARLY}`,
    'document.body.append(element);',
  ],
  'off the page, and upgraded there': [
    `element = document.createElement('hearth-text'); ${EARLY}`,
    'customElements.upgrade(element); element.localize();',
  ],
  'in a fragment of HTML': [
    `box = document.createElement('div'); box.innerHTML = '<hearth-text></hearth-text>'; element = box.firstChild; ${EARLY}`,
    'document.body.append(box);',
  ],
  'as a copy': [
    `element = document.querySelector('hearth-text').cloneNode(); ${EARLY}`,
    'document.body.append(element);',
  ],
  'as fields of a class of the page’s own': [
    '',
    `customElements.define('my-text', class extends customElements.get('hearth-text') {
      presets = [{ title: 'Mine', prompt: 'It was', options: {} }];
    });
    element = document.createElement('my-text');
    document.body.append(element);`,
  ],
};
for (const [how, [before, after]] of Object.entries(UPGRADES)) {
  test(`a property that is set before the element’s script has loaded counts (${how}), and a read-only one stays the element’s`, async () => {
    const early = `var element, box; ${before}`;
    site.answers.set('/early.js', send(early, { 'content-type': 'text/javascript' }));
    await post(`<hearth-text controls></hearth-text><script src="${site.origin}/early.js"></script>`);
    await page.evaluate(() => customElements.whenDefined('hearth-text'));
    const seen = await page.evaluate(`(() => { ${after} ${SHOWN} })()`);
    assert.deepEqual(seen, [['Mine'], '']);
  });
}

test('the script a second time, from another address or another host, throws nothing and exports the class that serves', async () => {
  const other = await new Site().start();
  try {
    const copies = [
      `${site.origin}/www/elements/hearth-text.js?copy`,
      `${other.origin}/www/elements/hearth-text.js`,
    ];
    const own = copies.map((copy, index) => `import { HearthText as Copy${index} } from '${copy}';`);
    const module = `${own.join('\n')}
      const text = new Copy1();
      text.setAttribute('max-new-tokens', '3');
      text.setAttribute('prompt', 'The');
      text.setAttribute('loading', 'eager');
      text.setAttribute('device', 'cpu');
      text.setAttribute('model', '${site.origin}${WRITER}');
      document.body.append(text);
      globalThis.found = [Copy0, Copy1].map((copy) => copy === customElements.get('hearth-text'));`;
    site.answers.set('/own.js', send(module, { 'content-type': 'text/javascript' }));
    const scripts = [...copies, `${site.origin}/own.js`].map(
      (src) => `<script type="module" crossorigin src="${src}"></script>`,
    );
    const csp = policy().replaceAll(site.origin, `${site.origin} ${other.origin}`);
    const first = `<script type="module" src="${site.origin}/www/elements/hearth-text.js"></script>`;
    const html = `<!doctype html><html lang="en">${first}${scripts.join('')}`;
    blog.answers.set('/post', send(html, { 'content-type': 'text/html', 'content-security-policy': csp }));
    await openPage(`${blog.origin}/post`);
    await until(async () => /3 tokens/.test((await statusOf()) ?? ''));
    assert.deepEqual(await page.evaluate(() => /** @type {any} */ (globalThis).found), [true, true]);
    assert.equal(page.workers().length, 1);
    assert.deepEqual(
      complaints.filter((text) => !text.includes('favicon') && !text.includes('404')),
      [],
    );
  } finally {
    await other.stop();
  }
});

test('what the engine passed over in a model is in the `load` event, and for nothing to say it is an empty list', async () => {
  const warnings = () =>
    page.evaluate(
      (model) =>
        new Promise((resolve) => {
          const element = document.createElement('hearth-text');
          element.addEventListener('load', ({ detail }) => resolve(detail.warnings));
          for (const [name, value] of Object.entries({
            model,
            device: 'cpu',
            prompt: 'Once',
            loading: 'eager',
          }))
            element.setAttribute(name, value);
          document.body.append(element);
        }),
      `${site.origin}${WRITER}`,
    );
  await post('');
  assert.deepEqual(await warnings(), []);
  warnOf(site, ['config.json: this was passed over']);
  await post('');
  assert.deepEqual(await warnings(), ['config.json: this was passed over']);
});

test('attributes that mean nothing are refused in words, and the page goes on', async () => {
  await post(textElement('prompt="Once" top-k="many" do-sample'));
  await until(async () => /top_k is "many"/.test((await statusOf()) ?? ''));
  await page.evaluate(() => document.querySelector('hearth-text')?.removeAttribute('top-k'));
  await until(async () => /tokens in/.test((await statusOf()) ?? ''));
});

test('a 404 without CORS headers is no reason to fail, and a file without them is named as such', async () => {
  for (const name of ['generation_config.json', 'tokenizer.json']) {
    site.answers.set(`${WRITER}/${name}`, (_, response) => response.writeHead(404).end());
  }
  await post(textElement('prompt="Once" max-new-tokens="2"'));
  await until(async () => /2 tokens/.test((await statusOf()) ?? ''));
  site.answers.set(`${WRITER}/config.json`, (_, response) => response.writeHead(200).end('{}'));
  await page.evaluate(() => document.querySelector('hearth-text')?.setAttribute('dtype', 'f16'));
  await until(async () => /CORS/.test((await statusOf()) ?? ''));
});

test('a picture is drawn on another origin under a strict CSP, and its events report it', async () => {
  const attributes = `model="${site.origin}${PAINTER}" device="cpu" num-inference-steps="2" seed="1"`;
  await post(`<hearth-image ${attributes} class-labels="7"></hearth-image>`);
  await until(async () => /2 steps in/.test((await statusOf('hearth-image')) ?? ''));
  const seen = await page.evaluate(async () => {
    const element = /** @type {HTMLElement} */ (document.querySelector('hearth-image'));
    const next = (/** @type {string} */ type) =>
      new Promise((resolve) => element.addEventListener(type, resolve, { once: true }));
    /** @type {any[]} */
    const events = [];
    for (const type of ['load', 'step', 'complete', 'error']) {
      element.addEventListener(type, (event) => {
        const { code, step_index, images, seed } = /** @type {CustomEvent} */ (event).detail;
        events.push([type, code ?? step_index ?? images.length, seed]);
      });
    }
    element.setAttribute('class-labels', '4 2');
    await next('complete');
    element.setAttribute('mode', 'backwards');
    element.setAttribute('seed', '5');
    await next('error');
    element.setAttribute('mode', 'compare');
    element.setAttribute('seed', '6');
    await next('complete');
    return events;
  });
  assert.deepEqual(seen, [
    ...[0, 1].map((step) => ['step', step, 1]),
    ['complete', 2, 1],
    ['error', 'invalid-option', undefined],
    ...[0, 1, 0, 1, 0, 1, 0, 1].map((step) => ['step', step, 6]),
    ['complete', 8, 6],
  ]);
  assert.deepEqual(
    complaints.filter((complaint) => !complaint.includes('favicon')),
    [],
  );
});

for (const device of ['cpu', 'webgpu']) {
  test(`a map is drawn with the digits on it, on another origin under a strict CSP, on ${device}`, async () => {
    const data = `${site.origin}/data/mnist`;
    await post(`<hearth-map device="${device}" data="${data}" count="64" loading="eager"></hearth-map>`);
    await until(async () => /64 real digits/.test((await statusOf('hearth-map')) ?? ''));
    const latents = await page.evaluate(() => {
      const map = /** @type {any} */ (document.querySelector('hearth-map'));
      map.moveTo([0.5, -0.5]);
      return [...map.latents];
    });
    assert.deepEqual(latents, [0.5, -0.5]);
    assert.deepEqual(
      complaints.filter((complaint) => !complaint.includes('favicon')),
      [],
    );
  });

  test(`a GAN learns on another origin under a strict CSP, and can be kept, on ${device}`, async () => {
    // Twelve pictures of 6 × 6 pixels, as large as the model's.
    const pictures = Uint8Array.from({ length: 12 * 36 }, (_, index) => (index * 37) % 256);
    for (const [name, sizes, bytes] of /** @type {const} */ ([
      ['images-idx3-ubyte.gz', [12, 6, 6], pictures],
      ['labels-idx1-ubyte.gz', [12], pictures.map((_, index) => index % 3).slice(0, 12)],
    ])) {
      const header = [0, 0, 8, sizes.length, ...sizes.flatMap((size) => [0, 0, 0, size])];
      site.answers.set(`/tiny/${name}`, send(Uint8Array.from([...header, ...bytes])));
    }
    const folders = `model="${site.origin}${DIGITS}" data="${site.origin}/tiny"`;
    const attributes = `${folders} device="${device}" steps="3" sample-every="1" seed="1"`;
    await post(`<hearth-training ${attributes} controls autoplay loading="eager"></hearth-training>`);
    await until(async () => /Paused after step 3/.test((await statusOf('hearth-training')) ?? ''));
    const { images, size } = await page.evaluate(async () => {
      const training = /** @type {any} */ (document.querySelector('hearth-training'));
      return { images: training.images.length, size: (await training.save()).size };
    });
    assert.equal(images, 40);
    assert.ok(size > 10_000);
    assert.deepEqual(
      complaints.filter((complaint) => !complaint.includes('favicon')),
      [],
    );
  });
}

test('another model than a GAN is refused by <hearth-digits> in words', async () => {
  await post(
    `<hearth-digits device="cpu" loading="eager" model="${site.origin}/models/vae-mnist"></hearth-digits>`,
  );
  await until(async () => /of kind vae/.test((await statusOf('hearth-digits')) ?? ''));
});

test('a story is told and drawn on another origin under a strict CSP, and its events report it', async () => {
  const models = `model="${site.origin}${WRITER}" illustrator="${site.origin}${ILLUSTRATOR}"`;
  await post(
    `<hearth-story ${models} device="cpu" seed="3" num-scenes="1" max-length="30" prompt="A fox lived in a forest. It"></hearth-story>`,
  );
  const { types, text, scenes, loaded } = await page.evaluate(async () => {
    await customElements.whenDefined('hearth-story');
    const story = /** @type {any} */ (document.querySelector('hearth-story'));
    const loaded = performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.endsWith('.safetensors'));
    /** @type {string[]} */
    const types = [];
    for (const type of ['load', 'token', 'scene', 'step', 'picture', 'complete', 'error'])
      story.addEventListener(type, () => types.push(type));
    await story.start();
    const { width, height } = story.scenes[0].image;
    return { types, text: story.text, scenes: [width, height, story.scenes.length], loaded: loaded.length };
  });
  assert.equal(loaded, 0, 'it waits until it is asked');
  assert.ok(text.startsWith('A fox lived in a forest. It') && text.length > 30, text);
  assert.deepEqual([scenes[2], scenes[0] > 0, scenes[1] > 0], [1, true, true]);
  const order = types.filter((type, index) => types.indexOf(type) === index);
  assert.deepEqual(order.toSorted(), ['complete', 'load', 'picture', 'scene', 'step', 'token']);
  assert.equal(order[0], 'load');
  assert.equal(types.at(-1), 'complete');
  assert.deepEqual(complaints, []);
});

test('a picture is stopped when it is taken out of the page, and drawn again when it is put back', async () => {
  const attributes = `model="${site.origin}${PAINTER}" device="cpu" seed="1"`;
  await post(`<hearth-image ${attributes} num-inference-steps="999"></hearth-image>`);
  await until(() =>
    page.evaluate(() => /** @type {any} */ (document.querySelector('hearth-image')).images?.length > 0),
  );
  const steps = await page.evaluate(async () => {
    const element = /** @type {HTMLElement} */ (document.querySelector('hearth-image'));
    element.remove();
    await new Promise((resolve) => setTimeout(resolve)); // it was not merely moved
    element.setAttribute('num-inference-steps', '3');
    document.body.append(element);
    const complete = await new Promise((resolve) => {
      let steps = 0;
      element.addEventListener('step', () => steps++);
      element.addEventListener('complete', () => resolve(steps), { once: true });
    });
    return complete;
  });
  assert.equal(steps, 3);
});
