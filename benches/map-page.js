// What the benchmark of the map runs inside the page, through the public API.

import { timedWarm } from './in-page.js';

/**
 * The medians of decoding and encoding one digit.
 * @param {string} device
 * @param {number} runs
 */
export async function digit(device, runs) {
  const { pipeline } = await import('../www/hearth.js');
  const map = /** @type {any} */ (
    await pipeline('unconditional-image-generation', '/models/vae-mnist', {
      device: /** @type {any} */ (device),
    })
  );
  const [picture] = await map({ latents: Float32Array.of(0.3, -0.7) });
  const decode = await timedWarm(() => map({ latents: Float32Array.of(0.3, -0.7) }), runs);
  const encode = await timedWarm(() => map.encode(picture), runs);
  await map.dispose();
  return { decode, encode };
}
