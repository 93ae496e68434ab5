// What is done for a book: a story told, the pictures of a text drawn, one picture drawn anew.

import { HearthError } from '../../hearth.js';
import { optionsOf, randomSeed } from '../attributes.js';
import { seconds } from '../units.js';
import { DEFAULTS, OPTIONS, squaresOf } from './options.js';

/**
 * @typedef {import('../../types.d.ts').IllustratedStoryPipeline} Pipeline
 * @typedef {import('./plate.js').Plate} Plate
 *
 * What it works with.
 * @typedef {object} Host
 * @property {InstanceType<typeof import('../hearth-story.js').HearthStory>} element
 * @property {import('./book.js').Book} book
 * @property {import('./form.js').StoryForm} form
 */

/** Whether a reader wants things to stand still. */
const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** What a picture shows while it is drawn. */
const previews = () => (isStill() ? { preview: /** @type {const} */ ('none') } : {});

/** Tells for a `<hearth-story>`. */
export class Teller {
  #host;
  /** The seed of the story on show. */
  seed = 0;
  /** Whether a visitor had a hand in it, so that its seed alone does not make it again. */
  continued = false;
  /** Whether the illustrator's bytes are still coming while the text is written. */
  isLoading = false;

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** Tells what the attributes ask for. @param {AbortSignal} signal */
  async begin(signal) {
    const { element, book, form } = this.#host;
    const prompt = element.getAttribute('prompt') ?? form.prompt; // what is on show
    const asked = { ...DEFAULTS, ...optionsOf(element, OPTIONS) };
    const options = { seed: randomSeed(), ...asked };
    this.seed = options.seed;
    this.continued = false;
    const started = performance.now();
    const ms = () => performance.now() - started;
    book.begin(prompt, squaresOf(asked));
    book.writing = true;
    try {
      const tell = await this.#ready(signal, { prompt, options, ms });
      element.say(element.words.writing);
      /** @type {Map<number, Plate>} */
      const plates = new Map();
      for await (const event of tell.stream(prompt, { ...options, ...previews(), signal })) {
        if (event.type === 'token') {
          book.append(event.text);
          if (!this.isLoading) element.say(element.words.writing);
        } else if (event.type === 'scene') {
          const plate = book.add(event);
          plate.busy = true;
          plates.set(event.scene_index, plate);
        } else if (event.type === 'step') {
          if (tell.device === 'cpu') book.writing = false; // there pictures come after the text
          plates.get(event.scene_index)?.preview(event.images[0], event.fraction);
          this.#sayPicture(plates.get(event.scene_index), book.plates.length);
        } else if (event.type === 'picture') {
          plates.get(event.scene_index)?.show(event.image);
        } else {
          this.seed = event.seed;
          book.finish(event.text); // with beams it comes as a whole
          this.#end(tell, ms());
          continue;
        }
        element.emit(event.type, /** @type {any} */ ({ ...event, ms: ms() }));
      }
      this.#complete(ms());
    } catch (thrown) {
      // What it has made stays. Its pictures may still come.
      if (book.plates.length > 0 && !signal.aborted) element.again = () => element.illustrate();
      throw thrown;
    } finally {
      this.#rest();
    }
  }

  /**
   * Finds the scenes of the text, if it has none yet, and draws the pictures that are missing.
   * @param {AbortSignal} signal
   * @param {string} [text] in place of the one on show
   */
  async illustrate(signal, text) {
    const { element, book } = this.#host;
    const started = performance.now();
    const { num_scenes } = { ...DEFAULTS, ...optionsOf(element, OPTIONS) };
    try {
      const tell = await element.ready(signal);
      if (text !== undefined || book.plates.length === 0) {
        const whole = text ?? book.text;
        const found = await tell.scenes(whole, { num_scenes, signal });
        this.continued ||= text !== undefined;
        const before = new Map(book.plates.map((plate) => [plate.caption, plate.image]));
        book.begin(whole, found.length);
        for (const scene of found) {
          const plate = book.add(scene);
          const image = before.get(scene.caption);
          if (image) plate.show(image);
          element.emit('scene', { type: 'scene', ...scene, ms: performance.now() - started });
        }
        book.finish(whole);
      }
      book.busy = true;
      for (const plate of book.plates) {
        if (!plate.image) await this.#draw(tell, plate, this.seed + plate.scene.scene_index, signal, started);
      }
      this.#end(tell, performance.now() - started);
      this.#complete(performance.now() - started);
    } finally {
      this.#rest();
    }
  }

