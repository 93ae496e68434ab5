// The map of a VAE: one digit under a finger, which should be there within a frame.

const RUNS = 50;

/**
 * @param {import('./browser.js').Bench} bench
 * @param {{ devices: string[] }} options
 */
export async function benchMap({ inPage }, { devices }) {
  console.log('VAE: a digit of the map (vae-mnist), warm, ms');
  for (const device of devices) {
    const { decode, encode } = await inPage('map-page.js', 'digit', device, RUNS);
    console.log(
      `  ${device.padEnd(8)} from its latents ${decode.toFixed(1)}, to its place ${encode.toFixed(1)}`,
    );
  }
  console.log('');
}
