// A pipeline whose illustrator has a lexicon: prompts are put into the words that its text encoder was trained on, also from Chinese.

/**
 * @typedef {import('./offload.js').Prompted} Prompted
 * @typedef {string | readonly string[]} Texts
 */

/** Stands for the pipeline. */
export class UnderstandingPipeline {
  #pipeline;
  #lexicon;

  /** @param {Pick<Prompted, 'start' | 'add_noise' | 'info' | 'free'>} pipeline @param {import('../../pkg/hearth.js').Scenes} lexicon */
  constructor(pipeline, lexicon) {
    this.#pipeline = pipeline;
    this.#lexicon = lexicon;
  }

  /** @param {Record<string, any>} options @param {...any} others */
  async start(options, ...others) {
    const { prompt, negative_prompt } = options;
    const captions = this.#captions(prompt);
    /** @type {Record<string, any>} */
    const given = { ...options, prompt: captions };
    if (negative_prompt) given.negative_prompt = this.#captions(negative_prompt);
    const run = await this.#pipeline.start(given, .../** @type {[any, any]} */ (others));
    // What a page shows: the words that were drawn, of each prompt that has others.
    const [asked, drawn] = [[prompt].flat(), [captions].flat()];
    run.understood = asked.map((text, index) => (text === drawn[index] ? null : drawn[index]));
    return run;
  }

  /** @param {Uint8Array} image @param {object} options */
  add_noise(image, options) {
    return this.#pipeline.add_noise(image, options);
  }

  info() {
    return this.#pipeline.info();
  }

  free() {
    this.#pipeline.free();
    this.#lexicon.free();
  }

  /** @param {Texts} texts @returns {Texts} */
  #captions(texts) {
    const caption = (/** @type {string} */ text) =>
      /** @type {any} */ (this.#lexicon.understand(text)).caption;
    return typeof texts === 'string' ? caption(texts) : texts.map(caption);
  }
}
