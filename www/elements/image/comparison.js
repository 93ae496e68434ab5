// The same noise under several schedulers: what each makes of it, in how many steps and how much time.

import { h, label, numberField, setLabel } from '../base.js';
import { WITH_ETA, offerSchedulers, schedulerField, schedulerTitle } from './form.js';
import { paint, resize, strip } from '../pixels.js';

/**
 * @typedef {import('../../types.d.ts').DiffusionPipeline} DiffusionPipeline
 * @typedef {import('../../types.d.ts').DiffusionStepEvent} DiffusionStepEvent
 * @typedef {import('../../types.d.ts').GeneratedImage} GeneratedImage
 * @typedef {import('../words.js').Words} Words
 *
 * What a scheduler did.
 * @typedef {{ scheduler: string, num_steps: number, ms: number, images: GeneratedImage[] }} Run
 */

/** Those that are compared first: one exact, one with noise in each step, two that need few steps. */
const FIRST = [
  'DDIMScheduler',
  'EulerAncestralDiscreteScheduler',
  'DPMSolverMultistepScheduler',
  'UniPCMultistepScheduler',
];

export const compareSheet = new CSSStyleSheet();
compareSheet.replaceSync(`
  .compared { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 0.9rem; margin-top: 0.75rem; }
  @media (max-width: 44rem) { .compared { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
  .compared figure { display: grid; gap: 0.5rem; align-content: start; }
  .compared :is(select, input) { width: 100%; }
  .compared .told { margin: 0; font-size: 0.85rem; color: var(--soft); min-height: 1.5rem; text-align: center; font-variant-numeric: tabular-nums; }
  .whole { display: block; margin: 0.75rem auto 0; width: min(100%, 34rem); min-height: 2rem; }
`);

/** One of the compared: its menu, its steps and its picture. */
class Cell {
  #words;
  #canvas = h('canvas', { role: 'img', width: 32, height: 32 });
  #scheduler = schedulerField('scheduler');
  #steps = numberField('num_inference_steps', 4);
  #told = h('p', { className: 'told' });
  /** @type {ImageData[]} */
  #frames = [];
  /** @type {Run | null} */
  run = null;

  element = h(
    'figure',
    {},
    h('div', { className: 'frame' }, this.#canvas),
    this.#told,
    label(this.#scheduler),
    label(this.#steps),
  );

  /** @param {() => Words} words @param {string} scheduler */
  constructor(words, scheduler) {
    this.#words = words;
    this.#scheduler.value = scheduler;
    this.#scheduler.addEventListener('change', () => this.localize());
  }

  /** What is asked of it, where that differs from what is asked of all. */
  get options() {
    const steps = this.#steps.value.trim();
    const number = Number.isNaN(Number(steps)) ? steps : Number(steps);
    return {
      scheduler: this.#scheduler.value,
      ...(steps && { num_inference_steps: /** @type {any} */ (number) }),
    };
  }

  localize() {
    const words = this.#words();
    setLabel(this.#scheduler, words.scheduler);
    setLabel(this.#steps, words.steps);
    const title = schedulerTitle(this.#scheduler.value);
    this.element.setAttribute('aria-label', title);
    this.#canvas.setAttribute('aria-label', words.pictureBy(title));
    if (this.run) this.#told.textContent = words.took(this.run.num_steps, seconds(this.run.ms));
  }

  /** @param {import('../../types.d.ts').DiffusionInfo} info @param {number | undefined} steps asked of all */
  describe({ schedulers, sample_size: [height, width], channels, num_inference_steps }, steps) {
    offerSchedulers(this.#scheduler, schedulers);
    this.#steps.placeholder = String(steps ?? num_inference_steps);
    this.#canvas.classList.toggle('ink', channels === 1);
    if (this.#frames.length === 0) resize(this.#canvas, width, height);
  }

  begin() {
    this.#frames = [];
    this.run = null;
    this.#told.textContent = '';
    this.#canvas.getContext('2d')?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** @param {DiffusionStepEvent} step @param {number} ms */
  add({ images, step_index, num_steps }, ms) {
    this.#frames.push(strip(images));
    paint(this.#canvas, this.#frames[step_index]);
    this.#told.textContent = this.#words().taking(step_index + 1, num_steps, seconds(ms));
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

/** @param {number} ms */
const seconds = (ms) => (ms / 1000).toFixed(ms < 9950 ? 2 : 0);

/** Four of them, and a slider through all at once. */
export class Comparison {
  #words;
  #cells;
  #grid = h('div', { className: 'compared', role: 'group' });
  #slider = h('input', {
    type: 'range',
    className: 'whole',
    min: 0,
    max: 1,
    step: 0.001,
    value: 1,
    disabled: true,
    oninput: () => this.#cells.forEach((cell) => cell.show(Number(this.#slider.value))),
  });

  element = h('div', {}, this.#grid, this.#slider);

  /** @param {() => Words} words */
  constructor(words) {
    this.#words = words;
    this.#cells = FIRST.map((scheduler) => new Cell(words, scheduler));
    this.#grid.append(...this.#cells.map(({ element }) => element));
  }

  localize() {
    const { compared, progressOfAll } = this.#words();
    this.#grid.setAttribute('aria-label', compared);
    this.#slider.setAttribute('aria-label', progressOfAll);
    for (const cell of this.#cells) cell.localize();
  }

  /** Offers what a model can do. @param {import('../../types.d.ts').DiffusionInfo} info @param {number | undefined} steps asked of all */
  describe(info, steps) {
    for (const cell of this.#cells) cell.describe(info, steps);
  }

  /**
   * Lets each of them draw, one after the other, so that the time of each is its own.
   * @param {DiffusionPipeline} draw
   * @param {Record<string, any>} options of all
   * @param {(step: DiffusionStepEvent & { scheduler: string }) => void} onStep
   * @returns {Promise<Run[]>}
   */
  async run(draw, options, onStep) {
    for (const cell of this.#cells) cell.begin();
    this.#slider.disabled = true;
    this.#slider.value = '1';
    try {
      for (const cell of this.#cells) await this.#let(cell, draw, options, onStep);
    } finally {
      this.#slider.disabled = false;
    }
    return this.#cells.flatMap(({ run }) => run ?? []);
  }

  /**
   * Lets one of them draw.
   * @param {Cell} cell
   * @param {DiffusionPipeline} draw
   * @param {Record<string, any>} options of all
   * @param {(step: DiffusionStepEvent & { scheduler: string }) => void} onStep
   */
  async #let(cell, draw, { eta, ...options }, onStep) {
    const { scheduler, ...own } = cell.options;
    const asked = { ...options, ...own, scheduler: /** @type {any} */ (scheduler) };
    const started = performance.now();
    let num_steps = 0;
    // `eta` means something to one of them only.
    const isWithEta = scheduler === WITH_ETA && eta !== undefined;
    for await (const event of draw.stream(isWithEta ? { ...asked, eta } : asked)) {
      const ms = performance.now() - started;
      if (event.type === 'step') {
        ({ num_steps } = event);
        cell.add(event, ms);
        onStep({ ...event, scheduler });
      } else cell.end({ scheduler, num_steps, ms, images: event.images });
    }
  }
}
