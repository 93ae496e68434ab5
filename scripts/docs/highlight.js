// Colours for code: comments, strings and words of the language, no more.

/** @type {Record<string, [string, RegExp][]>} */
const RULES = {
  js: [
    ['comment', /\/\/.*|\/\*[^]*?\*\//],
    ['string', /'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\\n])*"/],
    [
      'word',
      /\b(?:import|from|export|const|let|await|async|for|of|if|else|return|new|function|try|catch|throw|true|false|null|undefined)\b/,
    ],
  ],
  html: [
    ['comment', /<!--[^]*?-->/],
    ['string', /"[^"]*"/],
    ['word', /<\/?[\w-]+|>/],
  ],
  css: [
    ['comment', /\/\*[^]*?\*\//],
    ['word', /[\w-]+(?=:)/],
  ],
  sh: [['comment', /#.*/]],
};
RULES.ts = RULES.js;
RULES.jsx = RULES.js;

/** @param {string} text */
export const escape = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Code as HTML. @param {string} code @param {string} language */
export function highlight(code, language) {
  const rules = RULES[language];
  if (!rules) return escape(code);
  const all = new RegExp(rules.map(([, { source }]) => `(${source})`).join('|'), 'g');
  let html = '';
  let end = 0;
  for (const match of code.matchAll(all)) {
    const [name] = rules[match.slice(1).findIndex((group) => group !== undefined)];
    html += `${escape(code.slice(end, match.index))}<span class="${name}">${escape(match[0])}</span>`;
    end = match.index + match[0].length;
  }
  return html + escape(code.slice(end));
}
