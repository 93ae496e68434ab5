// What a page imports as hearth.js: the task of illustrated stories as it is, with a writer that knows one story and an illustrator
// that paints by the letters of a caption. Tests can make both slow or have them fail through `globalThis.engine`.

import { CODES, HearthError, aborted } from '../../www/engine/errors.js';
import { Sentences } from '../../www/engine/worker/sentences.js';
import { illustratedStoryPipeline } from '../../www/tasks/illustrated-story.js';

export { CODES, HearthError };
export { modelUrl } from '../../www/engine/page/settings.js';

/**
 * What it was asked, and how it answers.
 * @typedef {object} Engine
 * @property {string} device
 * @property {number} tokenDelay in ms
 * @property {number} stepDelay in ms
 * @property {number} steps of a picture
 * @property {string} story what the writer knows
 * @property {import('../../www/types.d.ts').ErrorCode | null} loadingFails
 * @property {import('../../www/types.d.ts').ErrorCode | null} drawingFails
 * @property {[name: string, ...rest: any[]][]} calls
 * @property {[loaded: number, total: number | null][]} progress
 */

const STORY = ` fly to the one planet that nobody had put on a map. She packed a lamp, a sandwich and a letter to whoever might live there. The rocket flew past the stars for nine days.
On the tenth day a small green alien stood in the red sand and waved with both hands. “You are late,” said the alien kindly. “We kept the soup warm.”
Alex laughed, and they ate together under two moons until the sun came up. When she flew home, there was a second sandwich in her bag.`;

const page = /** @type {{ engine?: Partial<Engine> }} */ (globalThis);
/** @type {Engine} */
const engine = {
  ...{ device: 'cpu', tokenDelay: 0, stepDelay: 0, steps: 4, story: STORY },
  ...{ loadingFails: null, drawingFails: null, calls: [], progress: [] },
  ...page.engine,
};
page.engine = engine;

/** @param {number} ms @param {AbortSignal} [signal] */
async function wait(ms, signal) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  if (signal?.aborted) throw aborted();
}

/** A number from a text. @param {string} text */
const hash = (text) => [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);

