// How a call that goes on with a text differs from the one that began it.

/**
 * The options of a call that goes on with one text. What is asked of a text as a whole counts what has been written of it.
 * @param {Record<string, any>} options of the call that began it
 * @param {object} tokens
 * @param {number} tokens.prompt how many the prompt has
 * @param {number} tokens.written how many there are after it
 * @param {number} tokens.atLeast how many more there are to be at least
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
