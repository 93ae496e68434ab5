// Models from hosts as they are, in a real browser: what is not there, what has changed, what comes in halves.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { bytesOf, send, until } from './harness.js';
import { CORS, HEAD, Host, NOT_THERE } from './host.js';
import { openBlank, page, site } from './session.js';

const GAN = 'tests/fixtures/gan/conditional';
const SHARDS = 'tests/fixtures/gan/sharded';
const WRITER = 'tests/fixtures/gpt2/writer';
const DIFFUSION = 'tests/fixtures/diffusion/pipeline-rgb';
const LARGE = 'models/gan-mnist';
const WEIGHTS = 'model.safetensors';

/** @type {Host} */
let host;

beforeEach(async () => {
  host = /** @type {Host} */ (await new Host().start());
  await openBlank();
});
afterEach(() => host.stop());

/**
 * What a model makes: the first pixels of a picture, or the tokens of a text. Errors come back as their code and message.
 * @param {string} [model]
 * @param {string} [task]
 * @returns {Promise<{ made?: string, code?: string, message?: string, totals?: (number | null)[], loaded?: number }>}
 */
function make(model = host.folder, task = 'unconditional-image-generation') {
  return page.evaluate(
    async ([model, task]) => {
      const { pipeline } = await import(/** @type {any} */ ('/www/hearth.js'));
      /** @type {any[]} */
      const progress = [];
      const onProgress = (/** @type {any} */ event) => progress.push(event);
      try {
        const pipe = await pipeline(task, model, { device: 'cpu', onProgress });
        const isText = task === 'text-generation';
        const [first] = await (isText ? pipe('Once', { max_new_tokens: 8 }) : pipe({ seed: 1 }));
        await pipe.dispose();
        return { made: String(isText ? first.token_ids : first.data), loaded: progress.at(-1)?.loaded };
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        return { code, message };
      }
    },
    [model, task],
  );
}

/** What must be made. @param {Parameters<typeof make>} call */
async function made(...call) {
  const { made, code, message } = await make(...call);
  assert.ok(made, `${code}: ${message}`);
  return made;
}

/** What the repository's own folders make, each once. @type {Map<string, Promise<string>>} */
const expected = new Map();

/** @param {string} folder @param {string} [task] */
function madeOf(folder, task) {
  const key = `${folder} ${task}`;
  const known = expected.get(key) ?? made(`/${folder}`, task);
  expected.set(key, known);
  return known;
}

/** The weights with other values in their last layer, and so of the same length. @param {string} file */
function retrained(file) {
  const bytes = Buffer.from(bytesOf(file));
  bytes.writeFloatLE(0.123, bytes.length - 40);
  const length = Number(bytes.readBigUInt64LE());
  for (let at = 8 + length; at + 4 <= bytes.length; at += 4)
    bytes.writeFloatLE(bytes.readFloatLE(at) * 0.5, at);
  return bytes;
}

/** A new visit: the same browser, another engine. */
const leaveAndReturn = () => page.reload();

