// What a server says of a file without sending it.

import { aborted } from '../errors.js';
import { compare, hasFile, isBusy, lengthIn, versionOf } from './answer.js';

const PATIENCE_MS = 5_000;
/** How much of a file is compared where a server tells nothing of its version. A model that was trained on differs everywhere. */
const SAMPLE = 2 ** 18;

/**
 * The server's answers to HEAD and, for whoever wants another, to GET: hosts refuse HEAD, or let only their own pages ask so.
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function* answers(url, signal) {
  for (const method of ['HEAD', 'GET']) {
    const stop = new AbortController();
    const patience = AbortSignal.any([signal, stop.signal, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      const response = await fetch(url, { method, cache: 'no-store', signal: patience }).catch(() => null);
      if (signal.aborted) throw aborted();
      if (response) yield { method, response };
    } finally {
      stop.abort(); // the headers are enough
    }
  }
}

/**
 * The server's answer for a file that it says it has, or null.
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function answerFor(url, signal) {
  for await (const { response } of answers(url, signal)) {
    if (response.ok) return hasFile(response) ? response : null;
    if (response.status === 404) break;
  }
  return null;
}

/**
 * Whether a server says that it has a file.
 * @param {string} url
 * @param {AbortSignal} signal
 */
export async function isThere(url, signal) {
  return (await answerFor(url, signal)) !== null;
}

/**
 * What a server says of a file: its length, which is null if that is not said; or undefined if the file is not there.
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<number | null | undefined>}
 */
export async function lengthOf(url, signal) {
  const answer = await answerFor(url, signal);
  return answer ? lengthIn(answer.headers) : undefined;
}

/**
 * Whether a kept file is still what the server has. Without a network it counts as the same.
 * @param {string} url
 * @param {import('./kept.js').Kept} kept
 * @param {AbortSignal} signal
 * @returns {Promise<'same' | 'changed' | 'unknown'>}
 */
export async function revalidate(url, kept, signal) {
  /** @type {'same' | 'unknown'} */
  let verdict = 'same';
  for await (const { method, response } of answers(url, signal)) {
    if (!hasFile(response)) {
      // The answer to HEAD may mean only that HEAD is not allowed.
      if (method === 'GET' && !isBusy(response.status)) return 'changed';
      continue;
    }
    const compared = compare(kept.index.version, versionOf(response));
    if (compared !== 'unknown') return compared;
    verdict = 'unknown';
    if (method === 'GET' && !(await beginsLike(response, kept, signal))) return 'changed';
  }
  // Under an address with another query it is taken for the same file only where that can be seen.
  const isOther = kept.index.query !== new URL(url).search;
  return verdict === 'unknown' && isOther ? 'changed' : verdict;
}

/**
 * Whether a file begins as the kept one does. A kept one that cannot be read is no longer the same.
 * @param {Response} response
 * @param {import('./kept.js').Kept} kept
 * @param {AbortSignal} signal
 */
async function beginsLike({ body }, kept, signal) {
  const [now, before] = await Promise.all([
    beginning(chunksOf(/** @type {ReadableStream<Uint8Array>} */ (body))),
    beginning(kept.chunks(signal)).catch(() => null),
  ]);
  if (signal.aborted) throw aborted();
  if (before === null) return false;
  const count = Math.min(now.length, before.length);
  return now.subarray(0, count).every((byte, index) => byte === before[index]);
}

/** @param {ReadableStream<Uint8Array>} body as far as it comes */
async function* chunksOf(body) {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || !value) return;
    yield value;
  }
}

/** The first SAMPLE bytes, or fewer. @param {AsyncIterable<Uint8Array>} chunks */
async function beginning(chunks) {
  const bytes = new Uint8Array(SAMPLE);
  let length = 0;
  for await (const chunk of chunks) {
    const part = chunk.subarray(0, SAMPLE - length);
    bytes.set(part, length);
    length += part.length;
    if (length === SAMPLE) break;
  }
  return bytes.subarray(0, length);
}
