// What tokens look like to a reader.

/**
 * A token of a text. One from a beam search has no probability.
 * @typedef {object} Token
 * @property {number} token_id
 * @property {string} text the characters that it completes, which can be none
 * @property {number} [logprob]
 * @property {readonly import('../../types.d.ts').Alternative[]} [top_logprobs]
 */

/**
 * Tokens that together make whole characters, from `first` to before `end`.
 * @typedef {{ text: string, first: number, end: number }} Piece
 */

const PART = '\ufffd';

/** The text that a token adds as it comes: none if it is a part of a character. @param {string} text */
export function completed(text) {
  return text.includes(PART) ? '' : text;
}

/**
 * The pieces of a text, from the texts of its tokens, in which a part of a character is U+FFFD.
 * @param {readonly string[]} tokens
 * @param {string} text
 * @returns {Piece[]}
 */
export function piecesOf(tokens, text) {
  /** @type {Piece[]} */
  const pieces = [];
  let at = 0; // the index in the text
  let open = -1; // the first token of a character that is not complete
  const close = (/** @type {number} */ end, /** @type {number} */ until) => {
    pieces.push({ text: until > at ? text.slice(at, until) : PART, first: open, end });
    at = Math.max(at, until);
    open = -1;
  };
  tokens.forEach((token, index) => {
    if (token.includes(PART)) {
      if (open < 0) open = index;
      return;
    }
    if (open >= 0) close(index, text.indexOf(token, at + 1));
    pieces.push({ text: token, first: index, end: index + 1 });
    at += token.length;
  });
  if (open >= 0) close(tokens.length, text.length);
  return pieces;
}

/**
 * A token's text where it stands alone, with spaces and ends made visible.
 * @param {string} text
 * @param {import('../words.js').Words} words
 */
export function shown(text, { endOfText, partOfCharacter }) {
  if (text === '') return endOfText;
  if (text.includes(PART)) return partOfCharacter;
  return text.replaceAll(' ', '·').replaceAll('\n', '↵').replaceAll('\t', '⇥');
}

/** A text for the middle of a sentence, in whichever direction either is written. @param {string} text */
export const isolated = (text) => `\u2068${text}\u2069`;

/** How surprising a probability is: 0 for a certainty, 1 for one in a thousand or rarer. @param {number} probability */
export function surprise(probability) {
  return Math.min(1, -Math.log(probability) / Math.log(1000));
}
