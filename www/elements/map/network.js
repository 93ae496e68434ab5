// The networks of a map: their calls in batches, and what they have made so far.

import { HearthError } from '../../hearth.js';
import { imageOf, greyOf } from './centre.js';
import { TileStore } from './store.js';

/**
 * @typedef {import('../../types.d.ts').VaePipeline} VaePipeline
 * @typedef {import('./centre.js').Grey} Grey
 *
 * What an encoder says of pictures, each `[count, latent_dim]`.
 * @typedef {{ mean: Float32Array, logvar: Float32Array }} Encoded
 */

/** No call has more pictures, so that none keeps the others waiting. */
export const BATCH = 64;

export class Network {
  #pipeline;
  tiles = new TileStore();
  /** The latents of the data set's digits, as many as have been encoded: `[count, latent_dim]`. */
  means = new Float32Array();

  /** @param {VaePipeline} pipeline */
  constructor(pipeline) {
    this.#pipeline = pipeline;
  }

  get info() {
    return this.#pipeline.info;
  }

  get pipeline() {
    return this.#pipeline;
  }

  /** How many digits of the data set have been encoded. */
  get encoded() {
    return this.means.length / this.info.latent_dim;
  }

  /** What the decoder makes of latents. @param {Float32Array} latents `[count, latent_dim]`, at most `BATCH` @param {AbortSignal} [signal] @returns {Promise<ImageData[]>} */
  decode(latents, signal) {
    return this.#pipeline({ latents, signal });
  }

  /** @param {readonly Grey[]} pictures light on black, at most `BATCH` @returns {Promise<Encoded>} */
  async encode(pictures) {
    const { image_size } = this.info;
    const odd = pictures.find(({ width, height }) => width !== image_size || height !== image_size);
    if (odd) {
      const got = `digits of ${odd.width} × ${odd.height} pixels`;
      throw new HearthError(
        'invalid-option',
        `data has ${got}; the model’s have ${image_size} × ${image_size}`,
      );
    }
    return this.#pipeline.encode(pictures.map(imageOf));
  }

  /** A picture's latents, and what comes back from them. @param {readonly Grey[]} pictures @param {AbortSignal} [signal] */
  async reconstruct(pictures, signal) {
    const { mean, logvar } = await this.encode(pictures);
    signal?.throwIfAborted();
    const images = (await this.decode(mean, signal)).map(greyOf);
    return { mean, logvar, images };
  }

  /** Encodes the next digits of a data set and keeps their latents. @param {readonly Grey[]} pictures */
  async read(pictures) {
    const { mean } = await this.encode(pictures);
    const means = new Float32Array(this.means.length + mean.length);
    means.set(this.means);
    means.set(mean, this.means.length);
    this.means = means;
  }
}

/** The networks that have been loaded, by the addresses of their folders. */
export class Networks {
  /** @type {Map<string, Network>} */
  #all = new Map();

  [Symbol.iterator]() {
    return this.#all.values();
  }

  clear() {
    this.#all.clear();
  }

  /** The network of a folder, with all that it has made. @param {string} folder @param {VaePipeline} pipeline of that folder */
  of(folder, pipeline) {
    const { kind, num_channels } = pipeline.info;
    if (kind !== 'vae' || num_channels !== 1) {
      const what = kind === 'vae' ? `a vae of ${num_channels} channels` : `a model of kind ${kind}`;
      throw new HearthError('unsupported-model', `${folder} has ${what}; a map needs a vae of grey pictures`);
    }
    const known = this.#all.get(folder);
    if (known?.pipeline === pipeline) return known;
    const network = new Network(pipeline);
    this.#all.set(folder, network);
    return network;
  }

  /** What to compare a network without a plane with: one with a plane, of the same beta if there is one. @param {Network} network */
  twinOf(network) {
    const others = [...this].filter(({ info }) => info.latent_dim === 2);
    return others.find(({ info }) => info.beta === network.info.beta) ?? others[0];
  }
}
