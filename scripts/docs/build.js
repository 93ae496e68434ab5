// Builds the documents: from the pages' Markdown to HTML beside it in docs/.

import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root } from '../shell.js';
import { render } from './markdown.js';
import { frame } from './page.js';
import { PAGES } from './pages.js';
import { make } from './tables.js';

/** Where the pages come to stand. */
export const folder = path.join(root, 'docs');

/** Builds all pages. What was built of pages that are gone is removed. */
export function buildDocs() {
  for (const file of readdirSync(folder)) if (file.endsWith('.html')) rmSync(path.join(folder, file));
  for (const page of PAGES) {
    const text = readFileSync(path.join(root, page.source), 'utf8');
    writeFileSync(path.join(folder, `${page.name}.html`), frame(page, render(text, page.source, make)));
  }
}
