// What a server's answer says of a file, and what it only seems to say.

/**
 * @typedef {object} Version what tells one version of a file from another, as far as the server says it
 * @property {string | null} etag
 * @property {string | null} modified
 * @property {number[]} lengths the file's length, and that of its compressed form if the answer did not say that it was one
 */

/** What hosts answer in place of 404. @type {Record<number, string>} */
const REFUSALS = {
  401: 'it needs a login, as a gated or private model does, or it is not there',
  403: 'it is not public, or it is not there',
};

/** A success without a file. */
export const NO_CONTENT = 204;

/** Whether the same question may soon have another answer: a time-out, too many requests, the server's own failures. @param {number} status */
export function isBusy(status) {
  return status === 408 || status === 429 || status >= 500;
}

/** An answer's status in words. @param {Response} response */
export function statusOf({ status, statusText }) {
  const name = `${status} ${statusText}`.trim();
  return status in REFUSALS ? `${name}: ${REFUSALS[status]}` : name;
}

/** The length of the body; null if it is not known. That of a compressed body says nothing of the file. @param {Headers} headers */
export function lengthIn(headers) {
  return headers.get('content-encoding') ? null : Number(headers.get('content-length')) || null;
}

/** Whether the answer says that it is a web page. @param {Headers} headers */
function saysHtml(headers) {
  return /^text\/html/i.test(headers.get('content-type') ?? '');
}

/** Whether the answer says that the file is there: it has a body, which is no web page. @param {Response} response */
export function hasFile({ ok, status, headers }) {
  return ok && status !== NO_CONTENT && !saysHtml(headers);
}

/** How many bytes at the beginning of a file show what it is. */
export const OPENING = 64;

/**
 * What came in place of a file, if something did: many hosts send a web page, with status 200, for what they do not have.
 * @param {string} name the file's
 * @param {Headers} headers
 * @param {Uint8Array} bytes of which the first are looked at
 * @returns {'web page' | 'pointer' | undefined}
 */
export function impostor(name, headers, bytes) {
  const opening = bytes.subarray(0, OPENING);
  const text = new TextDecoder().decode(opening).trimStart();
  if (text.startsWith('version https://git-lfs')) return 'pointer';
  const isHtml = saysHtml(headers);
  return isPage(name, isHtml, text, opening) ? 'web page' : undefined;
}

/** @param {string} name @param {boolean} isHtml @param {string} text @param {Uint8Array} opening */
function isPage(name, isHtml, text, opening) {
  const isMarkup = text.startsWith('<');
  if (name.endsWith('.json')) return isMarkup || (isHtml && !/^[[{]/.test(text));
  // A weight file begins with the length of its header, in eight bytes of which the last are zero.
  if (name.endsWith('.safetensors')) return (isMarkup || isHtml) && !opening.subarray(0, 8).includes(0);
  return isHtml ? isMarkup : /^<(!doctype|html|\?xml)/i.test(text);
}

/** The parts of `Content-Range`, which other origins may hide. @param {Headers} headers */
function rangeIn(headers) {
  const [, first, last, total] = headers.get('content-range')?.match(/^bytes (\d+)-(\d+)\/(\d+|\*)$/) ?? [];
  return first === undefined
    ? null
    : { first: Number(first), last: Number(last), total: Number(total) || null };
}

/**
 * Where in its file the body of an answer begins; null if that cannot be known. A 206 need not have the range that was asked for.
 * @param {Response} response
 * @param {number} asked where it should begin
 * @param {number[]} lengths those that the whole file may have
 * @returns {number | null}
 */
export function positionOf({ status, headers }, asked, lengths) {
  if (status !== 206) return 0;
  if (headers.get('content-type')?.startsWith('multipart/')) return null;
  const [range, length] = [rangeIn(headers), lengthIn(headers)];
  if (range) return length === null || length === range.last - range.first + 1 ? range.first : null;
  if (length !== null && lengths.includes(asked + length)) return asked;
  return length !== null && lengths.includes(length) ? 0 : null;
}

/** What an answer says of the file's version. @param {Response} response @returns {Version} */
export function versionOf({ status, headers }) {
  const length = status === 206 ? rangeIn(headers)?.total : lengthIn(headers);
  return {
    etag: headers.get('etag'),
    modified: headers.get('last-modified'),
    lengths: length ? [length] : [],
  };
}

/**
 * Whether a file is the same now as before, as far as both versions tell.
 * @param {Version} before
 * @param {Version} now
 * @returns {'same' | 'changed' | 'unknown'}
 */
export function compare(before, now) {
  if (before.etag && now.etag) return tagOf(before) === tagOf(now) ? 'same' : 'changed';
  if (lengthsAgree(before, now) === false) return 'changed';
  if (before.modified && now.modified) return before.modified === now.modified ? 'same' : 'changed';
  return 'unknown';
}

/** Whether it is the same to the byte, so that parts of both fit together. @param {Version} before @param {Version} now */
export function isIdentical(before, now) {
  if (lengthsAgree(before, now) !== true) return false;
  const areStrong = [before, now].every(({ etag }) => etag && !etag.startsWith('W/'));
  return areStrong
    ? tagOf(before) === tagOf(now)
    : before.modified !== null && before.modified === now.modified;
}

/** @param {Version} before @param {Version} now @returns {boolean | undefined} */
export function lengthsAgree({ lengths }, now) {
  if (lengths.length === 0 || now.lengths.length === 0) return undefined;
  return now.lengths.some((length) => lengths.includes(length));
}

/** A version's ETag, but for what a host adds to it when it compresses. @param {Version} version */
function tagOf({ etag }) {
  return etag?.replace(/^W\//, '').replace(/-(gzip|br|zstd)"$/, '"');
}
