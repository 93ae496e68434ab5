// <hearth-map>: the plane of a VAE's two latents, digit by digit, and what is to be learnt from it.
//
//   <hearth-map model="models/vae-mnist"></hearth-map>                      the plane
//   <hearth-map model="models/vae-mnist" data="data/mnist"></hearth-map>    with the digits of a data set on it

import { HearthError } from '../hearth.js';
import { attributeOf, optionsOf, setAttribute } from './attributes.js';
import { HearthElement } from './base.js';
import { define } from './define.js';
import { AXES } from './map/axes.js';
import { DataSet, digitsOf } from './map/data.js';
import { breathe, drawView, isDrawn } from './map/drawing.js';
import { Explorer } from './map/explorer.js';
import { Layout, layoutSheets } from './map/layout.js';
import { Networks } from './map/network.js';
import { folderFor, networksOf } from './map/networks.js';
import { OPTIONS, readOptions } from './map/options.js';
import { DIGITS, rowsOf } from './map/reconstructions.js';

/**
 * @typedef {import('./map/types.d.ts').HearthMap} Contract
 * @typedef {import('./map/network.js').Network} Network
 * @typedef {import('./map/axes.js').Axis} Axis
 */

/**
 * The element.
 * @extends {HearthElement<import('../types.d.ts').VaePipeline, import('./map/types.d.ts').MapDetails>}
 * @implements {Contract}
 */
class HearthMap extends HearthElement {
  static observedAttributes = [...super.loadAttributes, ...Object.keys(OPTIONS).map(attributeOf)];
  static sheets = [...super.sheets, ...layoutSheets];
  static task = 'unconditional-image-generation';
  static model = 'vae-mnist/';

