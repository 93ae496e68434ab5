// The networks of models/vae-mnist in plain JavaScript, for Node and for pages: what the engine is to compute, but slowly.

/** @typedef {{ weight: Float32Array, bias: Float32Array }} Layer */

/** @param {number} half the bits of an f16 */
function f16(half) {
  const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The tensors of a safetensors file in f16, by their names. @param {Uint8Array} bytes @returns {Record<string, Float32Array>} */
function tensorsIn(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const { __metadata__, ...header } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          data_offsets: [from, to],
        },
      ]) => {
        if (dtype !== 'F16') throw new Error(`${name} is ${dtype}`);
        const at = (/** @type {number} */ index) => f16(view.getUint16(8 + length + from + index * 2, true));
        return [name, Float32Array.from({ length: (to - from) / 2 }, (_, index) => at(index))];
      },
    ),
  );
}

/** @param {Float32Array} input @param {Layer} layer @param {(x: number) => number} activation */
function linear(input, { weight, bias }, activation) {
  return bias.map((sum, row) => {
    const from = row * input.length;
    for (let column = 0; column < input.length; column++) sum += weight[from + column] * input[column];
    return activation(sum);
  });
}

const silu = (/** @type {number} */ x) => x / (1 + Math.exp(-x));
const sigmoid = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));
const same = (/** @type {number} */ x) => x;

/**
 * Both networks of a folder.
 * @param {{ latent_dim: number }} config
 * @param {Uint8Array} weights
 */
export function vaeOf({ latent_dim }, weights) {
  const tensors = tensorsIn(weights);
  /** @param {string} name @returns {Layer[]} */
  const layersOf = (name) => {
    const indices = Object.keys(tensors).flatMap(
      (key) => key.match(`^${name}\\.(\\d+)\\.weight$`)?.[1] ?? [],
    );
    const ascending = indices.map(Number).sort((a, b) => a - b);
    return ascending.map((index) => ({
      weight: tensors[`${name}.${index}.weight`],
      bias: tensors[`${name}.${index}.bias`],
    }));
  };
  const [encoder, decoder] = [layersOf('encoder'), layersOf('decoder')];
  /** @param {Layer[]} layers @param {Float32Array} input @param {(x: number) => number} last */
  const through = (layers, input, last) =>
    layers.reduce((x, layer, index) => linear(x, layer, index < layers.length - 1 ? silu : last), input);
  return {
    /** @param {Float32Array} pixels 0 to 1 */
    encode(pixels) {
      const both = through(encoder, pixels, same);
      return { mean: both.subarray(0, latent_dim), logvar: both.subarray(latent_dim) };
    },
    /** Pixels, 0 to 1. @param {Float32Array} latents */
    decode: (latents) => through(decoder, latents, sigmoid),
  };
}
