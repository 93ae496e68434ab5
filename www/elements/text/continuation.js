// The options of a call that continues a text.

/**
 * Limits for a whole text count what is already written. Only one text is continued, however many there were.
 * @param {Record<string, any>} options of the call that began it
 * @param {object} tokens
 * @param {number} tokens.prompt how many the prompt has
 * @param {number} tokens.written how many come after it
 * @param {number} tokens.atLeast how many the call must add
 * @returns {Record<string, any>}
 */
export function continuation(options, { prompt, written, atLeast }) {
  const { max_length, max_new_tokens, min_new_tokens = 0, num_return_sequences: _, ...others } = options;
  const most = max_length === undefined ? max_new_tokens : max_length - prompt;
  // A text that was stopped gets the tokens that are left; a complete one gets as many again.
  const left = most - written > 0 ? most - written : most;
  return {
    ...others,
    max_new_tokens: most === undefined ? undefined : left,
    min_new_tokens: Math.max(min_new_tokens - written, atLeast),
  };
}
