// illustrated-story: a text from a prompt, its key scenes, and a picture of each.
//
//   prompt ─► writer ─► tokens ─► lexicon ─► scenes ─► illustrator ─► pictures
//
// Writer and illustrator are the models of two other tasks. Pictures are drawn while the text goes on where both are on the
// GPU; on the CPU each would only slow the other down, so they come after the text.

import { HearthError } from '../engine/errors.js';
import { Channel } from './channel.js';
import { checkText, expectedLength, scenesOf, seedOfScene, split } from './story-options.js';
import { GrowingText } from './story-text.js';

/**
 * @typedef {import('../types.d.ts').Scene} Scene
 * @typedef {import('../types.d.ts').IllustratedScene} IllustratedScene
 * @typedef {import('../types.d.ts').IllustratedStory} IllustratedStory
 * @typedef {import('../types.d.ts').StoryEvent} StoryEvent
 * @typedef {import('../types.d.ts').StoryOptions} StoryOptions
 * @typedef {import('../types.d.ts').TextPipeline} TextPipeline
 * @typedef {import('../types.d.ts').TextToImagePipeline} TextToImagePipeline
 *
 * @typedef {object} Cast who makes a story
 * @property {TextPipeline} writer
 * @property {TextToImagePipeline} illustrator
 * @property {import('./story-text.js').Finder} finder
 * @property {(signal?: AbortSignal) => Promise<unknown>} illustratorReady waits until the illustrator is there
 * @property {() => import('../types.d.ts').IllustratedStoryPipeline['info']} info
 */

/** @param {Cast} cast @returns {import('../types.d.ts').IllustratedStoryPipeline} */
export function illustratedStoryPipeline({ writer, illustrator, finder, illustratorReady, info }) {
  const tell = async (/** @type {string} */ prompt, /** @type {StoryOptions} */ options = {}) => {
    for await (const event of stream(prompt, options)) {
      if (event.type === 'complete') return { text: event.text, seed: event.seed, scenes: event.scenes };
    }
    throw new HearthError('internal', 'the story has no end');
  };

  /** @returns {AsyncGenerator<StoryEvent, void, void>} */
  async function* stream(/** @type {string} */ prompt, /** @type {StoryOptions} */ options = {}) {
    checkText('the prompt', prompt);
    const { signal, num_scenes, texts, pictures } = split(options);
    const left = new AbortController();
    const stop = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
    /** @type {IllustratedStory} */
    const story = { text: prompt, seed: 0, scenes: [] };
    /** @type {Channel<StoryEvent>} */
    const events = new Channel();
    /** @type {Channel<IllustratedScene>} */
    const announced = new Channel();

    const write = async () => {
      const text = new GrowingText(finder, stop, (found) => {
        for (const scene of found.map((scene) => ({ ...scene, image: null }))) {
          story.scenes.push(scene);
          const { image: _, ...shown } = scene;
          events.put({ type: 'scene', ...shown });
          announced.put(scene);
        }
      });
      try {
        for await (const event of writer.stream(prompt, {
          ...texts,
          return_full_text: false,
          signal: stop,
        })) {
          if (event.type === 'step' && event.step_index === 0) {
            const { n_positions } = writer.info;
            const expected_length = expectedLength(prompt, event.prompt_ids.length, texts, n_positions);
            story.seed = event.seed;
            text.begin({ num_scenes, expected_length });
            text.add(prompt);
          } else if (event.type === 'token') {
            story.text += event.text;
            // A scene comes before the token that shows its sentence to be whole.
            text.add(event.text, () => events.put(event));
          } else if (event.type === 'complete') {
            const whole = prompt + event.sequences[0].generated_text;
            text.add(whole.slice(story.text.length)); // with beams nothing has come before
            story.text = whole;
          }
        }
        await text.finish();
      } finally {
        await text.end();
        announced.close();
      }
    };

    /** Draws the scenes that are announced, one after the other. */
    const draw = async () => {
      for await (const scene of announced) {
        const { scene_index, caption } = scene;
        await illustratorReady(stop);
        const seed = seedOfScene(story.seed, scene_index);
        for await (const event of illustrator.stream(caption, { ...pictures, seed, signal: stop })) {
          if (event.type === 'step') {
            const { step_index, num_steps, fraction, images } = event;
            events.put({ type: 'step', scene_index, step_index, num_steps, fraction, images });
          } else {
            [scene.image] = event.images;
            events.put({ type: 'picture', scene_index, image: event.images[0] });
          }
        }
      }
    };

    const writing = write();
    // What a text that failed has announced is drawn all the same.
    const drawing = writer.device === 'webgpu' ? draw() : writing.catch(() => {}).then(draw);
    const ends = Promise.allSettled([writing, drawing]).finally(() => events.close());
    try {
      yield* events;
      for (const end of await ends) if (end.status === 'rejected') throw end.reason;
      yield { type: 'complete', ...copyOf(story) };
    } catch (thrown) {
      throw Object.assign(HearthError.from(thrown), { story: copyOf(story) });
    } finally {
      left.abort();
    }
  }

  /** @type {import('../types.d.ts').IllustratedStoryPipeline['scenes']} */
  const scenes = async (whole, { num_scenes, signal } = {}) => {
    checkText('the text', whole);
    /** @type {Scene[]} */
    const all = [];
    const text = new GrowingText(finder, signal, (found) => all.push(...found));
    try {
      text.begin({ num_scenes: scenesOf(num_scenes), expected_length: whole.length });
      text.add(whole);
      await text.finish();
    } finally {
      await text.end();
    }
    return all.toSorted((a, b) => a.start - b.start).map((scene, scene_index) => ({ ...scene, scene_index }));
  };

  /** @type {import('../types.d.ts').IllustratedStoryPipeline['understand']} */
  const understand = async (prompt, { signal } = {}) => {
    checkText('the prompt', prompt);
    return finder.call('understand', { prompt }, { signal });
  };

  const draw = {
    call: async (
      /** @type {string} */ caption,
      /** @type {import('../types.d.ts').TextToImageOptions} */ options,
    ) => {
      await illustratorReady(options?.signal);
      return illustrator(caption, options);
    },
    /** @type {TextToImagePipeline['stream']} */
    stream: async function* (caption, options) {
      await illustratorReady(options?.signal);
      yield* illustrator.stream(caption, options);
    },
  };

  const read = (/** @type {'device' | 'adapter' | 'is_fallback_adapter' | 'fallback_reason'} */ name) => ({
    enumerable: true,
    get: () => writer[name],
  });
  Object.defineProperties(tell, {
    device: read('device'),
    adapter: read('adapter'),
    is_fallback_adapter: read('is_fallback_adapter'),
    fallback_reason: read('fallback_reason'),
    info: { enumerable: true, get: info },
  });
  const dispose = async () => {
    await Promise.all([writer.dispose(), illustrator.dispose(), finder.dispose()]);
  };
  const methods = {
    stream,
    scenes,
    understand,
    draw: Object.assign(draw.call, { stream: draw.stream }),
    dispose,
  };
  return /** @type {any} */ (Object.assign(tell, methods));
}

/** What a caller keeps of a story, its scenes in the order of the text. @param {IllustratedStory} story @returns {IllustratedStory} */
function copyOf({ text, seed, scenes }) {
  return { text, seed, scenes: scenes.toSorted((a, b) => a.start - b.start).map((scene) => ({ ...scene })) };
}
