// A story as a document of its own: a web page to keep, and what a printer gets.

import { languageOf } from './title.js';

/**
 * @typedef {object} Page
 * @property {string} text
 * @property {{ caption: string, image: ImageData | null } | null} plate
 *
 * @typedef {{ title: string, pages: readonly Page[] }} Story
 */

/** What both look like. */
export const CSS = `
:root { color-scheme: light dark; --paper: light-dark(#fbf7f0, #16130f); --leaf: light-dark(#fffcf5, #211c16); --ink: light-dark(#221c15, #f1e9dc); --soft: light-dark(#6a6053, #b0a492); --line: light-dark(#e8dfd1, #383025); --ember: light-dark(#b3430f, #ff9b61); }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--paper); color: var(--ink); font: 1.25rem/1.65 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, 'Noto Serif', serif; }
main { max-width: 62rem; margin: 0 auto; padding: clamp(1.5rem, 5vw, 3.5rem); border: 1px solid var(--line); border-radius: 1rem; background: var(--leaf); }
h1 { margin: 0 0 2rem; font-size: clamp(2rem, 5vw, 3rem); font-weight: 500; line-height: 1.1; letter-spacing: -0.015em; text-wrap: balance; }
section { display: grid; gap: 1.5rem 4rem; margin-bottom: 2.5rem; }
@media (min-width: 46rem) { section { grid-template-columns: 1fr 1fr; } }
p { margin: 0 0 0.9rem; overflow-wrap: anywhere; }
section:first-of-type p:first-child::first-letter { float: left; padding: 0.08em 0.11em 0 0; font-size: 3.4em; line-height: 0.8; color: var(--ember); }
figure { margin: 0; }
img, canvas { display: block; width: 100%; height: auto; border-radius: 0.6rem; }
figcaption { margin-top: 0.6rem; color: var(--soft); font-size: 0.8em; line-height: 1.4; }
footer { color: var(--soft); font-size: 0.75em; }
@media print {
  @page { size: landscape; margin: 14mm; }
  :root { color-scheme: light; }
  body, main { padding: 0; border: 0; background: none; max-width: none; }
  section { grid-template-columns: 1fr 1fr; break-inside: avoid; break-after: page; align-items: center; min-height: 70vh; margin: 0; }
  section:last-of-type { break-after: auto; }
  h1 { margin-bottom: 1rem; }
}
`;

/**
 * A story's `<main>`, made in a document.
 * @param {Document} place
 * @param {Story} story
 * @param {(plate: { caption: string, image: ImageData }) => HTMLElement} picture
 */
export function bodyOf(place, { title, pages }, picture) {
  const make = (/** @type {string} */ name, /** @type {(Node | string)[]} */ ...children) => {
    const element = place.createElement(name);
    element.append(...children);
    return element;
  };
  const sections = pages.map(({ text, plate }) => {
    const paragraphs = text
      .trim()
      .split(/\n+/)
      .map((paragraph) => make('p', paragraph));
    const section = make('section', make('div', ...paragraphs));
    if (plate?.image) {
      const { caption, image } = plate;
      section.append(make('figure', picture({ caption, image }), make('figcaption', caption)));
    }
    return section;
  });
  return make('main', make('h1', title), ...sections);
}

/**
 * A story as one HTML file that needs nothing else.
 * @param {Story} story
 * @param {(image: ImageData) => Promise<string>} urlOf makes the `data:` URL of a picture
 */
export async function htmlOf(story, urlOf) {
  const place = document.implementation.createHTMLDocument(story.title);
  const main = bodyOf(place, story, ({ caption }) =>
    Object.assign(place.createElement('img'), { alt: caption }),
  );
  const images = story.pages.flatMap(({ plate }) => plate?.image ?? []);
  const urls = await Promise.all(images.map(urlOf));
  main.querySelectorAll('img').forEach((img, index) => img.setAttribute('src', urls[index]));
  const head = '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">';
  const title = place.querySelector('title')?.outerHTML ?? '';
  const lang = languageOf(story.pages.map(({ text }) => text).join(''));
  const style = `<style>${CSS}</style>`;
  return `<!doctype html>\n<html lang="${lang}">\n<head>\n${head}\n${title}\n${style}\n</head>\n<body>\n${main.outerHTML}\n</body>\n</html>\n`;
}

/** A picture as a `data:` URL. @param {ImageData} image */
export async function dataUrlOf(image) {
  const blob = await pngOf(image);
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(/** @type {string} */ (reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @param {ImageData} image */
function pngOf(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

/**
 * Prints a story, from a frame of its own in which nothing else is.
 * @param {Document} place
 * @param {Story} story
 * @returns {Promise<void>} when the printer has it
 */
export async function print(place, story) {
  const frame = place.createElement('iframe');
  Object.assign(frame.style, {
    position: 'fixed',
    width: '0',
    height: '0',
    border: '0',
    visibility: 'hidden',
  });
  frame.tabIndex = -1;
  frame.setAttribute('aria-hidden', 'true');
  place.body.append(frame);
  const view = /** @type {(Window & typeof globalThis) | null} */ (frame.contentWindow);
  if (!view) return frame.remove();
  // A sheet that is constructed is no inline style, which many pages forbid.
  const sheet = new view.CSSStyleSheet();
  sheet.replaceSync(CSS);
  view.document.adoptedStyleSheets = [sheet];
  view.document.title = story.title;
  const main = bodyOf(view.document, story, ({ caption, image }) => {
    const canvas = view.document.createElement('canvas');
    Object.assign(canvas, { width: image.width, height: image.height });
    canvas.setAttribute('aria-label', caption);
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    return canvas;
  });
  view.document.body.append(main);
  view.addEventListener('afterprint', () => setTimeout(() => frame.remove()));
  view.print();
}
