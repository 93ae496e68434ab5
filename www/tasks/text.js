// text-generation: texts that go on from a prompt.

import { describe } from '../engine/page/remote.js';

/**
 * @typedef {import('../types.d.ts').Prompt} Prompt
 * @typedef {import('../types.d.ts').WriteOptions} WriteOptions
 */

/** @param {import('../engine/page/remote.js').Remote} remote @returns {import('../types.d.ts').TextPipeline} */
export function textPipeline(remote) {
  const write = async (/** @type {Prompt} */ prompt, /** @type {WriteOptions} */ options = {}) => {
    /** @type {import('../types.d.ts').GeneratedText[]} */
    let sequences = [];
    for await (const event of stream(prompt, options)) {
      if (event.type === 'complete') sequences = event.sequences;
    }
    return sequences;
  };

  /** @returns {AsyncGenerator<import('../types.d.ts').WriteEvent, void, void>} */
  async function* stream(
    /** @type {Prompt} */ prompt,
    /** @type {WriteOptions} */ { signal, ...options } = {},
  ) {
    let step_index = 0;
    let call = { seed: 0, prompt_ids: /** @type {number[]} */ ([]) };
    for await (const { type, ...event } of remote.run({ prompt, options }, signal)) {
      if (type === 'start') {
        call = { seed: event.seed, prompt_ids: event.prompt_ids };
        yield { type: 'step', step_index: step_index++, fraction: 0, ...call };
      } else if (type === 'prompt') {
        yield { type: 'step', step_index: step_index++, fraction: event.read / event.total, ...call };
      } else if (type === 'beams') {
        yield { type: 'step', step_index: step_index++, fraction: 1, text: event.text, ...call };
      } else if (type === 'tokens') {
        for (const token of event.tokens) yield { type: 'token', ...token };
      } else {
        yield { type: 'complete', sequences: event.sequences, ...call };
      }
    }
  }

  /** @type {import('../types.d.ts').TextPipeline['attention']} */
  const attention = (prompt, options) => ask('attention', prompt, options);

  /** @type {import('../types.d.ts').TextPipeline['score']} */
  const score = (prompt, options) => ask('score', prompt, options);

  /**
   * Calls a method that looks into a prompt, token by token.
   * @param {'attention' | 'score'} method
   * @param {Prompt} prompt
   * @param {import('../types.d.ts').AttentionOptions} [options]
   */
  async function ask(method, prompt, { signal, ...options } = {}) {
    const answer = await remote.call(method, { prompt, options }, { signal });
    return { ...answer, token_ids: [...answer.token_ids] };
  }

  return /** @type {any} */ (describe(remote, write, { stream, attention, score }));
}
