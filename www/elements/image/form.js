// The form of a picture: the options as fields, with the buttons that use them.

import { attributeOf, optionOf, setAttribute } from '../attributes.js';
import { h, label, numberField, setLabel, styleSheet } from '../dom.js';
import { choose, offer, offerSchedulers, schedulerTitle } from './menus.js';
import { SCHEDULERS, WITH_ETA } from './options.js';
import { PromptFields } from './prompt.js';

/**
 * @typedef {import('../../types.d.ts').DiffusionInfo} DiffusionInfo
 * @typedef {import('../words.js').Words} Words
 * @typedef {keyof typeof import('./options.js').FIELDS | 'seed'} Option
 * @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field
 */

export const formSheet = styleSheet(`
  .options { gap: 0.75rem; margin: 1rem 0; }
  .options input { width: 4.5rem; }
  .options input[name='seed'] { width: 8.5rem; }
  .options select { width: 6.25rem; }
  .options select[name='scheduler'] { width: 13.25rem; }
  .buttons { display: flex; flex-wrap: wrap; gap: 0.5rem; }
  .more { border-color: transparent; background: none; color: var(--soft); }
  .fields { display: contents; }
  .fields[hidden] { display: none; }
  @media (max-width: 40rem) {
    .options label { flex: 1 1 5rem; }
    .options label:has([name='seed']) { flex-basis: 7.5rem; }
    .options label :is(input, select)[name] { width: 100%; }
    .options label:has([name='scheduler']) { flex-basis: 100%; }
  }
`);