/** A landscape that is this caption's and this seed's alone. @param {string} caption @param {number} seed @param {number} fraction done */
function landscape(caption, seed, fraction) {
  const size = 128;
  const canvas = new OffscreenCanvas(size, size);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const random = hash(`${caption} ${seed}`);
  const part = (/** @type {number} */ index) => ((random >>> (index * 5)) & 31) / 31;
  const hue = part(0) * 360;
  const sky = context.createLinearGradient(0, 0, 0, size);
  sky.addColorStop(0, `hsl(${hue} 55% 32%)`);
  sky.addColorStop(1, `hsl(${hue + 50} 75% 72%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, size, size);
  const disc = (
    /** @type {string} */ colour,
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {number} */ r,
  ) => {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x * size, y * size, r * size, 0, 7);
    context.fill();
  };
  disc('#ffe9b0', 0.2 + part(1) * 0.6, 0.2 + part(2) * 0.15, 0.09);
  disc(`hsl(${hue + 140} 35% 42%)`, 0.1 + part(3) * 0.4, 1.25, 0.55);
  disc(`hsl(${hue + 120} 40% 34%)`, 0.8, 1.2, 0.45 + part(4) * 0.1);
  disc(`hsl(${hue + 200} 80% 62%)`, 0.35 + part(5) * 0.3, 0.68, 0.11);
  disc('#fff', 0.34 + part(5) * 0.3, 0.66, 0.02);
  const image = context.getImageData(0, 0, size, size);
  for (let at = 0; at < image.data.length; at++) {
    if (at % 4 < 3)
      image.data[at] += ((Math.sin(at * 12.9898 + seed) * 43758.5453) % 1) * 110 * (1 - fraction);
  }
  return image;
}

/** @param {string} task */
function writerOf(task) {
  const write = async () => [];
  return Object.assign(write, {
    info: { n_positions: 512, warnings: [] },
    device: engine.device,
    async *stream(/** @type {string} */ prompt, /** @type {any} */ { signal, ...options }) {
      engine.calls.push(['write', prompt, options, task]);
      const call = { seed: options.seed ?? 5, prompt_ids: Array.from(prompt.split(' '), () => 1) };
      yield { type: 'step', step_index: 0, fraction: 0, ...call };
      for (const [token_id, text] of (engine.story.match(/\s*\S+/g) ?? []).entries()) {
        await wait(engine.tokenDelay, signal);
        yield { type: 'token', sequence_index: 0, token_id, text, logprob: -1, top_logprobs: [] };
      }
      yield {
        type: 'complete',
        sequences: [{ generated_text: engine.story, token_ids: [], finish_reason: 'length' }],
        ...call,
      };
    },
    dispose: async () => {},
  });
}

const illustrator = Object.assign(async () => [], {
  async *stream(/** @type {string} */ caption, /** @type {any} */ { signal, seed, preview }) {
    engine.calls.push(['draw', caption, seed]);
    for (let step_index = 0; step_index < engine.steps; step_index++) {
      await wait(engine.stepDelay, signal);
      if (engine.drawingFails) throw new HearthError(engine.drawingFails, 'the test wants it so');
      const fraction = (step_index + 1) / engine.steps;
      const images = preview === 'none' ? [] : [landscape(caption, seed, fraction)];
      yield {
        type: 'step',
        step_index,
        num_steps: engine.steps,
        timestep: 0,
        fraction,
        seed,
        images,
        previews: {},
      };
    }
    const read = caption.slice(0, 400);
    const cut = caption.length > 400 ? { truncated: caption.slice(400) } : {};
    yield {
      type: 'complete',
      seed,
      images: [Object.assign(landscape(caption, seed, 1), { seed, prompt: read, ...cut })],
    };
  },
  dispose: async () => {},
});

/** Finds scenes as an illustrator without a lexicon does, and understands three words of Chinese. */
function finderOf() {
  /** @type {Map<number, Sentences>} */
  const texts = new Map();
  /** @type {Record<string, (params: any) => any>} */
  const methods = {
    understand: ({ prompt }) =>
      prompt === '一只狐狸'
        ? { caption: 'a fox', language: 'zh', terms: [], changed: true }
        : { caption: prompt, language: 'en', terms: [], changed: false },
    begin({ id, options }) {
      texts.set(id, new Sentences());
      texts.get(id)?.start(options);
    },
    push: ({ id, text }) => texts.get(id)?.push(text),
    finish: ({ id }) => texts.get(id)?.finish(),
    end: ({ id }) => texts.delete(id),
  };
  return {
    async call(/** @type {string} */ method, /** @type {any} */ params, /** @type {any} */ { signal } = {}) {
      engine.calls.push([method, params]);
      await wait(0, signal);
      return methods[method](params);
    },
    dispose: async () => {},
  };
}

/** @param {string} task @param {string | URL} model @param {any} [options] */
export async function pipeline(task, model, { onProgress, signal, ...options } = {}) {
  engine.calls.push(['load', task, String(model), options]);
  for (const [loaded, total] of engine.progress) {
    onProgress?.({ loaded, total });
    await wait(10, signal);
  }
  const writer = writerOf(task);
  const shown = { adapter: '', is_fallback_adapter: false };
  if (task === 'text-generation') return Object.assign(writer, shown);
  if (task !== 'illustrated-story') throw new HearthError('invalid-option', `task is ${task}`);
  if (engine.loadingFails) throw new HearthError(engine.loadingFails, 'the illustrator is not there');
  const info = () => ({ writer: writer.info, illustrator: null, has_lexicon: false, warnings: [] });
  const illustratorReady = async () => {};
  const cast = {
    writer: Object.assign(writer, shown),
    illustrator,
    finder: finderOf(),
    illustratorReady,
    info,
  };
  return illustratedStoryPipeline(/** @type {any} */ (cast));
}
