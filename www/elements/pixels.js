// Pictures as pixels: painted, put side by side, made small.

/** Paints a picture into a canvas, which takes its size. @param {HTMLCanvasElement} canvas @param {ImageData} image */
export function paint(canvas, image) {
  resize(canvas, image.width, image.height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/** From this height on a picture is a picture, and below it one of pixels, whose squares are shown. */
const FINE = 128;

/** Gives a canvas a size, which empties it only if that is another. @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
export function resize(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.classList.toggle('fine', height >= FINE);
}

/** Pictures of one size side by side. @param {readonly ImageData[]} images at least one */
export function strip(images) {
  const [{ width, height }] = images;
  if (images.length === 1) return images[0];
  const whole = new ImageData(width * images.length, height);
  images.forEach(({ data }, index) => {
    for (let y = 0; y < height; y++) {
      const row = data.subarray(y * width * 4, (y + 1) * width * 4);
      whole.data.set(row, (y * whole.width + index * width) * 4);
    }
  });
  return whole;
}

/**
 * A picture made small: each of its pixels is the mean of `scale × scale`.
 * @param {ImageData} image
 * @param {number} scale a divisor of both its sides
 */
export function shrink(image, scale) {
  const [width, height] = [image.width / scale, image.height / scale];
  const small = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 4; channel++) {
        let sum = 0;
        for (let dy = 0; dy < scale; dy++) {
          const row = ((y * scale + dy) * image.width + x * scale) * 4 + channel;
          for (let dx = 0; dx < scale; dx++) sum += image.data[row + dx * 4];
        }
        small.data[(y * width + x) * 4 + channel] = sum / (scale * scale);
      }
    }
  }
  return small;
}

/** A picture in greys, in place. @param {ImageData} image */
export function desaturate(image) {
  const { data } = image;
  for (let at = 0; at < data.length; at += 4) {
    const grey = 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    data[at] = data[at + 1] = data[at + 2] = grey;
  }
  return image;
}

/** Whether a picture is mostly light: as one that was written on paper. @param {ImageData} image */
export function isLight({ data }) {
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += data[at] + data[at + 1] + data[at + 2];
  return sum / ((data.length / 4) * 3) > 127;
}

/** The negative of a picture, in place. @param {ImageData} image */
export function invert(image) {
  for (let at = 0; at < image.data.length; at++) if (at % 4 < 3) image.data[at] = 255 - image.data[at];
  return image;
}
