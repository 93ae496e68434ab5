// An animated PNG (https://www.w3.org/TR/png-3/#apng-frame-based-animation) made of still ones, whose pixels stay compressed
// as they are. The first keeps its data in IDAT, so that software without animation shows it; the data of the others goes
// into fdAT.

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Pixels that are numbers of colours in a palette, of which a frame cannot have its own. */
const PALETTE = 3;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** @param {Uint8Array} bytes */
export function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
}

/**
 * The chunks of a PNG.
 * @param {Uint8Array} png
 * @returns {{ type: string, data: Uint8Array }[]}
 */
export function chunksOf(png) {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  if (SIGNATURE.some((byte, at) => png[at] !== byte)) throw new TypeError('this is no PNG');
  const chunks = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = at + 12 <= png.length ? view.getUint32(at) : Infinity;
    if (at + 12 + length > png.length) throw new TypeError('this PNG ends too early');
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    chunks.push({ type, data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

/** A chunk's bytes. @param {string} type @param {Uint8Array} data */
function chunk(type, data) {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let at = 0; at < 4; at++) bytes[4 + at] = type.charCodeAt(at);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** @param {...number} numbers of 32 bits each */
function words(...numbers) {
  const bytes = new Uint8Array(numbers.length * 4);
  numbers.forEach((number, at) => new DataView(bytes.buffer).setUint32(at * 4, number));
  return bytes;
}

/** @param {...Uint8Array} parts */
function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * The animation of some PNGs, which must be of one size and have the same kind of pixels.
 * @param {readonly Uint8Array[]} pngs at least one
 * @param {(index: number) => number} delay for how many milliseconds each is shown
 * @param {{ plays?: number }} [options] how often it is played; 0 is for ever
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function apng(pngs, delay, { plays = 0 } = {}) {
  if (pngs.length === 0) throw new TypeError('an animation needs at least one picture');
  const frames = pngs.map(chunksOf);
  const [header] = frames[0];
  if (header?.type !== 'IHDR' || header.data[9] === PALETTE) {
    throw new TypeError('a picture of an animation must have a header and no palette');
  }
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header.data),
    chunk('acTL', words(frames.length, plays)),
  ];
  let sequence = 0; // counts both kinds of chunks together
  frames.forEach((chunks, index) => {
    if (chunks[0].data.some((byte, at) => byte !== header.data[at])) {
      throw new TypeError(`picture ${index} is of another size or kind than the first`);
    }
    const size = header.data.subarray(0, 8);
    // At 0, 0; the delay as a fraction of a second; then neither disposed of nor blended.
    const time = words((Math.min(Math.round(delay(index)), 0xffff) << 16) | 1000);
    parts.push(chunk('fcTL', join(words(sequence++), size, words(0, 0), time, new Uint8Array(2))));
    for (const { type, data } of chunks) {
      if (type !== 'IDAT') continue;
      parts.push(index === 0 ? chunk(type, data) : chunk('fdAT', join(words(sequence++), data)));
    }
  });
  return join(...parts, chunk('IEND', new Uint8Array()));
}
