// What a visitor looks at on the plane of a network: the digit at the cursor, a drawing's place, the way between two points.

import { AXES, ellipse, latentsAt, pointOf } from './axes.js';
import { digitsOf } from './data.js';
import { nearestClass } from './nearest.js';
import { BATCH } from './network.js';
import { Newest } from './newest.js';
import { STEPS } from './path-panel.js';
import { way } from './way.js';

/**
 * @typedef {import('./axes.js').Point} Point
 * @typedef {import('./axes.js').Axis} Axis
 * @typedef {import('./network.js').Network} Network
 * @typedef {import('./layout.js').Layout} Layout
 */

export class Explorer {
  #layout;
  #onError;
  /** @type {Network | null} */
  #network = null;
  /** @type {Axis} */
  #axis = AXES.quantile;
  /** The classes of the data set's digits. @type {Uint8Array | null} */
  #labels = null;
  /** Whether something could not be shown. */
  #isStale = false;
  /** The points that are picked, at most two. @type {Point[]} */
  #ends = [];

  #digit = new Newest(() => this.#try(() => this.#showDigit()));
  #drawing = new Newest(() => this.#try(() => this.#showDrawing()));
  #path = new Newest((/** @type {boolean} */ plays) => this.#try(() => this.#showPath(plays)));

  /** @param {Layout} layout @param {(thrown: unknown) => void} onError */
  constructor(layout, onError) {
    this.#layout = layout;
    this.#onError = onError;
  }

  /** The latents at the cursor. */
  get latents() {
    return latentsAt(this.#axis, this.#layout.plane.cursor);
  }

  /** @param {ArrayLike<number>} latents */
  moveTo(latents) {
    this.#layout.plane.moveTo(pointOf(this.#axis, latents));
  }

  /** Shows another network, or none. What a visitor has drawn and picked stays. @param {Network | null} network @param {Axis} [axis] */
  use(network, axis = this.#axis) {
    if (this.#network === network && this.#axis === axis && !this.#isStale) return;
    [this.#network, this.#axis, this.#isStale] = [network, axis, false];
    if (!network) return;
    this.#layout.sketch.fit(network.info.image_size, network.info.latent_dim);
    this.look();
    this.draw();
    this.showDots();
    if (this.#ends.length === 2) this.#path.ask(false);
  }

  /** The cursor has moved. */
  look() {
    if (!this.#hasPlane) return;
    this.#describe();
    this.#digit.ask(null);
  }

  /** The drawing has changed. */
  draw() {
    this.#drawing.ask(null);
  }

  /** Picks the cursor's point as an end of a way. After two it begins anew. */
  pick() {
    if (!this.#hasPlane) return;
    const { plane, path } = this.#layout;
    this.#ends = [...(this.#ends.length === 2 ? [] : this.#ends), plane.cursor];
    path.picked = this.#ends.length;
    path.clear();
    this.#markPath([], null);
    if (this.#ends.length === 2) this.#path.ask(true);
  }

  /** Picks nothing any more. */
  forget() {
    this.#ends = [];
    this.#layout.path.picked = 0;
    this.#layout.path.clear();
    this.#markPath([], null);
  }

  /** Shows so much of the data set as has been encoded. */
  showDots() {
    const { plane, legend, showsDots } = this.#layout;
    const { means = [] } = this.#hasPlane ?? {};
    legend.isShown = showsDots && this.#labels !== null;
    if (this.#hasPlane) this.#describe();
    if (!showsDots || means.length === 0) return plane.mark({ dots: null });
    const points = Array.from({ length: means.length / 2 }, (_, index) =>
      pointOf(this.#axis, [means[index * 2], means[index * 2 + 1]]),
    );
    plane.mark({ dots: { points, labels: this.#labels, only: legend.only } });
  }

  /**
   * Encodes the next digits of a data set and shows them.
   * @param {Network} network
   * @param {import('./data.js').Digits} digits
   * @returns {Promise<boolean>} false if there are no more
   */
  async read(network, digits) {
    const { encoded } = network;
    this.#labels = digits.labels;
    if (encoded < digits.count) await network.read(digitsOf(digits, encoded, encoded + BATCH));
    if (network === this.#network) this.showDots();
    return encoded < digits.count;
  }

  /** There is another data set. */
  forgetDots() {
    this.#labels = null;
    this.showDots();
  }

  /** A digit of the way is shown. @param {number} index */
  step(index) {
    const points = this.#points;
    this.#markPath(points, points[index] ?? null);
  }

  /** The network, if it has a plane. */
  get #hasPlane() {
    return this.#network?.info.latent_dim === 2 ? this.#network : null;
  }

  /** The latents of the way. */
  get #latents() {
    const [from, to] = this.#ends.map((point) => latentsAt(this.#axis, point));
    return to ? way(from, to, STEPS) : new Float32Array();
  }

  get #points() {
    const latents = this.#latents;
    return Array.from({ length: latents.length / 2 }, (_, index) =>
      pointOf(this.#axis, latents.subarray(index * 2)),
    );
  }

  /** @param {readonly Point[]} points @param {Point | null} at */
  #markPath(points, at) {
    this.#layout.plane.mark({ path: { ends: this.#ends, points, at } });
  }

  #describe() {
    const { means = new Float32Array() } = this.#hasPlane ?? {};
    const labels = this.#labels?.subarray(0, means.length / 2) ?? [];
    this.#layout.magnifier.say(this.latents, nearestClass(means, labels, this.latents));
  }

  async #showDigit() {
    const [image] = (await this.#hasPlane?.decode(this.latents)) ?? [];
    if (image) this.#layout.magnifier.show(image);
  }

  async #showDrawing() {
    const [network, { sketch, plane }] = [this.#network, this.#layout];
    if (!network) return;
    const picture = sketch.drawing(network.info.image_size);
    if (!picture) {
      sketch.empty();
      return plane.mark({ drawing: null });
    }
    const { mean, logvar, images } = await network.reconstruct([picture]);
    if (network !== this.#network) return; // it is asked again for the other one
    if (!this.#hasPlane) return sketch.show(picture, images[0], null);
    const point = pointOf(this.#axis, mean);
    plane.mark({ drawing: { point, outline: ellipse(this.#axis, mean, logvar) } });
    sketch.show(picture, images[0], [...mean]);
  }

  /** @param {boolean} plays */
  async #showPath(plays) {
    const latents = this.#latents;
    const images = latents.length ? await this.#hasPlane?.decode(latents) : undefined;
    // Another end may have been picked meanwhile.
    if (images && String(latents) === String(this.#latents)) this.#layout.path.take(images, plays);
  }

  /** @param {() => Promise<unknown>} call */
  async #try(call) {
    try {
      await call();
    } catch (thrown) {
      this.#isStale = true;
      this.#onError(thrown);
    }
  }
}
