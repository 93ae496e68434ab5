// A host of models, of another origin than the page, that behaves as real ones do.

import { readdirSync } from 'node:fs';
import path from 'node:path';

import { root } from '../../scripts/shell.js';
import { Site, bytesOf } from './harness.js';

/** @typedef {import('./harness.js').Answer} Answer */
/** @typedef {import('node:http').OutgoingHttpHeaders} Fields */

export const CORS = { 'access-control-allow-origin': '*' };
const PAGE = '<!doctype html><title>App</title>';

/** How hosts say that something is not there. @type {Record<string, Answer>} */
export const NOT_THERE = {
  'with 404': (_, response) => response.writeHead(404, CORS).end('Not found'),
  'with 204': (_, response) => response.writeHead(204, CORS).end(),
  'with 410': (_, response) => response.writeHead(410, CORS).end('Gone'),
  'with 403 and XML, as S3 does': (_, response) =>
    response
      .writeHead(403, { ...CORS, 'content-type': 'application/xml' })
      .end('<?xml version="1.0"?><Error/>'),
  'with 401, as the Hub does': (_, response) => response.writeHead(401, CORS).end('Unauthorized'),
  'with its own page, as apps of one page do': (_, response) =>
    response.writeHead(200, { ...CORS, 'content-type': 'text/html; charset=utf-8' }).end(PAGE),
  'with a page that is called a file': (_, response) =>
    response.writeHead(200, { ...CORS, 'content-type': 'application/octet-stream' }).end(`\n  ${PAGE}`),
  'with a page whose length is not said': (_, response) => {
    response.writeHead(200, { ...CORS, 'content-type': 'text/html' });
    response.write(PAGE);
    response.end();
  },
};

/** How hosts answer HEAD where they do not answer it with the file's headers. @type {Record<string, Answer>} */
export const HEAD = {
  'refused with 405': (_, response) => response.writeHead(405, CORS).end(),
  'refused with 403': (_, response) => response.writeHead(403, CORS).end(),
  'refused with 501': (_, response) => response.writeHead(501, CORS).end(),
  'said to be not there': (_, response) => response.writeHead(404, CORS).end(),
  'answered to no other origin': (_, response) => response.writeHead(200, { etag: '"x"' }).end(),
  'answered without a word about the file': (_, response) => response.writeHead(200, CORS).end(),
  'never answered': () => {},
};

/** A host of one folder, in which every file can be replaced. */
export class Host extends Site {
  /** The files, each with when it was put there. @type {Map<string, { body: Buffer, at: Date }>} */
  #files = new Map();
  /** Every request for a file, as `GET file bytes=0-`. @type {string[]} */
  asked = [];
  missing = NOT_THERE['with 404'];
  /** @type {Answer | undefined} */
  head;
  /** What other origins can read of a file's version. @type {readonly ('etag' | 'last-modified')[]} */
  validators = ['etag', 'last-modified'];
  /** Whether it knows `Range`. As some browsers ask beforehand if they may send one, it can seem to refuse the connection. @type {boolean | 'refused'} */
  ranges = true;
  /** What every address must end in. */
  query = '';
  /** Of the next answers to GET of weights, so many bytes each come, and then the connection breaks. @type {number[]} */
  cuts = [];
  /** Of every answer, so many bytes come, and then nothing until the other side leaves. */
  stallsAfter = Infinity;

  constructor() {
    super((request, response) => this.#answer(request, response));
  }

  get folder() {
    return `${this.origin}/m${this.query}`;
  }

  /** @param {string} file @param {Buffer | string} body */
  put(file, body) {
    // Dates have whole seconds, and each version has its own.
    const at = new Date(Date.now() - 1_000_000 + this.#files.size * 1000 + this.asked.length * 10_000);
    this.#files.set(file, { body: Buffer.from(body), at });
  }

  /** Takes over a folder of the repository's. @param {string} folder */
  copy(folder) {
    for (const entry of readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      this.put(path.relative(path.join(root, folder), file), bytesOf(path.relative(root, file)));
    }
    return this;
  }

  /** @param {string} from @param {string} [to] nowhere if it is not said */
  move(from, to) {
    const file = this.#files.get(from);
    this.#files.delete(from);
    if (to && file) this.#files.set(to, file);
  }

  /** @param {string} file @returns {Buffer} */
  bytes(file) {
    return this.#files.get(file)?.body ?? Buffer.alloc(0);
  }

  /** What was asked of the weights. */
  get weights() {
    return this.asked.filter((entry) => /^GET \S+\.safetensors( |$)/.test(entry));
  }

  /** @type {Answer} */
  #answer(request, response) {
    const { pathname, search } = new URL(request.url ?? '/', this.origin);
    const name = pathname.replace(/^\/m\//, '');
    const { method, headers } = request;
    this.asked.push([method, name, headers.range].filter(Boolean).join(' '));
    if (method !== 'GET' && method !== 'HEAD') return response.writeHead(403).end(); // no preflight succeeds
    if (search !== this.query) return response.writeHead(403, CORS).end('the signature is wrong');
    if (method === 'HEAD' && this.head) return this.head(request, response);
    const file = this.#files.get(name);
    if (!file) return this.missing(request, response);

    if (this.ranges === 'refused' && headers.range) return response.destroy();
    const { body, at } = file;
    /** @type {Fields} */
    const fields = { ...CORS, 'cache-control': 'max-age=600', 'content-type': 'application/octet-stream' };
    if (this.validators.includes('etag')) fields['access-control-expose-headers'] = 'etag';
    fields.etag = `"${at.getTime()}"`;
    if (this.validators.includes('last-modified')) fields['last-modified'] = at.toUTCString();
    const start = this.ranges === true ? Number(headers.range?.match(/\d+/)?.[0] ?? 0) : 0;
    if (start > 0 && start >= body.length) return response.writeHead(416, CORS).end();
    if (start > 0) fields['content-range'] = `bytes ${start}-${body.length - 1}/${body.length}`;
    const rest = body.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { ...fields, 'content-length': rest.length });
    if (method === 'HEAD') return response.end();
    const cut = name.endsWith('.safetensors') ? this.cuts.shift() : undefined;
    if (cut !== undefined)
      return response.write(rest.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
    if (rest.length <= this.stallsAfter) return response.end(rest);
    response.write(rest.subarray(0, this.stallsAfter));
  }
}
