// Writes ONNX models. Protocol buffers are few enough here to be written by hand:
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

export const FLOAT = 1;
export const INT64 = 7;

/** onnxruntime's own operators, which join several of ONNX's. */
export const MICROSOFT = 'com.microsoft';

/** @param {number} value */
function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/** A field of bytes: text, a packed list or another message. @param {number} number @param {...(Buffer | string)} parts */
function field(number, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
}

/** @param {number} number @param {number} value */
const integer = (number, value) => Buffer.concat([varint(number * 8), varint(value)]);

/** @param {number} number @param {number} value */
function float(number, value) {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint(number * 8 + 5), bytes]);
}

/** What an operator takes besides tensors. */
export const attribute = {
  integer: (/** @type {string} */ name, /** @type {number} */ value) =>
    field(5, field(1, name), integer(3, value), integer(20, 2)),
  float: (/** @type {string} */ name, /** @type {number} */ value) =>
    field(5, field(1, name), float(2, value), integer(20, 1)),
  integers: (/** @type {string} */ name, /** @type {number[]} */ values) =>
    field(5, field(1, name), ...values.map((value) => integer(8, value)), integer(20, 7)),
  text: (/** @type {string} */ name, /** @type {string} */ value) =>
    field(5, field(1, name), field(4, value), integer(20, 3)),
};

/**
 * An operator at work. An input or output that is left out is an empty name.
 * @param {string} type
 * @param {string[]} inputs
 * @param {string | string[]} outputs
 * @param {Buffer[]} [attributes]
 * @param {string} [domain]
 */
export function node(type, inputs, outputs, attributes = [], domain = '') {
  return field(
    1,
    ...inputs.map((name) => field(1, name)),
    ...[outputs].flat().map((name) => field(2, name)),
    field(4, type),
    ...attributes,
    field(7, domain),
  );
}

/** A constant tensor. @param {string} name @param {number[]} shape @param {Float32Array | BigInt64Array} data */
export function constant(name, shape, data) {
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return tensor(name, shape, data instanceof BigInt64Array ? INT64 : FLOAT, field(9, raw));
}

/**
 * A constant tensor of 32-bit floats that lies in another file.
 * @param {string} name
 * @param {number[]} shape
 * @param {{ location: string, offset: number, length: number }} source
 */
export function external(name, shape, source) {
  const entries = Object.entries(source).map(([key, value]) =>
    field(13, field(1, key), field(2, `${value}`)),
  );
  return tensor(name, shape, FLOAT, ...entries, integer(14, 1));
}

/** @param {string} name @param {number[]} shape @param {number} type @param {...Buffer} data */
function tensor(name, shape, type, ...data) {
  return field(5, ...shape.map((size) => integer(1, size)), integer(2, type), field(8, name), ...data);
}

/** @typedef {[name: string, type: number, shape: (number | string)[]]} Value what goes in or comes out; a size can have a name */

/** @param {number} number @param {Value} value */
function value(number, [name, type, shape]) {
  const sizes = shape.map((size) => field(1, typeof size === 'number' ? integer(1, size) : field(2, size)));
  return field(number, field(1, name), field(2, field(1, integer(1, type), field(2, ...sizes))));
}

/**
 * A whole model.
 * @param {string} name
 * @param {{ nodes: Buffer[], constants: Buffer[], inputs: Value[], outputs: Value[] }} graph
 */
export function model(name, { nodes, constants, inputs, outputs }) {
  const graph = field(
    7,
    ...nodes,
    field(2, name),
    ...constants,
    ...inputs.map((input) => value(11, input)),
    ...outputs.map((output) => value(12, output)),
  );
  const operators = [field(8, integer(2, 17)), field(8, field(1, MICROSOFT), integer(2, 1))];
  return Buffer.concat([integer(1, 8), graph, ...operators]);
}
