// The options of a text that a page or a visitor can ask for.

/** @typedef {import('../attributes.js').ValueKind} ValueKind */

const FLAG = /** @type {const} */ (['true', 'false']);

/** The options in the groups of the panel, each with what its value is. @type {Record<string, Record<string, ValueKind>>} */
export const GROUPS = {
  length: {
    max_new_tokens: 'number',
    max_length: 'number',
    min_new_tokens: 'number',
    exponential_decay_length_penalty: 'numbers',
    eos_token_id: 'numbers',
    stop_strings: 'lines',
    return_full_text: FLAG,
  },
  drawing: {
    do_sample: FLAG,
    temperature: 'number',
    top_k: 'number',
    top_p: 'number',
    min_p: 'number',
    typical_p: 'number',
  },
  repetition: {
    repetition_penalty: 'number',
    no_repeat_ngram_size: 'number',
    bad_words: 'lines',
  },
  several: {
    num_return_sequences: 'number',
    num_beams: 'number',
    length_penalty: 'number',
    early_stopping: [...FLAG, 'never'],
  },
  telling: {
    top_logprobs: 'number',
  },
};

/** @type {import('../attributes.js').ValueKinds} */
export const OPTIONS = Object.assign({}, ...Object.values(GROUPS));
