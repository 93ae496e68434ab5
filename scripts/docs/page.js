// The frame around each page.

import { escape } from './highlight.js';
import { GROUPS } from './pages.js';

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self' https:; base-uri 'none'; form-action 'none'";

/** The list of pages. @param {string} current */
const list = (current) =>
  GROUPS.map(({ title, pages }) => {
    const items = pages.map(({ name, title }) => {
      const here = name === current ? ' aria-current="page"' : '';
      return `<li><a href="${name}.html"${here}>${escape(title)}</a></li>`;
    });
    return `<h2>${title}</h2>\n<ul>${items.join('')}</ul>`;
  }).join('\n');

/** What stands on a page, for those who look for a part of it. @param {{ level: number, id: string, text: string }[]} headings */
function contents(headings) {
  const parts = headings.filter(({ level }) => level === 2);
  if (parts.length < 3) return '';
  const items = parts.map(({ id, text }) => `<li><a href="#${id}">${escape(text)}</a></li>`);
  return `<nav class="contents" aria-label="On this page"><ul>${items.join('')}</ul></nav>\n`;
}

/**
 * @param {import('./pages.js').Page} page
 * @param {{ html: string, headings: { level: number, id: string, text: string }[] }} content
 */
export function frame({ name, title }, { html, headings }) {
  const split = html.indexOf('</h1>') + '</h1>'.length;
  const body = html.slice(0, split) + contents(headings) + html.slice(split);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escape(name === 'index' ? 'Hearth: documents' : `${title} · Hearth`)}</title>
<link rel="icon" href="../www/page/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="assets/docs.css">
<script type="module" src="assets/docs.js"></script>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
<a class="brand" href="index.html"><img src="../www/page/icon.svg" alt="" width="28" height="28"> Hearth</a>
<a href="../index.html">Demo</a>
</header>
<div class="columns">
<details class="pages" open>
<summary>All pages</summary>
<nav aria-label="All pages">
${list(name)}
</nav>
</details>
<main id="content">
${body}</main>
</div>
</body>
</html>
`;
}
