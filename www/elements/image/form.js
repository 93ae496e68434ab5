// The options of a picture as attributes of an element, and as fields.

import { h, label, numberField, setLabel } from '../base.js';

/**
 * @typedef {import('../../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('../../types.d.ts').SchedulerName} SchedulerName
 * @typedef {import('../words.js').Words} Words
 */

/** @type {readonly SchedulerName[]} */
export const SCHEDULERS = [
  'DDIMScheduler',
  'DDPMScheduler',
  'DPMSolverMultistepScheduler',
  'EulerAncestralDiscreteScheduler',
  'EulerDiscreteScheduler',
  'LCMScheduler',
  'PNDMScheduler',
  'UniPCMultistepScheduler',
];

/** The only one that `eta` is for, and the plainest. */
export const WITH_ETA = /** @type {const} */ ('DDIMScheduler');

/** Besides `seed`, which every element has. */
export const IMAGE_ATTRIBUTES = ['num-inference-steps', 'scheduler', 'class-labels', 'guidance-scale', 'eta'];

/** A scheduler's name as it is said. @param {string} name */
export const schedulerTitle = (name) =>
  name
    .replace(/(Discrete|Multistep)?Scheduler$/, '')
    .replace('Ancestral', ' ancestral')
    .replace('DPMSolver', 'DPM-Solver');

/** @param {string} text @returns {any} a text that means no number stays as it is, and is refused with its name */
const numberOf = (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text));

/** What the attributes of an element ask for. @param {Element} element @returns {Record<string, any>} */
export function optionsOf(element) {
  /** @type {Record<string, any>} */
  const options = {};
  for (const attribute of ['seed', ...IMAGE_ATTRIBUTES]) {
    const text = element.getAttribute(attribute)?.trim();
    if (!text) continue;
    const name = attribute.replaceAll('-', '_');
    if (attribute === 'scheduler') options[name] = text;
    else if (attribute === 'class-labels') options[name] = text.split(/[\s,]+/).map(numberOf);
    else options[name] = numberOf(text);
  }
  return options;
}

/** Offers these values, and keeps what is chosen. @param {HTMLSelectElement} field @param {[value: string, text: string][]} values */
function offer(field, values) {
  const { value } = field;
  field.replaceChildren(...values.map(([value, textContent]) => h('option', { value, textContent })));
  choose(field, value);
}

/** Chooses a value, which need not be one that was offered: it is for the model to refuse. @param {HTMLSelectElement} field @param {string} value */
function choose(field, value) {
  if (![...field.options].some((option) => option.value === value)) {
    field.append(h('option', { value, textContent: value }));
  }
  field.value = value;
}

/** A menu of schedulers. @param {string} name */
export function schedulerField(name) {
  const field = h('select', { name });
  offerSchedulers(field, SCHEDULERS);
  return field;
}

/** @param {HTMLSelectElement} field @param {readonly string[]} names @param {[value: string, text: string][]} [before] */
export function offerSchedulers(field, names, before = []) {
  offer(field, [
    ...before,
    ...names.map((name) => /** @type {[string, string]} */ ([name, schedulerTitle(name)])),
  ]);
}

export const optionsSheet = new CSSStyleSheet();
optionsSheet.replaceSync(`
  .options { gap: 0.75rem; margin: 1rem 0; }
  .options input { width: 4.5rem; }
  .options input[name='seed'] { width: 8.5rem; }
  .options select { width: 6.25rem; }
  .options select[name='scheduler'] { width: 13.25rem; }
  .buttons { display: flex; flex-wrap: wrap; gap: 0.5rem; }
  @media (max-width: 40rem) {
    .options label { flex: 1 1 5rem; }
    .options label:has([name='seed']) { flex-basis: 7.5rem; }
    .options label :is(input, select)[name] { width: 100%; }
    .options label:has([name='scheduler']) { flex-basis: 100%; }
  }
`);

/** The fields of all options, with the buttons that use them. */
export class ImageOptions {
  #seed = numberField('seed', 16);
  #steps = numberField('num_inference_steps', 4);
  #scheduler = h('select', { name: 'scheduler', onchange: () => this.#allow() });
  #classes = h('select', { name: 'class_labels' });
  #guidance = numberField('guidance_scale', 6);
  #eta = numberField('eta', 5);
  #draw = h('button', { className: 'main' });
  #another = h('button', { type: 'button' });
  #buttons = h('div', { className: 'buttons' }, this.#draw, this.#another);
  /** @type {DiffusionInfo | null} */
  #info = null;
  /** @type {Words | null} */
  #words = null;