  #layout = new Layout(() => this.words, this.status.element, {
    onView: () => this.#onView(),
    onCursor: () => this.#explorer.look(),
    onPick: () => this.#explorer.pick(),
    onDots: () => this.#explorer.showDots(),
    onDraw: () => this.#explorer.draw(),
    onStep: (index) => this.#explorer.step(index),
    onForget: () => this.#explorer.forget(),
    onBeta: (beta) => setAttribute(this, 'beta', String(beta)),
    onDim: (dim) => setAttribute(this, 'latent-dim', String(dim)),
  });
  #explorer = new Explorer(this.#layout, (thrown) => this.#fail(thrown));
  #data = new DataSet();
  #networks = new Networks();
  /** The one that is on show. @type {Network | null} */
  #network = null;
  /** When the view was asked for. */
  #asked = 0;
  /** The axes of the tiles. @type {Axis | null} */
  #axis = null;
  /** Ends the waiting for the data set, because there is something to draw. */
  #wake = () => {};

  constructor() {
    super();
    this.shadowRoot?.append(this.#layout.element);
    this.#offer();
  }

  /** The latents at the cursor. */
  get latents() {
    return this.#explorer.latents;
  }

  /** Moves the cursor to these two latents, and shows them. @param {ArrayLike<number>} latents */
  moveTo(latents) {
    this.#explorer.moveTo(latents);
  }

  /** Shows all of the plane. */
  home() {
    this.#layout.plane.home();
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (HearthMap.loadAttributes.includes(name)) this.#forget();
    if (name === 'data' || name === 'count') this.#forgetData();
    this.#offer();
    super.attributeChangedCallback(name, before, now);
  }

  stop() {
    this.#data.stop();
    super.stop();
  }

  leave() {
    this.#layout.path.pause();
    super.leave();
    this.#forget();
  }

  localize() {
    super.localize();
    this.#layout.localize();
  }

  /** @param {AbortSignal} signal */
  async work(signal) {
    this.again = () => void this.start();
    const { scale, beta, latent_dim } = readOptions(this);
    const own = await this.#open(this.modelFolder, signal);
    const choice = { latent_dim: latent_dim ?? own.info.latent_dim, beta: beta ?? own.info.beta };
    const folder = folderFor(this.modelFolder, this.baseURI, own.info, choice);
    const network = await this.#open(folder, signal);
    const { plane, weights } = this.#layout;
    weights.choose(network.info);
    const before = this.#network;
    this.#network = network;
    this.#asked = performance.now();
    const [axis, isPlane] = [AXES[scale], network.info.latent_dim === 2];
    if (this.#axis !== axis) for (const { tiles } of this.#networks) tiles.clear();
    this.#axis = axis;
    this.#layout.hasPlane = isPlane;
    this.#explorer.use(network, axis);
    if (!isPlane) return this.#reconstruct(network, signal);
    // The picture of another network stays until this one has drawn over it.
    if (before !== network) plane.use(before ? [before.tiles, network.tiles] : [network.tiles]);
    await this.#draw(network, axis, signal);
  }

  /** A network, once its weights are there. @param {string | URL} folder @param {AbortSignal} signal */
  async #open(folder, signal) {
    const pipeline = await this.ready(signal, HearthMap.task, folder);
    return this.#networks.of(String(folder), pipeline);
  }

  /** Draws what the view lacks, and reads the data set when there is nothing to draw. @param {Network} network @param {Axis} axis @param {AbortSignal} signal */
  async #draw(network, axis, signal) {
    const { plane } = this.#layout;
    const { latent_dim, beta } = network.info;
    let isFirst = true;
    do {
      if (!isDrawn(plane, network)) this.say(this.words.drawing);
      const count = await drawView(plane, network, axis, signal, (step) =>
        this.emit('step', { type: 'step', ...step, latent_dim, beta }),
      );
      if (count || isFirst) {
        plane.use([network.tiles]);
        this.#complete(network, count);
      }
      isFirst = false;
    } while (await this.#read(network, signal));
  }

  /** Reads on in the data set. @param {Network} network @param {AbortSignal} signal @returns {Promise<boolean>} whether there may be more */
  async #read(network, signal) {
    const loading = this.#load();
    if (!loading) return false;
    if (!this.#data.digits) {
      // A visitor who moves on meanwhile need not wait for it.
      await Promise.race([loading, new Promise((resolve) => (this.#wake = () => resolve(undefined)))]);
      signal.throwIfAborted();
      return true;
    }
    const { count } = this.#data.digits;
    if (!(await this.#explorer.read(network, this.#data.digits))) return false;
    signal.throwIfAborted();
    this.say(this.words.map.encoded(network.encoded, count));
    await breathe();
    return true;
  }

  /** Shows what a network without a plane makes of digits, beside what one with a plane does. @param {Network} network @param {AbortSignal} signal */
  async #reconstruct(network, signal) {
    const { reconstructions } = this.#layout;
    const { latent_dim } = network.info;
    if (reconstructions.dim !== latent_dim) reconstructions.show(latent_dim, []);
    const digits = await this.#load();
    signal.throwIfAborted();
    const pictures = digits ? digitsOf(digits, 0, DIGITS) : [];
    this.say(this.words.drawing);
    const twin = this.#networks.twinOf(network);
    const networks = twin ? [twin, network] : [network];
    reconstructions.show(latent_dim, pictures.length ? await rowsOf(pictures, networks, signal) : []);
    this.#complete(network, pictures.length);
  }

  /** @param {Network} network @param {number} num_images */
  #complete(network, num_images) {
    const ms = performance.now() - this.#asked;
    const device = this.deviceName(network.pipeline);
    this.say(num_images ? this.words.drawn(num_images, ms.toFixed(0), device) : this.words.map.complete);
    const { latent_dim, beta } = network.info;
    this.emit('complete', { type: 'complete', num_images, latent_dim, beta, ms });
  }

  /** The data set's digits; undefined if there is no data set. */
  #load() {
    const { data, count } = readOptions(this);
    if (!data) return undefined;
    if (this.#data.digits) return this.#data.load(data, count, () => {});
    this.say(this.words.map.loadingData);
    this.status.showProgress();
    const loading = this.#data.load(data, count, ({ loaded, total }) => {
      if (total) this.status.progress = loaded / total;
      this.emit('progress', { loaded, total });
    });
    loading.then(
      () => this.status.hideProgress(),
      () => {},
    );
    return loading;
  }

  /** Another part of the plane is on show. */
  #onView() {
    const network = this.#network;
    if (network?.info.latent_dim !== 2) return;
    this.#asked = performance.now();
    this.#wake();
    if (!this.busy && !isDrawn(this.#layout.plane, network)) this.start();
  }

  /** Offers the networks that there are. */
  #offer() {
    const { weights } = this.#layout;
    const [betas, dims] = ['betas', 'latent-dims'].map((name) => this.getAttribute(name));
    weights.offer(networksOf({ model: this.modelFolder, base: this.baseURI, betas, dims }));
    const { beta = this.#network?.info.beta ?? 1, latent_dim = 2 } = optionsOf(this, OPTIONS);
    weights.choose({ beta, latent_dim });
    this.#layout.hasData = this.hasAttribute('data');
  }

  /** Its pipelines are given back. */
  #forget() {
    this.#networks.clear();
    this.#network = null;
    this.#explorer.use(null);
  }

  /** There is another data set, or more of it. */
  #forgetData() {
    this.#data.stop();
    this.#data = new DataSet();
    for (const network of this.#networks) network.means = new Float32Array();
    this.#explorer.forgetDots();
  }

  /** One of the calls between two batches has failed. @param {unknown} thrown */
  #fail(thrown) {
    const { code } = HearthError.from(thrown);
    if (code === 'aborted' || code === 'disposed') return; // it is not wanted any more
    this.job(async () => {
      throw thrown;
    });
  }
}

const Served = define('hearth-map', HearthMap);
export { Served as HearthMap };
