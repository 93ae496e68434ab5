// A server of a test file's own, for folders of models, and a loader in place of the wasm's.

import http from 'node:http';
import { after, before, beforeEach } from 'node:test';

/** What the server has, by path. @type {Map<string, Uint8Array | string>} */
export const files = new Map();
/** What it was asked for since the test began. @type {string[]} */
export const log = [];

let address = '';
/** The server's origin. */
export const origin = () => address;

const server = http.createServer(({ method, url = '' }, response) => {
  log.push(`${method} ${url}`);
  const body = files.get(url);
  if (body === undefined) return response.writeHead(404).end();
  const length = Buffer.byteLength(body);
  response.writeHead(200, { 'content-length': length }).end(method === 'HEAD' ? undefined : body);
});

before(async () => {
  await new Promise((resolve) => server.listen(0, () => resolve(undefined)));
  address = `http://localhost:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  files.clear();
  log.length = 0;
});

/** Takes files as the wasm's loaders do. */
export class FakeLoader {
  freed = 0;
  /** The lengths of the files that have come whole. @type {number[]} */
  files = [];
  /** The part that each is of. @type {string[]} */
  parts = [];
  #length = 0;

  /** @param {string} part */
  begin_file(part) {
    this.parts.push(part);
    this.#length = 0;
  }
  /** @param {Uint8Array} chunk */
  push(chunk) {
    this.#length += chunk.length;
    return undefined;
  }
  end_file() {
    this.files.push(this.#length);
  }
  /** @param {string} _ @param {string} index */
  shards(_, index) {
    return Object.values(JSON.parse(index).weight_map);
  }
  /** @returns {any} */
  finish() {
    return this;
  }
  free() {
    this.freed += 1;
  }
}