  /**
   * Draws one picture anew.
   * @param {AbortSignal} signal
   * @param {Plate} plate
   * @param {string} [caption] in place of its own
   */
  async redraw(signal, plate, caption) {
    const { element, book } = this.#host;
    const started = performance.now();
    const before = plate.caption;
    try {
      book.busy = true;
      if (caption !== undefined) plate.rename(caption);
      if (!plate.image) plate.state = 'waiting';
      const tell = await element.ready(signal);
      const isFirst = !plate.image && caption === undefined;
      const seed = isFirst ? this.seed + plate.scene.scene_index : randomSeed();
      await this.#draw(tell, plate, seed, signal, started);
      this.continued ||= !isFirst;
      this.#end(tell, performance.now() - started);
      this.#complete(performance.now() - started);
    } catch (thrown) {
      // A caption belongs to the picture that is there.
      if (plate.image) plate.rename(before);
      throw thrown;
    } finally {
      this.#rest();
    }
  }

  /**
   * @param {Pipeline} tell
   * @param {Plate} plate
   * @param {number} seed
   * @param {AbortSignal} signal
   * @param {number} started
   */
  async #draw(tell, plate, seed, signal, started) {
    const { element, book } = this.#host;
    const { scene_index } = plate.scene;
    const ms = () => performance.now() - started;
    plate.state = 'waiting';
    this.#sayPicture(plate, book.plates.length);
    const { caption } = await tell.understand(plate.caption, { signal });
    for await (const event of tell.draw.stream(caption, { seed, ...previews(), signal })) {
      const { images } = event;
      if (event.type === 'step') {
        const { step_index, num_steps, fraction } = event;
        plate.preview(images[0], fraction);
        element.emit('step', {
          type: 'step',
          scene_index,
          step_index,
          num_steps,
          fraction,
          images,
          ms: ms(),
        });
      } else {
        const image = /** @type {import('../../types.d.ts').GeneratedImage} */ (images[0]);
        plate.show(image);
        element.emit('picture', { type: 'picture', scene_index, image, ms: ms() });
      }
    }
  }

  /**
   * The storyteller. Where its illustrator cannot be had, the text is written without it.
   * @param {AbortSignal} signal
   * @param {{ prompt: string, options: Record<string, any>, ms: () => number }} call
   * @returns {Promise<Pipeline>}
   */
  async #ready(signal, { prompt, options, ms }) {
    const { element, book } = this.#host;
    try {
      return await element.ready(signal);
    } catch (thrown) {
      if (signal.aborted || HearthError.from(thrown).code === 'aborted') throw thrown;
      const { num_scenes: _, ...texts } = options;
      const write = /** @type {import('../../types.d.ts').TextPipeline} */ (
        /** @type {unknown} */ (
          await element.ready(signal, 'text-generation').catch(() => Promise.reject(thrown))
        )
      );
      element.say(element.words.writing);
      for await (const event of write.stream(prompt, { ...texts, signal })) {
        if (event.type !== 'token') continue;
        book.append(event.text);
        element.emit('token', { ...event, ms: ms() });
      }
      element.again = () => element.illustrate();
      throw thrown;
    }
  }

  /** @param {Plate | undefined} plate @param {number} count */
  #sayPicture(plate, count) {
    const { element, book } = this.#host;
    if (plate) element.say(element.words.story.drawing(book.plates.indexOf(plate) + 1, count));
  }

  /** Says what has been made. @param {Pipeline} tell @param {number} ms */
  #end(tell, ms) {
    const { element, book, form } = this.#host;
    const { story } = element.words;
    const count = book.plates.length;
    const wanted = { ...DEFAULTS, ...optionsOf(element, OPTIONS) }.num_scenes;
    form.seed = this.seed;
    if (count === 0 && wanted > 0) element.say(story.nothingToDraw);
    else element.say(story.told(count, seconds(ms), element.deviceName(tell)));
  }

  /** @param {number} ms */
  #complete(ms) {
    const { element, book } = this.#host;
    book.finish(book.text, true);
    const { seed, continued } = this;
    const { text, storyTitle: title, scenes } = element;
    element.emit('complete', { type: 'complete', text, title, seed, scenes, continued, ms });
  }

  /** Nothing is being made any more. */
  #rest() {
    const { book } = this.#host;
    book.writing = false;
    book.finish(book.text);
    for (const plate of book.plates) plate.rest();
    book.busy = false;
  }
}
