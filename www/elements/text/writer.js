// The calls that write: new texts from the prompt, or more of one text from its very tokens.

import { optionsOf } from '../attributes.js';
import { seconds } from '../units.js';
import { continuation } from './continuation.js';
import { OPTIONS } from './options.js';

/**
 * @typedef {import('../../types.d.ts').WriteCall} WriteCall
 * @typedef {import('./tokens.js').Token} Token
 * @typedef {import('./view.js').TextView} TextView
 *
 * What it works with.
 * @typedef {object} Host
 * @property {InstanceType<typeof import('../hearth-text.js').HearthText>} element
 * @property {import('./form.js').PromptForm} form
 * @property {import('./texts.js').Texts} texts
 * @property {import('./speed.js').Speed} speed
 * @property {(signal: AbortSignal) => Promise<void>} onWritten
 */

/** How many alternatives the look inside offers for each token, unless the page asks for another number. */
const ALTERNATIVES = 8;

/** Writes for a `<hearth-text>`. */
export class Writer {
  #host;

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** Writes what the attributes ask for. @param {AbortSignal} signal */
  async begin(signal) {
    const { element, texts } = this.#host;
    const prompt = element.getAttribute('prompt') ?? '';
    const options = this.#asked();
    const { num_beams = 1, num_return_sequences = 1 } = options;
    await this.#run(prompt, options, signal, ({ prompt_ids }) =>
      texts.begin(prompt, prompt_ids, num_beams > 1 ? 1 : num_return_sequences),
    );
  }

  /** Continues a text where it has stopped. @param {TextView} view */
  continue(view) {
    // A model that has ended a text would end it again at once.
    const tokens = view.ended ? view.tokens.slice(0, -1) : [...view.tokens];
    this.#extend(view, tokens, { atLeast: view.ended ? 1 : 0 });
  }

  /**
   * Replaces a token, and continues from the new one.
   * @param {TextView} view
   * @param {number} index
   * @param {Token} token
   * @param {boolean} ends whether it ends the text
   */
  pick(view, index, token, ends) {
    const { element, texts } = this.#host;
    const tokens = [...view.tokens.slice(0, index), token];
    if (!ends) return this.#extend(view, tokens, { focus: index });
    element.job(async () => {
      texts.keep(view, tokens);
      view.end();
      element.say('');
      const whole = this.#whole([{ finish_reason: 'eos-token' }], true);
      element.emit('complete', { type: 'complete', ...whole, ms: 0 });
    });
  }

  /** What the attributes ask for, and the alternatives that the look inside needs. @returns {Record<string, any>} */
  #asked() {
    const { element } = this.#host;
    const inside = element.hasAttribute('controls') ? { top_logprobs: ALTERNATIVES } : {};
    return { ...inside, ...optionsOf(element, OPTIONS) };
  }

  /**
   * Goes on with one text.
   * @param {TextView} view
   * @param {Token[]} tokens those to go on from, of which the last may be one that the visitor has picked
   * @param {object} how
   * @param {number} [how.atLeast] new tokens
   * @param {number} [how.focus] the token that gets the focus
   */
  #extend(view, tokens, { atLeast = 0, focus }) {
    const { element, texts } = this.#host;
    element.again = () => this.#extend(view, tokens, { atLeast });
    const counts = { prompt: texts.promptLength, written: tokens.length, atLeast };
    const options = continuation(this.#asked(), counts);
    element.job((signal) =>
      this.#run(texts.idsOf(tokens), options, signal, () => {
        texts.keep(view, tokens);
        if (focus !== undefined) view.focus(focus);
      }),
    );
  }

  /**
   * Writes, and shows the text as it comes.
   * @param {import('../../types.d.ts').Prompt} prompt
   * @param {Record<string, any>} options
   * @param {AbortSignal} signal
   * @param {(call: WriteCall) => void} begin prepares the texts, once the engine has accepted the call
   */
  async #run(prompt, options, signal, begin) {
    const { element, form, texts, speed, onWritten } = this.#host;
    const isContinued = typeof prompt !== 'string';
    const write = await element.ready(signal);
    element.say(element.words.writing);
    speed.begin();
    const started = performance.now();
    /** The tokens of each text before the call adds to them. @type {Token[][] | null} */
    let before = null;
    try {
      // A continued text begins with the prompt of another call, so `texts` puts them together.
      for await (const event of write.stream(prompt, { ...options, return_full_text: false, signal })) {
        const ms = performance.now() - started;
        if (event.type === 'token') {
          element.say(element.words.writing);
          texts.views[event.sequence_index].append(event);
          speed.count(ms);
          element.emit('token', { ...event, ms });
        } else if (event.type === 'step') {
          if (!before) {
            begin(event);
            before = texts.views.map(({ tokens }) => [...tokens]);
            texts.writing = true;
          }
          this.#showStep(event);
          element.emit('step', { ...event, ms });
        } else {
          texts.finish(event.sequences, (options.num_beams ?? 1) > 1 ? (before?.[0] ?? []) : null);
          const count = event.sequences.reduce((sum, { token_ids }) => sum + token_ids.length, 0);
          element.say(element.words.written(count, seconds(ms), element.deviceName(write)));
          speed.show(ms);
          if (!isContinued) form.seed = event.seed;
          element.emit('complete', { ...event, ms, ...this.#whole(event.sequences, isContinued) });
        }
      }
    } finally {
      if (before) {
        texts.writing = false;
        if (texts.views.length === 1 && !signal.aborted) element.again = () => element.continue();
      }
    }
    await onWritten(signal);
  }

  /** Says how far the prompt has been read, or shows the best beam so far. @param {import('../../types.d.ts').WriteStepEvent} step */
  #showStep({ text, fraction }) {
    const { element, texts } = this.#host;
    if (text !== undefined) {
      element.say(element.words.searching);
      texts.views[0].preview(text);
    } else if (fraction > 0) element.say(element.words.reading(Math.round(fraction * 100)));
  }

  /**
   * The part of a `complete` event's detail that is about the texts on show.
   * @param {readonly Pick<import('../../types.d.ts').GeneratedText, 'finish_reason'>[]} ends how each has ended
   * @param {boolean} continued whether a visitor had a hand in them
   */
  #whole(ends, continued) {
    const sequences = this.#host.texts.sequences(ends, this.#asked().return_full_text !== false);
    return { sequences, text: sequences[0].generated_text, continued };
  }
}