  element = h(
    'form',
    { className: 'options' },
    ...[this.#classes, this.#steps, this.#scheduler, this.#eta, this.#guidance, this.#seed].map(label),
    this.#buttons,
  );

  /** @param {{ onDraw: () => void, onAnother: () => void, onChange: () => void }} calls */
  constructor({ onDraw, onAnother, onChange }) {
    this.element.addEventListener('change', onChange);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      onDraw();
    });
    this.#another.addEventListener('click', onAnother);
  }

  /** @param {Words} words */
  localize(words) {
    this.#words = words;
    setLabel(this.#seed, words.seed);
    setLabel(this.#steps, words.steps);
    setLabel(this.#scheduler, words.scheduler);
    setLabel(this.#classes, words.imageClass);
    setLabel(this.#guidance, words.guidance);
    setLabel(this.#eta, words.eta);
    this.#another.textContent = words.regenerate;
    this.#seed.placeholder = words.random;
    this.#offer();
  }

  /** What the buttons are for. @param {{ draw: string | null, scheduler: boolean }} how */
  show({ draw, scheduler }) {
    this.#buttons.hidden = draw === null;
    this.#draw.textContent = draw;
    for (const field of [this.#scheduler, this.#eta]) {
      /** @type {HTMLElement} */ (field.parentElement).hidden = !scheduler;
    }
  }

  /** Offers what a model can do. @param {DiffusionInfo} info */
  describe(info) {
    if (this.#info === info) return;
    this.#info = info;
    this.#offer();
  }

  /** Shows what the attributes ask for. @param {Element} element @param {string} changed */
  read(element, changed) {
    const field = this.#fields[changed.replaceAll('-', '_')];
    const text = element.getAttribute(changed) ?? '';
    if (field instanceof HTMLSelectElement) choose(field, text.trim());
    else if (field) field.value = text;
    this.#allow();
  }

  /** Makes the attributes ask for what the fields say. @param {Element} element */
  write(element) {
    for (const [name, field] of Object.entries(this.#fields)) {
      const attribute = name.replaceAll('_', '-');
      const value = field.disabled ? '' : field.value.trim();
      if (value) element.setAttribute(attribute, value);
      else element.removeAttribute(attribute);
    }
  }

  /** @param {number | string} seed */
  set seed(seed) {
    this.#seed.value = String(seed);
  }

  /** @returns {Record<string, HTMLInputElement | HTMLSelectElement>} */
  get #fields() {
    const [seed, num_inference_steps, scheduler] = [this.#seed, this.#steps, this.#scheduler];
    const [class_labels, guidance_scale, eta] = [this.#classes, this.#guidance, this.#eta];
    return { seed, num_inference_steps, scheduler, class_labels, guidance_scale, eta };
  }

  #offer() {
    const info = this.#info;
    const words = this.#words;
    if (!words) return;
    const own = info ? words.modelsOwn(schedulerTitle(info.scheduler)) : '–';
    offerSchedulers(this.#scheduler, info?.schedulers ?? SCHEDULERS, [['', own]]);
    const labels = Array.from(
      { length: info?.num_classes ?? 0 },
      (_, index) => info?.labels[index] ?? String(index),
    );
    offer(this.#classes, [
      ['', words.anyClass],
      ...labels.map((text, index) => /** @type {[string, string]} */ ([String(index), text])),
    ]);
    this.#steps.placeholder = String(info?.num_inference_steps ?? '');
    this.#guidance.placeholder = String(info?.guidance_scale ?? 1);
    this.#eta.placeholder = '0';
    this.#allow();
  }

  /** What means nothing here cannot be filled in. */
  #allow() {
    const info = this.#info;
    this.#classes.disabled = info?.num_classes === 0 && !this.#classes.value;
    this.#guidance.disabled = info?.guidance === false && !this.#guidance.value;
    this.#eta.disabled = (this.#scheduler.value || (info?.scheduler ?? WITH_ETA)) !== WITH_ETA;
  }
}
