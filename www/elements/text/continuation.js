// The options of a call that goes on with a text.

/**
 * Limits that are for a text as a whole count what is written already, and one text is continued, however many there were.
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
  // What is left of a text that was stopped, or as much again.
  const left = most - written > 0 ? most - written : most;
  return {
    ...others,
    max_new_tokens: most === undefined ? undefined : left,
    min_new_tokens: Math.max(min_new_tokens - written, atLeast),
  };
}
