// What `npm run build` does beside calling the tools.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { signed } from '../../scripts/build.js';

/** A wasm that imports a function, and has one more byte somewhere. @param {string} name @param {number} byte */
function wasmOf(name, byte) {
  const text = (/** @type {string} */ text) => [text.length, ...Buffer.from(text)];
  const section = (/** @type {number} */ id, /** @type {number[]} */ ...bytes) => [
    id,
    bytes.length,
    ...bytes,
  ];
  const type = section(1, 1, 0x60, 0, 0);
  const imports = section(2, 1, ...text('glue'), ...text(name), 0, 0);
  return Uint8Array.of(
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...type,
    ...imports,
    ...section(0, ...text('x'), byte),
  );
}

test('glue and wasm of one build link, and those of two do not', async () => {
  const name = '__wbg_log_0123456789abcdef';
  const glue = `({ glue: { ${name}: function() {} } })`;
  const [one, two] = [1, 2].map((byte) => signed(glue, wasmOf(name, byte)));
  const link = (/** @type {string} */ glue, /** @type {Uint8Array<ArrayBuffer>} */ wasm) =>
    WebAssembly.instantiate(wasm, (0, eval)(glue));
  await link(one.glue, one.wasm);
  await link(two.glue, two.wasm);
  await assert.rejects(link(one.glue, two.wasm), WebAssembly.LinkError);
  await assert.rejects(link(two.glue, one.wasm), WebAssembly.LinkError);
});
