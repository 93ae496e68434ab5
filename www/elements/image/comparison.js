// The same noise under several schedulers: what each makes of it, in how many steps and how much time.

import { numberOf } from '../attributes.js';
import { h, label, numberField, setLabel, styleSheet } from '../dom.js';
import { paint, resize, strip } from '../pixels.js';
import { seconds } from '../units.js';
import { streamOf } from './calls.js';
import { offerSchedulers, schedulerTitle } from './menus.js';
import { SCHEDULERS, WITH_ETA } from './options.js';

/**
 * @typedef {import('./calls.js').Drawing} Drawing
 * @typedef {import('../../types.d.ts').DiffusionStepEvent} DiffusionStepEvent
 * @typedef {import('../../types.d.ts').SchedulerName} SchedulerName
 * @typedef {import('../words.js').Words} Words
 * @typedef {import('./types.d.ts').Run} Run
 */

/** The schedulers that are compared at first: one exact, one with noise in each step, two that need few steps. */
const FIRST = [
  'DDIMScheduler',
  'EulerAncestralDiscreteScheduler',
  'DPMSolverMultistepScheduler',
  'UniPCMultistepScheduler',
];

export const comparisonSheet = styleSheet(`
  .compared { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 0.9rem; margin-top: 0.75rem; }
  @media (max-width: 44rem) { .compared { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
  .compared figure { display: grid; gap: 0.5rem; align-content: start; }
  .compared :is(select, input) { width: 100%; }
  .compared .caption { margin: 0; font-size: 0.85rem; color: var(--soft); min-height: 1.5rem; text-align: center; font-variant-numeric: tabular-nums; }
  .whole { display: block; margin: 0.75rem auto 0; width: min(100%, 34rem); min-height: 2rem; }
`);

/** One of the schedulers compared: its menu, its steps and its picture. */
class Contestant {
  #words;
  #canvas = h('canvas', { role: 'img', width: 32, height: 32 });
  #scheduler = h('select', { name: 'scheduler' });
  #steps = numberField('num_inference_steps', 4);
  #caption = h('p', { className: 'caption' });
  /** @type {ImageData[]} */
  #frames = [];
  /** @type {Run | null} */
  run = null;

