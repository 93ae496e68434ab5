import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CODES, HearthError } from '../../www/engine/errors.js';
import { Requests, nextTask, serve } from '../../www/engine/protocol.js';

/**
 * Both ends of the protocol, joined by a queue, as a worker would.
 * @param {Record<string, import('../../www/engine/protocol.js').Handler>} handlers
 */
function joined(handlers) {
  /** @type {any[]} */
  const replies = [];
  const receive = serve((reply) => {
    replies.push(reply);
    setImmediate(() => requests.receive(reply));
  }, handlers);
  const requests = new Requests((request) => setImmediate(() => receive(structuredClone(request))));
  return { requests, replies };
}

/** @param {Promise<unknown>} promise */
async function codeOf(promise) {
  return promise.then(
    () => 'no error',
    (error) => error.code,
  );
}

const terminal = (/** @type {any} */ reply) => 'result' in reply || 'error' in reply;

test('a request gets its events in order and then its result', async () => {
  const { requests, replies } = joined({
    async count({ to }, { emit }) {
      for (let n = 1; n <= to; n++) emit(n);
      return 'done';
    },
  });
  /** @type {number[]} */
  const events = [];
  const result = await requests.request('count', { to: 3 }, { onEvent: (n) => events.push(n) });
  assert.equal(result, 'done');
  assert.deepEqual(events, [1, 2, 3]);
  assert.equal(replies.filter(terminal).length, 1);
  assert.equal(requests.open, 0);
});

test('a handler that throws is one error with its code', async () => {
  const { requests, replies } = joined({
    async fail() {
      throw new HearthError('weights-mismatch', 'no tensor "a"');
    },
    async crash() {
      throw new RangeError('out of bounds');
    },
  });
  await assert.rejects(requests.request('fail', {}), { code: 'weights-mismatch', message: 'no tensor "a"' });
  await assert.rejects(requests.request('crash', {}), { code: 'internal', message: 'out of bounds' });
  await assert.rejects(requests.request('nothing', {}), { code: 'internal' });
  assert.equal(replies.filter(terminal).length, 3);
});

test('an error of the engine keeps its code', async () => {
  const { requests } = joined({
    async fail() {
      throw Object.assign(new Error('too many'), { code: 'invalid-option' });
    },
  });
  assert.equal(await codeOf(requests.request('fail', {})), 'invalid-option');
});

test('aborting settles at once and stops the handler at its next step', async () => {
  let steps = 0;
  let stopped = false;
  const { requests, replies } = joined({
    async forever(_, { signal }) {
      for (;;) {
        await nextTask();
        if (signal.aborted) {
          stopped = true;
          throw new HearthError('aborted', 'stopped');
        }
        steps += 1;
      }
    },
  });
  const controller = new AbortController();
  const request = requests.request('forever', {}, { signal: controller.signal });
  while (steps < 3) await nextTask();
  controller.abort();
  assert.equal(await codeOf(request), 'aborted');
  while (!stopped) await nextTask();
  await nextTask();
  assert.equal(replies.filter(terminal).length, 1);
});

test('a request whose signal is aborted already is never sent', async () => {
  let sent = 0;
  const requests = new Requests(() => (sent += 1));
  assert.equal(await codeOf(requests.request('any', {}, { signal: AbortSignal.abort() })), 'aborted');
  assert.equal(sent, 0);
});

test('aborting after the end does nothing', async () => {
  const { requests } = joined({ quick: async () => 1 });
  const controller = new AbortController();
  assert.equal(await requests.request('quick', {}, { signal: controller.signal }), 1);
  controller.abort();
  assert.equal(await requests.request('quick', {}), 1);
});

test('replies to nobody are ignored', () => {
  const requests = new Requests(() => {});
  requests.receive({ id: 99, result: 1 });
  requests.receive({ id: 99, error: { code: 'internal', message: 'late' } });
});

test('what cannot be sent is an invalid option and leaves nothing open', async () => {
  const requests = new Requests((request) => structuredClone(request));
  assert.equal(await codeOf(requests.request('run', { options: { seed: () => 1 } })), 'invalid-option');
  assert.equal(requests.open, 0);
});

test('a lost engine rejects what is open and all that comes after', async () => {
  const requests = new Requests(() => {});
  const open = [requests.request('a', {}), requests.request('b', {})];
  requests.receive({ lost: { code: 'device-lost', message: 'gone' } });
  for (const request of open) assert.equal(await codeOf(request), 'device-lost');
  assert.equal(await codeOf(requests.request('c', {})), 'device-lost');
  assert.equal(requests.open, 0);
});

test('two requests at once do not mix', async () => {
  const { requests } = joined({
    async slow({ name }, { emit }) {
      for (let step = 0; step < 3; step++) {
        emit(`${name}${step}`);
        await nextTask();
      }
      return name;
    },
  });
  /** @type {Record<string, string[]>} */
  const events = { a: [], b: [] };
  const ask = (/** @type {string} */ name) =>
    requests.request('slow', { name }, { onEvent: (event) => events[name].push(event) });
  assert.deepEqual(await Promise.all([ask('a'), ask('b')]), ['a', 'b']);
  assert.deepEqual(events, { a: ['a0', 'a1', 'a2'], b: ['b0', 'b1', 'b2'] });
});

test('any thrown thing becomes an error with a known code', () => {
  for (const thrown of [undefined, null, 'text', 5, {}, new Error('x'), { code: 'made-up', message: 'y' }]) {
    assert.ok(HearthError.from(thrown).code in CODES);
  }
  assert.equal(HearthError.from(new DOMException('', 'AbortError')).code, 'aborted');
});
