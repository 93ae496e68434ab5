// The ways in which a reader keeps a story: as a web page, as a picture, on paper.

import { download } from '../download.js';
import { dataUrlOf, htmlOf, print } from './sheet.js';
import { spreadOf } from './spread.js';
import { fileNameOf } from './title.js';

/** Keeps the story of a book. */
export class Keeper {
  #book;

  /** @param {import('./book.js').Book} book */
  constructor(book) {
    this.#book = book;
  }

  /** The story as one HTML file, with its pictures in it. */
  async html() {
    return new Blob([await htmlOf(this.#whole, dataUrlOf)], { type: 'text/html' });
  }

  async savePage() {
    download(await this.html(), `${this.#name}.html`);
  }

  async savePicture() {
    download(await spreadOf(this.#whole), `${this.#name}.png`);
  }

  /** @param {Document} place in which the frame is that is printed */
  print(place) {
    return print(place, this.#whole);
  }

  get #name() {
    return fileNameOf(this.#book.title);
  }

  get #whole() {
    const { title, pages } = this.#book;
    return { title, pages };
  }
}
