// JSON as Python writes it.

/**
 * What a text says. Python writes numbers that JSON does not have; they become strings.
 * @param {string} text
 * @returns {unknown}
 */
export const parse = (text) => JSON.parse(quoteNumbers(text));

/** @param {string} text */
const quoteNumbers = (text) =>
  text.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );

/** @param {unknown} json @returns {json is Record<string, any>} */
export function isObject(json) {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
