import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { serve } from '../../scripts/serve.js';

/** @type {http.Server} */
let server;
let port = 0;

before(async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'hearth-serve-'));
  writeFileSync(path.join(root, 'index.html'), '<p>page</p>');
  writeFileSync(path.join(root, 'data.bin'), '0123456789');
  writeFileSync(path.join(root, 'engine.wasm'), 'plain');
  writeFileSync(path.join(root, 'engine.wasm.br'), 'squeezed');
  mkdirSync(path.join(root, '.git'));
  writeFileSync(path.join(root, '.git', 'config'), 'secret');
  server = await serve(root, 0);
  port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
});

after(() => server.close());

/**
 * A request as it is, without what fetch adds.
 * @param {string} target
 * @param {http.OutgoingHttpHeaders} [headers]
 * @param {string} [method]
 * @returns {Promise<{ status?: number, headers: http.IncomingHttpHeaders, body: string }>}
 */
function get(target, headers = {}, method = 'GET') {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, path: target, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on('error', reject).end();
  });
}

test('files come with their types', async () => {
  const page = await get('/');
  assert.equal(page.body, '<p>page</p>');
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal((await get('/engine.wasm')).headers['content-type'], 'application/wasm');
});

test('a part of a file is sent when it is asked for', async () => {
  const part = await get('/data.bin', { range: 'bytes=3-5' });
  assert.deepEqual([part.status, part.body, part.headers['content-range']], [206, '345', 'bytes 3-5/10']);
  assert.equal((await get('/data.bin', { range: 'bytes=7-' })).body, '789');
  assert.equal((await get('/data.bin', { range: 'bytes=-2' })).body, '89');
  assert.equal((await get('/data.bin', { range: 'bytes=10-' })).status, 416);
  assert.equal((await get('/data.bin', { range: 'nonsense' })).status, 200);
});

test('a part of a file that has changed is the whole new file', async () => {
  const { headers } = await get('/data.bin');
  const etag = headers.etag ?? '';
  assert.equal((await get('/data.bin', { range: 'bytes=3-', 'if-range': etag })).status, 206);
  assert.equal((await get('/data.bin', { range: 'bytes=3-', 'if-range': '"old"' })).body, '0123456789');
});

test('an unchanged file is not sent twice', async () => {
  const { headers } = await get('/data.bin');
  const again = await get('/data.bin', { 'if-none-match': headers.etag });
  assert.deepEqual([again.status, again.body], [304, '']);
});

test('brotli goes to whom accepts it, and never in parts', async () => {
  const squeezed = await get('/engine.wasm', { 'accept-encoding': 'gzip, br' });
  assert.deepEqual([squeezed.body, squeezed.headers['content-encoding']], ['squeezed', 'br']);
  assert.equal((await get('/engine.wasm')).body, 'plain');
  assert.equal((await get('/engine.wasm', { 'accept-encoding': 'br', range: 'bytes=0-1' })).body, 'pl');
});

test('nothing outside the root or hidden is served', async () => {
  for (const target of [
    '/.git/config',
    '/%2e%2e/etc/passwd',
    '/../../etc/passwd',
    '/a%00b',
    '/%',
    '/none',
    '/..%5c',
  ]) {
    const { status, headers } = await get(target);
    assert.equal(status, 404, target);
    assert.equal(headers['access-control-allow-origin'], '*', 'other sites see that, too');
  }
});

test('HEAD sends no body and other methods are refused', async () => {
  const head = await get('/data.bin', {}, 'HEAD');
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '10']);
  assert.equal((await get('/data.bin', {}, 'POST')).status, 405);
});

test('a server listens on the interface that it is given, and on no other', async () => {
  const alone = await serve(tmpdir(), 0, '127.0.0.1');
  try {
    const { address } = /** @type {import('node:net').AddressInfo} */ (alone.address());
    assert.equal(address, '127.0.0.1');
  } finally {
    alone.close();
  }
});
