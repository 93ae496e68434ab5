// Writes a GAN's checkpoint as an ONNX model of the same arithmetic, for onnxruntime to run.
// Protocol buffers are few enough here to be written by hand: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

const FLOAT = 1;
const INT64 = 7;

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

/** @param {string} type @param {string[]} inputs @param {string} output @param {Buffer[]} attributes */
function node(type, inputs, output, attributes = []) {
  return field(1, ...inputs.map((name) => field(1, name)), field(2, output), field(4, type), ...attributes);
}

const attribute = {
  integer: (/** @type {string} */ name, /** @type {number} */ value) =>
    field(5, field(1, name), integer(3, value), integer(20, 2)),
  float: (/** @type {string} */ name, /** @type {number} */ value) =>
    field(5, field(1, name), float(2, value), integer(20, 1)),
};

/** @param {number} number @param {string} name @param {number} type @param {(number | string)[]} shape */
function value(number, name, type, shape) {
  const sizes = shape.map((size) => field(1, typeof size === 'number' ? integer(1, size) : field(2, size)));
  return field(number, field(1, name), field(2, field(1, integer(1, type), field(2, ...sizes))));
}

/**
 * The tensors of a safetensors file, as 32-bit floats.
 * @param {Buffer} file F32 or F16
 * @returns {Map<string, { shape: number[], data: Float32Array }>}
 */
function readSafetensors(file) {
  const start = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, start).toString());
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const bytes = file.subarray(start + data_offsets[0], start + data_offsets[1]);
    const width = dtype === 'F32' ? 4 : 2;
    const data = Float32Array.from({ length: bytes.length / width }, (_, index) =>
      width === 4 ? bytes.readFloatLE(index * 4) : half(bytes.readUInt16LE(index * 2)),
    );
    tensors.set(name, { shape, data });
  }
  return tensors;
}

/** @param {number} bits of an IEEE half */
function half(bits) {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/**
 * Generator and discriminator as one graph: `latents` and `labels` in, `pictures` and `scores` out.
 * @param {any} config the model's config.json
 * @param {Buffer} checkpoint its model.safetensors
 */
export function ganToOnnx(config, checkpoint) {
  const tensors = readSafetensors(checkpoint);
  const initializers = [...tensors].map(([name, { shape, data }]) => {
    const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return field(
      5,
      ...shape.map((size) => integer(1, size)),
      integer(2, FLOAT),
      field(8, name),
      field(9, raw),
    );
  });
  /** @type {Buffer[]} */
  const nodes = [];
  const network = (
    /** @type {string} */ name,
    /** @type {string} */ input,
    /** @type {number} */ layers,
    /** @type {[string, Buffer[]?]} */ hidden,
    /** @type {string} */ last,
    /** @type {string} */ output,
  ) => {
    nodes.push(node('Gather', [`${name}.class_embedding.weight`, 'labels'], `${name}.class`));
    nodes.push(node('Concat', [input, `${name}.class`], `${name}.x0`, [attribute.integer('axis', 1)]));
    for (let layer = 0; layer < layers; layer++) {
      const key = `${name}.main.${2 * layer}`;
      const inputs = [`${name}.x${layer}`, `${key}.weight`, `${key}.bias`];
      nodes.push(node('Gemm', inputs, `${key}.y`, [attribute.integer('transB', 1)]));
      if (layer === layers - 1) nodes.push(node(last, [`${key}.y`], output));
      else nodes.push(node(hidden[0], [`${key}.y`], `${name}.x${layer + 1}`, hidden[1]));
    }
  };
  const slope = [attribute.float('alpha', config.negative_slope)];
  network('generator', 'latents', config.generator_hidden_sizes.length + 1, ['Relu'], 'Tanh', 'pictures');
  network(
    'discriminator',
    'pictures',
    config.discriminator_hidden_sizes.length + 1,
    ['LeakyRelu', slope],
    'Sigmoid',
    'scores',
  );
  const pixels = config.num_channels * config.image_size ** 2;
  const graph = field(
    7,
    ...nodes,
    field(2, 'gan'),
    ...initializers,
    value(11, 'latents', FLOAT, ['batch', config.latent_dim]),
    value(11, 'labels', INT64, ['batch']),
    value(12, 'pictures', FLOAT, ['batch', pixels]),
    value(12, 'scores', FLOAT, ['batch', 1]),
  );
  return Buffer.concat([integer(1, 8), graph, field(8, integer(2, 17))]);
}