describe('what is not there', () => {
  for (const [how, answer] of Object.entries(NOT_THERE)) {
    test(`a folder is as complete on a host that answers so ${how}`, async () => {
      host.missing = answer;
      const sameAs = async (/** @type {string} */ folder, /** @type {string} */ task) =>
        assert.equal(await made(host.folder, task), await madeOf(folder, task), `${folder} ${task}`);
      // Without model_index.json; in shards; without generation_config.json; with the tokenizer's older files; the
      // oldest folders of diffusers, which have everything at the top.
      host.copy(GAN);
      await sameAs(GAN, 'unconditional-image-generation');
      host.copy(SHARDS);
      host.move(WEIGHTS);
      await sameAs(SHARDS, 'unconditional-image-generation');
      host.copy(WRITER);
      await sameAs(WRITER, 'text-generation');
      host.move('tokenizer.json');
      await sameAs(WRITER, 'text-generation');
      host.copy(DIFFUSION);
      host.move('unet/config.json', 'config.json');
      host.move('unet/diffusion_pytorch_model.safetensors', 'diffusion_pytorch_model.safetensors');
      host.move('scheduler/scheduler_config.json', 'scheduler_config.json');
      await sameAs(DIFFUSION, 'unconditional-image-generation');
    });
  }

  test('a file that is needed is an error in the words of what came', async () => {
    const cases = [
      ['with 404', 'network', '404 Not Found'],
      ['with 403 and XML, as S3 does', 'network', '403 Forbidden.*not there'],
      ['with 401, as the Hub does', 'network', '401 Unauthorized.*login'],
      [
        'with its own page, as apps of one page do',
        'unsupported-model',
        'the server answered with a web page',
      ],
    ];
    for (const [how, expected, words] of cases) {
      host.missing = NOT_THERE[how];
      const { code, message = '' } = await make();
      assert.equal(code, expected);
      assert.match(message, new RegExp(`config.json: .*${words}`));
    }
    host.copy(GAN);
    host.move(WEIGHTS);
    const { code, message = '' } = await make();
    assert.equal(code, 'weights-invalid');
    assert.match(message, /model\.safetensors: the server answered with a web page/);
  });

  test('a pointer of Git LFS is called by its name', async () => {
    host.copy(GAN).put(WEIGHTS, 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n');
    const { code, message = '' } = await make();
    assert.equal(code, 'weights-invalid');
    assert.match(message, /pointer of Git LFS/);
  });

  test('the Hub’s address is said where a name of the Hub was taken for a path', async () => {
    const { code, message = '' } = await make('openai-community/gpt2', 'text-generation');
    assert.equal(code, 'network');
    assert.match(
      message,
      /404.*its address is https:\/\/huggingface\.co\/openai-community\/gpt2\/resolve\/main/,
    );
    assert.doesNotMatch((await make('/none')).message ?? '', /huggingface/);
  });
});

describe('a model that has changed', () => {
  const old = () => host.copy(GAN);
  const publish = () => host.put(WEIGHTS, retrained(`${GAN}/${WEIGHTS}`));

  /** @type {Record<string, Host['validators']>} */
  const readable = {
    'ETag and Last-Modified': ['etag', 'last-modified'],
    'an ETag': ['etag'],
    'Last-Modified': ['last-modified'],
    nothing: [],
  };
  const [etag, nothing] = ['an ETag', 'nothing'];
  /** @type {[what: string, how: string][]} */
  const hosts = [
    ...Object.keys(readable).map((what) => /** @type {[string, string]} */ ([what, 'answered'])),
    ...Object.keys(HEAD).map((how) => /** @type {[string, string]} */ ([etag, how])),
    [nothing, 'refused with 405'],
  ];
  for (const [what, how] of hosts) {
    test(`is noticed where HEAD is ${how} and other sites can read ${what}`, async () => {
      old();
      host.validators = readable[what];
      host.head = HEAD[how];
      const before = await made();
      publish();
      await leaveAndReturn();
      assert.notEqual(await made(), before);
    });
  }

  test('is not downloaded again while it is the same', async () => {
    old();
    const before = await made();
    for (const head of [undefined, HEAD['answered to no other origin']]) {
      host.head = head;
      await leaveAndReturn();
      assert.equal(await made(), before);
    }
    assert.deepEqual(host.weights, [`GET ${WEIGHTS}`, `GET ${WEIGHTS}`], 'of the second only the headers');
  });

  test('loads from the cache without a network, whatever HEAD did before', async () => {
    old();
    host.head = HEAD['refused with 405'];
    const before = await made();
    host.head = host.missing = (_, response) => response.destroy();
    for (const file of ['config.json', WEIGHTS]) host.move(file);
    await leaveAndReturn();
    assert.equal(await made(), before);
  });

  test('is one that is not there any more too', async () => {
    for (const how of [
      'with 404',
      'with 403 and XML, as S3 does',
      'with its own page, as apps of one page do',
    ]) {
      old();
      await made();
      host.move(WEIGHTS);
      host.missing = NOT_THERE[how];
      await leaveAndReturn();
      assert.match((await make()).code ?? '', /^(network|weights-invalid)$/, how);
    }
  });

  test('is loaded from the cache with a warning where nothing tells if it is the same', async () => {
    old();
    host.validators = [];
    assert.deepEqual(await warnings(), []);
    const [warning, ...others] = await warnings();
    assert.match(warning, /model\.safetensors came from the cache, and its server does not say/);
    assert.deepEqual(others, []);
    host.validators = ['last-modified'];
    publish();
    assert.deepEqual([await warnings(), await warnings()], [[], []]);
  });

  test('is fetched anew where nothing tells if it is the same and the copy is damaged', async () => {
    old();
    host.validators = [];
    const before = await made();
    await page.evaluate(async () => {
      const cache = await caches.open('hearth-weights-2');
      const segments = (await cache.keys()).filter(({ url }) => url.includes('segment'));
      for (const segment of segments) await cache.put(segment, new Response('short'));
    });
    await leaveAndReturn();
    assert.equal(await made(), before);
  });

  test('has its new config.json with its new weights, though the browser may still use the old one', async () => {
    old();
    await made();
    // A GAN of other classes: the new config does not fit the old weights, nor the old config the new ones.
    host.copy('tests/fixtures/gan/unconditional');
    await leaveAndReturn();
    assert.equal(await made(), await made('/tests/fixtures/gan/unconditional'));
  });
});

/** Reads the host's weights as the engine does, without making a model of them. What a page should know of that. @returns {Promise<string[]>} */
function warnings() {
  return page.evaluate(async (url) => {
    const worker = '/www/engine/worker';
    const { Folder } = await import(/** @type {any} */ (`${worker}/folder.js`));
    const { loadModel } = await import(/** @type {any} */ (`${worker}/load.js`));
    const folder = new Folder(url, new AbortController().signal);
    const newLoader = () => ({ begin_file() {}, push() {}, end_file() {}, finish() {}, free() {} });
    const parts = [{ name: 'model', weights: 'model' }];
    await loadModel({ prepare: async () => ({ newLoader, parts }) }, folder, {}, () => {});
    return [...folder.warnings];
  }, `${host.folder}/`);
}

describe('a deploy of Hearth’s own models', () => {
  const manifest = () => JSON.parse(String(bytesOf('models/manifest.json')));
  const file = `/${LARGE}/${WEIGHTS}`;
  const weights = bytesOf(file.slice(1));

  /** Answers with the old body unless the server itself is asked. @param {Buffer | string} old @param {Buffer | string} fresh @returns {import('./harness.js').Answer} */
  const stale = (old, fresh) => (request, response) =>
    send(request.headers['cache-control'] === 'no-cache' ? fresh : old)(request, response);

  test('the new weights load though a host on the way still has the old manifest', async () => {
    const old = manifest();
    old.files['gan-mnist/model.safetensors'].sha256 = '0'.repeat(64);
    site.answers.set('/models/manifest.json', stale(JSON.stringify(old), JSON.stringify(manifest())));
    await made(`/${LARGE}`);
    assert.equal(site.count(file), 2);
  });

  test('and though it still has the old weights', async () => {
    const [old, answers] = [retrained(file.slice(1)), [send(weights)]];
    site.answers.set(file, (request, response) => (answers.shift() ?? send(old))(request, response));
    answers.unshift(send(old));
    await made(`/${LARGE}`);
    assert.equal(site.count(file), 2);
  });

  test('and the browser itself confirms what it has', async () => {
    const old = manifest();
    old.files['gan-mnist/model.safetensors'].sha256 = '0'.repeat(64);
    const lasting = { 'cache-control': 'max-age=600', etag: '"old"' };
    site.answers.set('/models/manifest.json', send(JSON.stringify(old), lasting));
    site.answers.set(file, send('something else', lasting));
    assert.equal((await make(`/${LARGE}`)).code, 'weights-invalid');
    site.answers.clear();
    await leaveAndReturn();
    site.log.length = 0;
    await made(`/${LARGE}`);
    assert.equal(site.count(file), 1);
  });
});

describe('a 206 that lies', () => {
  const whole = bytesOf(`${GAN}/${WEIGHTS}`);

  /** Cuts the first answer in half and then answers `Range` like this. @param {import('./harness.js').Answer} resume */
  function lies(resume) {
    host.copy(GAN);
    host.cuts = [whole.length >> 1];
    const path = `/m/${WEIGHTS}`;
    let first = true;
    host.answers.set(path, (request, response) => {
      if (first || !request.headers.range) {
        host.answers.delete(path);
        host.answers.set(path, (again, answer) =>
          (again.headers.range ? resume : send(whole))(again, answer),
        );
        response.writeHead(200, { ...CORS, 'content-length': whole.length });
        first = false;
        return response.write(whole.subarray(0, whole.length >> 1), () =>
          setTimeout(() => response.destroy(), 20),
        );
      }
    });
    return path;
  }

  const ends = `${whole.length - 1}/${whole.length}`;
  /** @type {Record<string, [body: Buffer, fields: object, requests: number]>} */
  const answers = {
    'begins at the beginning': [whole, { 'content-range': `bytes 0-${ends}` }, 2],
    'begins at the beginning and hides that': [whole, {}, 2],
    'begins too early': [whole.subarray(1000), { 'content-range': `bytes 1000-${ends}` }, 2],
    'begins too late': [
      whole.subarray(-1000),
      { 'content-range': `bytes ${whole.length - 1000}-${ends}` },
      3,
    ],
    'begins somewhere and hides that': [whole.subarray(-1000), {}, 3],
    'says one thing and sends another': [whole, { 'content-range': `bytes ${whole.length >> 1}-${ends}` }, 3],
    'has several parts': [whole.subarray(0, 500), { 'content-type': 'multipart/byteranges; boundary=x' }, 3],
  };
  for (const [how, [body, fields, requests]] of Object.entries(answers)) {
    test(`${how}, and the file is right all the same`, async () => {
      const path = lies((_, response) =>
        response
          .writeHead(206, {
            ...CORS,
            'access-control-expose-headers': 'content-range',
            'content-length': body.length,
            ...fields,
          })
          .end(body),
      );
      assert.equal(await made(), await madeOf(GAN));
      assert.equal(host.count(path), requests);
    });
  }

  test('ends before the file does, and is followed by another', async () => {
    const step = 1 + (whole.length >> 2);
    lies((request, response) => {
      const start = Number(request.headers.range?.match(/\d+/)?.[0]);
      const body = whole.subarray(start, start + step);
      const range = `bytes ${start}-${start + body.length - 1}/${whole.length}`;
      const exposed = { 'access-control-expose-headers': 'content-range', 'content-range': range };
      response.writeHead(206, { ...CORS, ...exposed, 'content-length': body.length }).end(body);
    });
    assert.equal(await made(), await madeOf(GAN));
  });

  test('a file that is another one when it goes on is read anew, be it only by its length', async () => {
    const [length, tail] = [Number(whole.readBigUInt64LE()), whole.subarray(8)];
    const longer = Buffer.concat([whole.subarray(0, 8), Buffer.from('        '), tail]);
    longer.writeBigUInt64LE(BigInt(length + 8));
    host.copy(GAN);
    host.validators = [];
    host.cuts = [whole.length >> 1];
    const loading = make();
    await until(() => host.weights.length === 1);
    host.put(WEIGHTS, longer);
    assert.equal((await loading).made, await madeOf(GAN));
  });
});

describe('an address', () => {
  test('with a signature signs every file, in shards too, and another day’s finds the same copy', async () => {
    host.query = '?sv=1&sig=a%2Bb%3D';
    host.copy(SHARDS);
    const before = await made();
    const files = host.weights.length;
    host.query = '?sv=1&sig=other';
    await leaveAndReturn();
    assert.equal(await made(), before);
    assert.equal(host.weights.length, files + 1, 'only the single file that is not there is asked for again');
    host.query = '?wrong';
    const { folder } = host;
    host.query = '?right';
    const { code, message = '' } = await make(folder);
    assert.equal(code, 'network');
    assert.doesNotMatch(message, /wrong/, 'no message shows the signature');
  });

  test('of a file is that of its folder', async () => {
    host.copy(GAN);
    assert.equal(await made(`${host.origin}/m/${WEIGHTS}`), await madeOf(GAN));
  });
});
