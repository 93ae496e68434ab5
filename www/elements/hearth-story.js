// <hearth-story>: a story that writes itself, with pictures of its scenes.
//
//   <hearth-story prompt="Once upon a time"></hearth-story>            a book with this beginning, which a reader has told
//   <hearth-story prompt="Once upon a time" autoplay></hearth-story>   told as soon as a reader comes to it

import { modelUrl } from '../hearth.js';
import { attributeOf, randomSeed } from './attributes.js';
import { HearthElement } from './base.js';
import { define } from './define.js';
import { styleSheet } from './dom.js';
import { Book, bookSheet } from './story/book.js';
import { TextEditor, editorSheet } from './story/editor.js';
import { StoryForm, formSheet } from './story/form.js';
import { Keeper } from './story/keep.js';
import { OPTIONS, PRESETS } from './story/options.js';
import { plateSheet } from './story/plate.js';
import { Reader, canSpeak } from './story/speech.js';
import { Teller } from './story/teller.js';
import { Tools, toolsSheet } from './story/tools.js';

/** @typedef {import('./story/types.d.ts').HearthStory} Contract */

const sheet = styleSheet(`
  :host {
    --serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, 'Noto Serif', serif;
    --leaf: light-dark(#fffcf5, #241f18);
    --glow: light-dark(#fbeedd, #33291f);
  }
  .status { margin-top: 0.9rem; }
`);

/**
 * The element.
 * @extends {HearthElement<import('../types.d.ts').IllustratedStoryPipeline, import('./story/types.d.ts').StoryDetails>}
 * @implements {Contract}
 */
class HearthStory extends HearthElement {
  static loadAttributes = [...super.loadAttributes, 'dtype', 'illustrator'];
  static observedAttributes = [
    ...super.observedAttributes,
    ...['dtype', 'illustrator', 'prompt', 'autoplay'],
    ...Object.keys(OPTIONS).map(attributeOf),
  ];
  static sheets = [...super.sheets, sheet, formSheet, bookSheet, plateSheet, editorSheet, toolsSheet];
  static task = 'illustrated-story';
  static model = 'gpt2-stories/';
  static illustrator = 'picturebook/';

  #form = new StoryForm({ onTell: () => this.#tell() });
  #book = new Book(() => this.words, {
    onAnother: (plate) => this.#redraw(plate),
    onCaption: (plate, caption) => this.#redraw(plate, caption),
  });
  #editor = new TextEditor({ onText: (text) => this.#change(text), onClose: () => this.#close() });
  #keeper = new Keeper(this.#book);
  #reader = new Reader(() => (this.#tools.reading = this.#reader.isReading));
  #tools = new Tools(
    {
      another: () => this.regenerate(),
      read: () => (this.#reader.isReading ? this.#reader.stop() : this.#reader.read(this.#book.pages)),
      edit: () => this.#edit(),
      html: () => this.#keeper.savePage(),
      png: () => this.#keeper.savePicture(),
      print: () => this.#keeper.print(this.ownerDocument),
    },
    canSpeak,
  );
  #teller = new Teller({ element: this, book: this.#book, form: this.#form });
  /** Whether a story has been begun. */
  #isTold = false;

  constructor() {
    super();
    this.shadowRoot?.append(
      this.#form.element,
      this.#form.beginnings,
      this.status.element,
      this.#book.element,
      this.#editor.element,
      this.#tools.element,
      this.#form.options,
    );
    this.addEventListener('progress', (event) => {
      const { loaded, total } = /** @type {any} */ (event).detail;
      this.#teller.isLoading = loaded !== total;
    });
    this.#offer();
  }

  leave() {
    this.#reader.stop();
    super.leave();
  }

  /** Only where the page says so: much may have to be downloaded. */
  get hasWork() {
    return this.hasAttribute('autoplay') && !!this.getAttribute('prompt')?.trim();
  }

  get folders() {
    return [this.modelFolder, this.getAttribute('illustrator') ?? modelUrl(HearthStory.illustrator)];
  }

  /** The text on show, prompt included. */
  get text() {
    return this.#book.text;
  }

  /** The story's title, which is made from its text. */
  get storyTitle() {
    return this.#book.title;
  }

  /** The scenes on show, in the order of the text. */
  get scenes() {
    return this.#book.plates.map(({ scene, caption, image }) => {
      const { scene_index, start, end } = scene;
      return { scene_index, start, end, caption, image };
    });
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    this.#form.read(this, name);
    if (name === 'prompt' && !this.#isTold) this.#offer();
    super.attributeChangedCallback(name, before, now);
  }

  localize() {
    super.localize();
    const { words } = this;
    for (const part of [this.#form, this.#editor, this.#tools]) part.localize(words);
    this.#book.localize();
  }

  /** @param {AbortSignal} signal */
  async work(signal) {
    this.again = () => this.#again();
    await this.#making(() => this.#teller.begin(signal));
  }

  /** Tells another story with the same beginning. */
  regenerate() {
    this.#form.write(this);
    this.setAttribute('seed', String(randomSeed()));
    this.restart();
  }

  /** Draws the pictures of the text that are missing. */
  illustrate() {
    this.#do(
      () => this.illustrate(),
      (signal) => this.#teller.illustrate(signal),
    );
  }

  /**
   * Draws another picture of a scene.
   * @param {number} scene_index
   * @param {string} [caption] in place of its own
   */
  redraw(scene_index, caption) {
    const plate = this.#book.plates.find(({ scene }) => scene.scene_index === scene_index);
    if (plate) this.#redraw(plate, caption);
  }

  /** The story as one HTML file, with its pictures in it. */
  html() {
    return this.#keeper.html();
  }

  /** @param {string} task */
  loadOptions(task) {
    const { illustrator, ...options } = super.loadOptions(task);
    return task === HearthStory.task
      ? { ...options, illustrator: illustrator ?? modelUrl(HearthStory.illustrator) }
      : options;
  }

  /** Shows how the story would begin. */
  #offer() {
    const [{ prompt }] = PRESETS;
    this.#book.offer(this.getAttribute('prompt')?.trim() || prompt);
    if (!this.hasAttribute('prompt')) this.#form.offer(prompt);
  }

  #tell() {
    this.#form.write(this);
    this.restart();
  }

  /** Tells the same story again. */
  #again() {
    if (this.#isTold) this.setAttribute('seed', String(this.#teller.seed));
    this.restart();
  }

  /** @param {import('./story/plate.js').Plate} plate @param {string} [caption] */
  #redraw(plate, caption) {
    this.#do(
      () => this.#redraw(plate, caption),
      (signal) => this.#teller.redraw(signal, plate, caption),
    );
  }

  #edit() {
    this.#reader.stop();
    this.#book.element.hidden = true;
    this.#editor.open(this.text);
  }

  #close() {
    this.#editor.close();
    this.#book.element.hidden = false;
    this.#tools.focus('edit');
  }

  /** @param {string} text */
  #change(text) {
    this.#close();
    this.#do(
      () => this.#change(text),
      (signal) => this.#teller.illustrate(signal, text),
    );
  }

  /** @param {() => void} again @param {(signal: AbortSignal) => Promise<void>} task */
  #do(again, task) {
    this.job((signal) => {
      this.again = again;
      return this.#making(() => task(signal));
    });
  }

  /** Does something that changes the book. @param {() => Promise<void>} task */
  async #making(task) {
    this.#isTold = true;
    this.#reader.stop();
    this.#editor.close();
    this.#book.element.hidden = false;
    this.#tools.allow();
    await task();
  }
}

const Served = define('hearth-story', HearthStory);
export { Served as HearthStory };