  element = h(
    'figure',
    {},
    h('div', { className: 'frame' }, this.#canvas),
    this.#caption,
    label(this.#scheduler),
    label(this.#steps),
  );

  /** @param {() => Words} words @param {string} scheduler */
  constructor(words, scheduler) {
    this.#words = words;
    offerSchedulers(this.#scheduler, SCHEDULERS);
    this.#scheduler.value = scheduler;
    this.#scheduler.addEventListener('change', () => this.localize());
  }

  /** Its own options, which override those of all. */
  get options() {
    const steps = numberOf(this.#steps.value);
    return {
      scheduler: /** @type {SchedulerName} */ (this.#scheduler.value),
      ...(steps !== undefined && { num_inference_steps: steps }),
    };
  }

  localize() {
    const words = this.#words();
    setLabel(this.#scheduler, words.imageOptions.scheduler);
    setLabel(this.#steps, words.imageOptions.num_inference_steps);
    const title = schedulerTitle(this.#scheduler.value);
    this.element.setAttribute('aria-label', title);
    this.#canvas.setAttribute('aria-label', words.pictureBy(title));
    if (this.run) this.#caption.textContent = words.took(this.run.num_steps, seconds(this.run.ms, 2));
  }

  /**
   * @param {import('../../types.d.ts').DiffusionInfo} info
   * @param {[height: number, width: number]} size of the pictures
   * @param {number | undefined} steps asked of all
   */
  describe({ schedulers, channels, num_inference_steps }, [height, width], steps) {
    offerSchedulers(this.#scheduler, schedulers);
    this.#steps.placeholder = String(steps ?? num_inference_steps);
    this.#canvas.classList.toggle('ink', channels === 1);
    if (this.#frames.length === 0) resize(this.#canvas, width, height);
  }

  begin() {
    this.#frames = [];
    this.run = null;
    this.#caption.textContent = '';
    this.#canvas.getContext('2d')?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** @param {DiffusionStepEvent} step @param {number} ms */
  add({ images, step_index, num_steps }, ms) {
    this.#frames.push(strip(images));
    paint(this.#canvas, this.#frames[step_index]);
    this.#caption.textContent = this.#words().taking(step_index + 1, num_steps, seconds(ms, 2));
  }

  /** @param {Run} run */
  end(run) {
    this.run = run;
    this.#frames[this.#frames.length - 1] = strip(run.images);
    this.show(1);
    this.localize();
  }

  /** Shows how far it was. @param {number} fraction 0 to 1 */
  show(fraction) {
    const frame = this.#frames[Math.round(fraction * (this.#frames.length - 1))];
    if (frame) paint(this.#canvas, frame);
  }
}

/** Four of them, and a slider through all at once. */
export class Comparison {
  #words;
  #contestants;
  #grid = h('div', { className: 'compared', role: 'group' });
  #slider = h('input', {
    type: 'range',
    className: 'whole',
    min: 0,
    max: 1,
    step: 0.001,
    value: 1,
    disabled: true,
    oninput: () => this.#contestants.forEach((contestant) => contestant.show(Number(this.#slider.value))),
  });

  element = h('div', {}, this.#grid, this.#slider);

  /** @param {() => Words} words */
  constructor(words) {
    this.#words = words;
    this.#contestants = FIRST.map((scheduler) => new Contestant(words, scheduler));
    this.#grid.append(...this.#contestants.map(({ element }) => element));
  }

  localize() {
    const { compared, progressOfAll } = this.#words();
    this.#grid.setAttribute('aria-label', compared);
    this.#slider.setAttribute('aria-label', progressOfAll);
    for (const contestant of this.#contestants) contestant.localize();
  }

  /**
   * Offers what a model can do.
   * @param {import('../../types.d.ts').DiffusionInfo} info
   * @param {[height: number, width: number]} size of the pictures
   * @param {number | undefined} steps asked of all
   */
  describe(info, size, steps) {
    for (const contestant of this.#contestants) contestant.describe(info, size, steps);
  }

  /**
   * Lets each of them draw, one after another: run together, each would be timed with the others' load.
   * @param {Drawing} model
   * @param {Record<string, any>} options of all
   * @param {(step: DiffusionStepEvent & { scheduler: SchedulerName }) => void} onStep
   * @returns {Promise<Run[]>}
   */
  async run(model, options, onStep) {
    for (const contestant of this.#contestants) contestant.begin();
    this.#slider.disabled = true;
    this.#slider.value = '1';
    try {
      for (const contestant of this.#contestants) await this.#runOne(contestant, model, options, onStep);
    } finally {
      this.#slider.disabled = false;
    }
    return this.#contestants.flatMap(({ run }) => run ?? []);
  }

  /**
   * Lets one of them draw.
   * @param {Contestant} contestant
   * @param {Drawing} model
   * @param {Record<string, any>} options of all
   * @param {(step: DiffusionStepEvent & { scheduler: SchedulerName }) => void} onStep
   */
  async #runOne(contestant, model, { eta, ...options }, onStep) {
    const asked = { ...options, ...contestant.options };
    const { scheduler } = asked;
    const started = performance.now();
    let num_steps = 0;
    // Only one scheduler takes `eta`.
    const isWithEta = scheduler === WITH_ETA && eta !== undefined;
    for await (const event of streamOf(model, isWithEta ? { ...asked, eta } : asked)) {
      const ms = performance.now() - started;
      if (event.type === 'step') {
        ({ num_steps } = event);
        contestant.add(event, ms);
        onStep({ ...event, scheduler });
      } else contestant.end({ scheduler, num_steps, ms, images: event.images });
    }
  }
}
