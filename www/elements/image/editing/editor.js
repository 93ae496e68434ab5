// What a visitor has the model do with a picture of their own: the part of <hearth-image> that is at work there.

import { optionsOf } from '../form.js';

/**
 * @typedef {import('../../../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('../../../types.d.ts').ImageToImagePipeline} ImageToImagePipeline
 *
 * What it needs of its element.
 * @typedef {object} Host
 * @property {import('../../hearth-image.js').HearthImage} element
 * @property {import('../layout.js').ImageParts} parts
 * @property {(signal: AbortSignal) => Promise<ImageToImagePipeline>} model
 * @property {import('../../hearth-image.js').Follow} follow shows a call
 */

/** Steps when nothing says how many; only to know where their last one is. */
const STEPS = 25;

export const randomSeed = () => Math.floor(Math.random() * 1e9);

/** The work on a picture. */
export class Studio {
  #host;
  /** A preview is under way, and whether it shows what is asked for by now. */
  #previewing = false;
  #stale = false;

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** Makes a picture of the visitor's. @param {AbortSignal} signal */
  async change(signal) {
    const { element, parts, follow } = this.#host;
    const { sketch, edits } = parts;
    const model = await this.#host.model(signal);
    const source = this.#source(signal);
    const { emptySketch, nothingMarked } = element.words;
    if (sketch.isEmpty) return element.say(emptySketch, 'error');
    if (edits.edit === 'repaint' && !source.mask) return element.say(nothingMarked, 'error');
    const options = { ...optionsOf(element), ...this.#classOptions(model.info) };
    const edit = await edits.options(model, source, Number(options.num_inference_steps) || STEPS);
    const all = { ...options, ...edit, seed: source.seed };
    await follow(model, (more) => model.stream(source.picture, { ...all, ...more }), signal);
  }

  /** Shows what the model would start from, and goes on until that is what is asked for. */
  preview() {
    this.#stale = true;
    if (this.#previewing) return;
    this.#host.element.job(async (signal) => {
      this.#previewing = true;
      try {
        const model = await this.#host.model(signal);
        while (this.#stale) await this.#look(model, signal);
      } finally {
        this.#previewing = false;
        this.#host.parts.made.update();
      }
    });
  }

  /** @param {ImageToImagePipeline} model @param {AbortSignal} signal */
  async #look(model, signal) {
    const { element, parts } = this.#host;
    const { sketch, edits, timeline } = parts;
    this.#stale = false;
    element.say(sketch.isEmpty ? element.words.emptySketch : '');
    if (sketch.isEmpty) return;
    const source = this.#source(signal);
    const start = await edits.start(model, source);
    signal.throwIfAborted();
    timeline.preview(start, edits.hasNoise);
    if (this.#stale) return;
    const [guess] = await edits.guess(model, source, this.#classOptions(model.info));
    signal.throwIfAborted();
    if (guess && !this.#stale) timeline.look(guess);
  }

  /** @param {AbortSignal} signal */
  #source(signal) {
    const { element, parts } = this.#host;
    parts.options.write(element);
    if (!element.hasAttribute('seed')) element.setAttribute('seed', String(randomSeed()));
    const { picture, mask } = parts.sketch;
    return { picture, mask, seed: element.number('seed'), signal };
  }

  /** What is said of the class: a picture of no known one is not to become one by chance. @param {DiffusionInfo} info @returns {Record<string, any>} */
  #classOptions({ guidance }) {
    const { class_labels, guidance_scale } = optionsOf(this.#host.element);
    if (class_labels) return { class_labels, ...(guidance_scale !== undefined && { guidance_scale }) };
    return guidance && guidance_scale === undefined ? { guidance_scale: 0 } : {};
  }
}
