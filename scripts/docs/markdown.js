// Markdown as these documents have it: headings that can be linked to, links between pages, samples, and comments that stand
// for a table.

import path from 'node:path';

import markdownIt from 'markdown-it';

import { highlight } from './highlight.js';
import { PAGES } from './pages.js';

/** What is published beside the documents, so that a page can link to it. */
const PUBLISHED = /^(?:index\.html$|www\/|models\/.*\.(?:png|json)$|data\/|docs\/)/;

/** In samples, the place where Hearth is. */
export const HOST = 'https://YOUR-HOST/';

/** The name of a heading in an address, as GitHub makes it. @param {string} text */
export const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

/**
 * Where a link of a page leads when both are built, or null if that is not published.
 * @param {string} href
 * @param {string} source the page's file
 */
export function resolve(href, source) {
  if (/^[a-z]+:|^#/.test(href)) return href;
  const [file, anchor] = href.split('#');
  const target = path.posix.join(path.posix.dirname(source), file);
  const end = anchor ? `#${anchor}` : '';
  const page = PAGES.find((page) => page.source === target || `docs/${page.name}.html` === target);
  if (page) return `${page.name}.html${end}`;
  return PUBLISHED.test(target) ? path.posix.relative('docs', target) + end : null;
}

/** @typedef {{ source: string, headings: { level: number, id: string, text: string }[] }} Env */

/** Gives headings their names, and links their places. @param {ReturnType<typeof markdownIt>} md */
function addLinks(md) {
  md.core.ruler.push('links', ({ tokens, env }) => {
    const { headings, source } = /** @type {Env} */ (/** @type {unknown} */ (env));
    tokens.forEach((token, index) => {
      if (token.type === 'heading_open') {
        const children = tokens[index + 1].children ?? [];
        const text = children.map(({ content }) => content).join('');
        const same = headings.filter((heading) => heading.text === text).length;
        const id = same ? `${slug(text)}-${same}` : slug(text);
        headings.push({ level: Number(token.tag.slice(1)), id, text });
        token.attrSet('id', id);
      }
      /** Whether the link that is open leads nowhere. */
      let dropped = false;
      for (const child of token.children ?? []) {
        if (child.type === 'link_open') {
          const place = resolve(String(child.attrGet('href')), source);
          dropped = place === null;
          if (place !== null) child.attrSet('href', place);
        }
        if (dropped && child.type.startsWith('link_')) child.hidden = true;
        if (child.type === 'image') child.attrSet('src', resolve(String(child.attrGet('src')), source) ?? '');
      }
    });
  });
  const { rules } = md.renderer;
  for (const name of ['link_open', 'link_close']) {
    rules[name] = (tokens, index, options, _, self) =>
      tokens[index].hidden ? '' : self.renderToken(tokens, index, options);
  }
  rules.heading_open = (tokens, index, options, _, self) => self.renderToken(tokens, index, options);
}

/** Code, and under it what `live` samples make. @param {ReturnType<typeof markdownIt>} md */
function addSamples(md) {
  md.renderer.rules.fence = (tokens, index) => {
    const { content, info } = tokens[index];
    const [language = '', ...words] = info.split(/\s+/);
    const code = `<pre tabindex="0"><code>${highlight(content, language)}</code></pre>\n`;
    if (!words.includes('live')) return code;
    return `${code}<div class="live">\n${content.replaceAll(HOST, '../')}</div>\n`;
  };
  md.renderer.rules.table_open = (tokens, index) => {
    const end = tokens.findIndex(({ type }, at) => at > index && type === 'thead_close');
    const columns = tokens.slice(index, end).filter(({ type }) => type === 'th_open').length;
    return `<div class="table${columns > 3 ? '' : ' list'}" tabindex="0"><table>\n`;
  };
  md.renderer.rules.table_close = () => '</table></div>\n';
}

/**
 * Builds a page's body.
 * @param {string} text
 * @param {string} source its file
 * @param {(name: string, argument: string) => string} table what a comment such as `<!-- options: GanOptions -->` stands for
 */
export function render(text, source, table) {
  const md = markdownIt({ html: true });
  addLinks(md);
  addSamples(md);
  const env = { source, headings: /** @type {Env['headings']} */ ([]) };
  const body = text.replace(/^---\n[^]*?\n---\n/, ''); // what the Hub reads at the top of a model's card
  const html = md
    .render(body, env)
    .replace(/<th[^>]*><\/th>/g, '<td></td>') // a column without a name has no header
    .replace(/<!-- ([\w-]+): ([^>]*?) -->/g, (_, name, argument) => table(name, argument));
  return { html, headings: env.headings };
}

/** A sentence with code and links in it. @param {string} text */
export const inline = (text) => markdownIt().renderInline(text);

/**
 * The samples of a document: what follows the language says what they are for.
 * @param {string} text
 * @returns {{ language: string, words: string[], code: string, line: number }[]}
 */
export const samplesIn = (text) =>
  markdownIt()
    .parse(text, {})
    .filter(({ type }) => type === 'fence')
    .map(({ info, content, map }) => {
      const [language = '', ...words] = info.split(/\s+/);
      return { language, words, code: content, line: (map?.[0] ?? 0) + 1 };
    });
