// The calls that edit a visitor's picture: the preview of what the model would start from, and the edit itself.

import { optionsOf, randomSeed, setAttribute } from '../../attributes.js';
import { follow } from '../follow.js';
import { OPTIONS, sizeOf } from '../options.js';

/**
 * @typedef {import('../../../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('../../../types.d.ts').ImageToImagePipeline} ImageToImagePipeline
 *
 * What it works with.
 * @typedef {object} Host
 * @property {InstanceType<typeof import('../../hearth-image.js').HearthImage>} element
 * @property {import('../layout.js').Layout} layout
 * @property {(signal: AbortSignal) => Promise<ImageToImagePipeline>} model
 */

/** The engine's default number of steps, to know where the last one is. */
const STEPS = 25;

/** Works for a `<hearth-image>`. */
export class Editor {
  #host;
  /** Whether a preview is under way. */
  #previewing = false;
  /** Whether something else is asked for by now. */
  #stale = false;

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** Edits the visitor's picture. @param {AbortSignal} signal */
  async change(signal) {
    const { element, layout } = this.#host;
    const { sketch, edits } = layout;
    const model = await this.#host.model(signal);
    const source = this.#source(model, signal);
    const { emptySketch, nothingMarked } = element.words;
    if (sketch.isEmpty) return element.say(emptySketch, 'error');
    if (edits.edit === 'repaint' && !source.mask) return element.say(nothingMarked, 'error');
    const asked = optionsOf(element, OPTIONS);
    const edit = await edits.options(model, source, Number(asked.num_inference_steps) || STEPS);
    const options = { ...asked, ...subjectOptions(model.info, asked), ...edit, seed: source.seed };
    await follow(
      element,
      layout,
      model,
      (more) => model.stream(source.picture, { ...options, ...more }),
      signal,
    );
  }

  /** Shows what the model would start from, again as long as the visitor changes it. */
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
        this.#host.layout.actions.update();
      }
    });
  }

  /** @param {ImageToImagePipeline} model @param {AbortSignal} signal */
  async #look(model, signal) {
    const { element, layout } = this.#host;
    const { sketch, edits, timeline } = layout;
    this.#stale = false;
    element.say(sketch.isEmpty ? element.words.emptySketch : '');
    if (sketch.isEmpty) return;
    const source = this.#source(model, signal);
    const start = await edits.start(model, source);
    signal.throwIfAborted();
    timeline.preview(start, edits.hasNoise);
    if (this.#stale) return;
    const [guess] = await edits.guess(model, source, subjectOptions(model.info, optionsOf(element, OPTIONS)));
    signal.throwIfAborted();
    if (guess && !this.#stale) timeline.look(guess);
  }

  /** The visitor's picture, in the size that is asked for. @param {ImageToImagePipeline} model @param {AbortSignal} signal */
  #source({ info }, signal) {
    const { element, layout } = this.#host;
    layout.form.write(element);
    if (!element.hasAttribute('seed')) setAttribute(element, 'seed', String(randomSeed()));
    const { seed, ...options } = optionsOf(element, OPTIONS);
    layout.sketch.fit({ sample_size: sizeOf(options, info), channels: info.channels });
    const { picture, mask } = layout.sketch;
    return { picture, mask, seed, signal };
  }
}

/**
 * What a call is to draw: a prompt, or a class. If nobody asks for a class, the model would draw one from the seed, and a
 * visitor's digit could turn into another. A `guidance_scale` of 0 means no class, so that is used where the model has
 * guidance and nobody asks for it.
 * @param {DiffusionInfo} info
 * @param {Record<string, any>} asked
 * @returns {{ prompt?: string, class_labels?: number[], guidance_scale?: number }}
 */
function subjectOptions({ prompts, guidance }, { prompt = '', class_labels, guidance_scale }) {
  if (prompts) return { prompt };
  if (class_labels) return { class_labels, ...(guidance_scale !== undefined && { guidance_scale }) };
  return guidance && guidance_scale === undefined ? { guidance_scale: 0 } : {};
}