/** The form. */
export class ImageForm {
  #prompts = new PromptFields();
  /** In the order of the form. */
  #fields = {
    prompt: this.#prompts.prompt,
    negative_prompt: this.#prompts.negative,
    class_labels: h('select', { name: 'class_labels' }),
    num_inference_steps: numberField('num_inference_steps', 4),
    scheduler: h('select', { name: 'scheduler', onchange: () => this.#allow() }),
    eta: numberField('eta', 5),
    guidance_scale: numberField('guidance_scale', 6),
    height: numberField('height', 5),
    width: numberField('width', 5),
    seed: numberField('seed', 16),
  };
  #draw = h('button', { className: 'main' });
  #another = h('button', { type: 'button' });
  /** Folds the other fields away, where a prompt is what matters. */
  #more = h('button', {
    type: 'button',
    className: 'more',
    hidden: true,
    'aria-expanded': 'false',
    onclick: () => this.#unfold(this.#rest.hidden === true),
  });
  #buttons = h('div', { className: 'buttons' }, this.#draw, this.#another);
  /** @type {DiffusionInfo | null} */
  #info = null;
  #isPrompted = false;
  /** @type {Words | null} */
  #words = null;

  /** All fields but the prompt. */
  #rest = h(
    'div',
    { className: 'fields' },
    ...Object.values(this.#fields)
      .filter(({ parentElement }) => !parentElement)
      .map(label),
  );

  element = h('form', { className: 'options' }, this.#prompts.element, this.#rest, this.#buttons, this.#more);

  /** @param {{ onDraw: () => void, onAnother: () => void, onChange: () => void }} calls */
  constructor({ onDraw, onAnother, onChange }) {
    this.element.addEventListener('change', onChange);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      onDraw();
    });
    this.#another.addEventListener('click', onAnother);
  }

  /** Whether the model draws from prompts, as far as is known. @param {boolean} prompted */
  set prompted(prompted) {
    this.#isPrompted = prompted;
    this.#allow();
    if (this.#more.hidden !== prompted) return;
    this.#more.hidden = !prompted;
    const { seed: _, prompt: __, ...others } = this.#fields;
    this.#unfold(!prompted || Object.values(others).some(({ value }) => value !== ''));
    if (prompted) this.element.append(this.#rest);
    else this.#buttons.before(this.#rest);
  }

  /** Shows the fields that are folded away, or folds them away. @param {boolean} open */
  #unfold(open) {
    this.#rest.hidden = !open;
    this.#prompts.open = open;
    this.#more.setAttribute('aria-expanded', String(open));
  }

  /** The end of the prompt that was too long for the model. @param {string | null} text */
  set truncated(text) {
    this.#prompts.truncated = text;
  }

  /** The prompt in the model's own words, where it has others. @param {string | null} text */
  set understood(text) {
    this.#prompts.understood = text;
  }

  /** @param {Words} words */
  localize(words) {
    this.#words = words;
    this.#prompts.localize(words);
    const names = { ...words.imageOptions, seed: words.seed };
    for (const [option, field] of this.#entries) setLabel(field, names[option]);
    this.#another.textContent = words.regenerate;
    this.#more.textContent = words.optionsTitle;
    this.#fields.seed.placeholder = words.random;
    this.#offer();
  }

  /** What the buttons are for. @param {{ draw: string | null, scheduler: boolean }} how */
  show({ draw, scheduler }) {
    this.#buttons.hidden = draw === null;
    this.#draw.textContent = draw;
    for (const field of [this.#fields.scheduler, this.#fields.eta]) {
      /** @type {HTMLElement} */ (field.parentElement).hidden = !scheduler;
    }
  }

  /** Offers what a model can do. @param {DiffusionInfo} info */
  describe(info) {
    if (this.#info === info) return;
    this.#info = info;
    this.#offer();
  }

  /** Shows what an attribute asks for, if it is an option's. @param {Element} element @param {string} attribute */
  read(element, attribute) {
    const [, field] = this.#entries.find(([option]) => option === optionOf(attribute)) ?? [];
    const text = element.getAttribute(attribute) ?? '';
    if (field instanceof HTMLSelectElement) choose(field, text.trim());
    else if (field) field.value = text;
    this.#allow();
  }

  /** Makes an element's attributes ask for what the fields say. @param {Element} element */
  write(element) {
    for (const [option, { value, disabled }] of this.#entries) {
      const isBlankPrompt = option === 'prompt' && this.#isPrompted;
      setAttribute(element, attributeOf(option), (!disabled && value.trim()) || (isBlankPrompt ? '' : null));
    }
  }

  /** @param {number | string} seed */
  set seed(seed) {
    this.#fields.seed.value = String(seed);
  }

  get #entries() {
    return /** @type {[Option, Field][]} */ (Object.entries(this.#fields));
  }

  #offer() {
    const [info, words] = [this.#info, this.#words];
    if (!words) return;
    const { class_labels, num_inference_steps, scheduler, eta, guidance_scale, height, width } = this.#fields;
    const own = info ? words.modelsOwn(schedulerTitle(info.scheduler)) : '–';
    offerSchedulers(scheduler, info?.schedulers ?? SCHEDULERS, [['', own]]);
    const classes = Array.from({ length: info?.num_classes ?? 0 }, (_, index) => String(index));
    offer(class_labels, [
      ['', words.anyClass],
      ...classes.map((name, index) => /** @type {[string, string]} */ ([name, info?.labels[index] ?? name])),
    ]);
    num_inference_steps.placeholder = String(info?.num_inference_steps ?? '');
    guidance_scale.placeholder = String(info?.guidance_scale ?? 1);
    eta.placeholder = '0';
    const [ownHeight, ownWidth] = info?.sample_size ?? ['', ''];
    [height.placeholder, width.placeholder] = [String(ownHeight), String(ownWidth)];
    this.#allow();
  }

  /** Disables the fields that mean nothing to the model or the scheduler, and hides those of the other kind of model. */
  #allow() {
    const { prompt, negative_prompt, class_labels, scheduler, eta, guidance_scale, height, width } =
      this.#fields;
    const info = this.#info;
    const hide = (/** @type {Field} */ field, /** @type {boolean} */ isOther) => {
      /** @type {HTMLElement} */ (field.parentElement).hidden = isOther && !field.value;
    };
    hide(class_labels, this.#isPrompted);
    for (const field of [height, width]) hide(field, !this.#isPrompted);
    this.#prompts.element.hidden = !this.#isPrompted && !prompt.value;
    class_labels.disabled = info?.num_classes === 0 && !class_labels.value;
    for (const field of [guidance_scale, negative_prompt]) {
      field.disabled = info?.guidance === false && !field.value;
    }
    eta.disabled = (scheduler.value || (info?.scheduler ?? WITH_ETA)) !== WITH_ETA;
  }
}
