// A static file server with what large files and wasm want: MIME types, Range, ETag, precompressed brotli.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

const TYPES = /** @type {Record<string, string>} */ ({
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ts': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
});

/**
 * The file that a URL's path stands for, or null if it is outside the root, hidden, or not there.
 * @param {string} root
 * @param {string} pathname
 */
async function find(root, pathname) {
  let decoded;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.split(/[/\\]/).some((part) => part.startsWith('.'))) return null;
  const file = path.join(root, decoded.endsWith('/') ? `${decoded}index.html` : decoded);
  const stats = await stat(file).catch(() => null);
  return stats?.isFile() ? { file, stats } : null;
}

/**
 * The first byte and the one after the last, 'unsatisfiable', or null for the whole file.
 * @param {string | undefined} header
 * @param {number} size
 */
function parseRange(header, size) {
  const match = header?.match(/^bytes=(\d*)-(\d*)$/);
  if (!match || (!match[1] && !match[2])) return null;
  const [start, end] = match[1]
    ? [Number(match[1]), match[2] ? Math.min(Number(match[2]) + 1, size) : size]
    : [Math.max(0, size - Number(match[2])), size];
  return start < end ? { start, end } : 'unsatisfiable';
}

/**
 * Answers a request for a file below `root`.
 * @param {string} root
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
export async function serveFile(root, request, response) {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    return response.writeHead(405, { allow: 'GET, HEAD' }).end();
  }
  // A widget on another site loads from here, and must see what is not there, too.
  response.setHeader('access-control-allow-origin', '*');
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const found = await find(root, pathname);
  if (!found) return response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');

  let { file, stats } = found;
  const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
  let tag = `${stats.size.toString(36)}-${Math.floor(stats.mtimeMs).toString(36)}`;
  response.setHeader('content-type', type);
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('cache-control', 'no-cache'); // ask each time; an unchanged file costs one 304
  response.setHeader('vary', 'accept-encoding');
  const compressed = await stat(`${file}.br`).catch(() => null);
  if (compressed && !headers.range && /\bbr\b/.test(String(headers['accept-encoding'] ?? ''))) {
    [file, stats, tag] = [`${file}.br`, compressed, `${tag}-br`];
    response.setHeader('content-encoding', 'br');
  }
  const etag = `"${tag}"`;
  response.setHeader('etag', etag);
  response.setHeader('last-modified', stats.mtime.toUTCString());
  if (headers['if-none-match']?.split(/\s*,\s*/).includes(etag)) return response.writeHead(304).end();

  const condition = headers['if-range'];
  const current = !condition || condition === etag || condition === stats.mtime.toUTCString();
  const range = current ? parseRange(headers.range, stats.size) : null;
  if (range === 'unsatisfiable') {
    return response.writeHead(416, { 'content-range': `bytes */${stats.size}` }).end();
  }
  const { start, end } = range ?? { start: 0, end: stats.size };
  response.setHeader('content-length', end - start);
  if (range) response.setHeader('content-range', `bytes ${start}-${end - 1}/${stats.size}`);
  response.writeHead(range ? 206 : 200);
  if (method === 'HEAD' || start === end) return response.end();
  createReadStream(file, { start, end: end - 1 })
    .on('error', () => response.destroy())
    .pipe(response);
}

/**
 * Serves the files below `root`.
 * @param {string} root
 * @param {number} port 0 for any that is free
 * @param {string} [host] the interface to listen on: every one if it is left out
 * @returns {Promise<http.Server>} once it listens
 */
export function serve(root, port, host) {
  const server = http.createServer((request, response) => {
    serveFile(root, request, response).catch((error) => {
      console.error(error);
      response.destroy();
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
