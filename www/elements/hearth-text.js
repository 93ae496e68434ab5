// <hearth-text>: text from a prompt.
//
//   <hearth-text prompt="Once upon a time"></hearth-text>     a text, written when a reader comes to it
//   <hearth-text></hearth-text>                               a field to write a beginning into
//   <hearth-text controls></hearth-text>                      with everything a visitor can do

import { attributeOf, randomSeed, setOptions } from './attributes.js';
import { HearthElement } from './base.js';
import { define, upgradeProperties } from './define.js';
import { h, styleSheet } from './dom.js';
import { cellsSheet } from './text/cells.js';
import { PromptForm, formSheet } from './text/form.js';
import { InsidePanel, insideSheet } from './text/inside.js';
import { OPTIONS } from './text/options.js';
import { OptionsPanel, panelSheet } from './text/panel.js';
import { PresetButtons, presetsSheet } from './text/preset-buttons.js';
import { popupSheet } from './text/popup.js';
import { PRESETS } from './text/presets.js';
import { Speed, speedSheet } from './text/speed.js';
import { Texts, textsSheet } from './text/texts.js';
import { textSheet } from './text/view.js';
import { Writer } from './text/writer.js';

/** @typedef {import('./text/types.d.ts').HearthText} Contract */

const sheet = styleSheet(`
  .tools { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
  button[aria-pressed='true'] { border-color: var(--ember); box-shadow: inset 0 0 0 1px var(--ember); }
`);

/**
 * The element.
 * @extends {HearthElement<import('../types.d.ts').TextPipeline, import('./text/types.d.ts').TextDetails>}
 * @implements {Contract}
 */
class HearthText extends HearthElement {
  static loadAttributes = [...super.loadAttributes, 'dtype'];
  static observedAttributes = [
    ...super.observedAttributes,
    'dtype',
    'prompt',
    'controls',
    ...Object.keys(OPTIONS).map(attributeOf),
  ];
  static sheets = [
    ...[...super.sheets, sheet, presetsSheet, formSheet, textsSheet, speedSheet],
    ...[panelSheet, textSheet, cellsSheet, popupSheet, insideSheet],
  ];
  static task = 'text-generation';
  static model = 'gpt2-stories/';

  #presets = new PresetButtons(
    () => this.words,
    ({ prompt, options }) => {
      setOptions(this, OPTIONS, options);
      this.setAttribute('prompt', prompt);
      this.restart();
    },
  );
  #form = new PromptForm({
    onWrite: () => {
      this.#apply();
      this.restart();
    },
    onAnother: () => this.regenerate(),
  });
  #options = new OptionsPanel(this.#form.element.id);
  #texts = new Texts(() => this.words, {
    onPick: (...pick) => this.#writer.pick(...pick),
    onContinue: (view) => this.continue(view),
  });
  #inside = new InsidePanel({ onMode: () => this.#showMode(), onHead: () => this.#attend() });
  #speed = new Speed(() => this.words);
  #tools = h(
    'div',
    { className: 'tools' },
    this.#texts.button,
    this.#inside.button,
    h('slot', { name: 'actions' }),
    this.#speed.element,
  );

  #writer = new Writer({
    element: this,
    form: this.#form,
    texts: this.#texts,
    speed: this.#speed,
    onWritten: async (signal) => {
      if (this.#inside.mode === 'attention') await this.#lookAtHead(signal);
    },
  });

  constructor() {
    super();
    this.shadowRoot?.append(
      this.#presets.element,
      this.#form.element,
      this.#texts.element,
      this.#tools,
      this.#inside.element,
      this.status.element,
      this.#options.element,
    );
    this.#presets.offer(PRESETS);
    this.#showControls();
    upgradeProperties(this);
  }

  /** The text on show, prompt included; the first if there are several. */
  get text() {
    return this.#texts.text;
  }

  /** Without a `prompt` the element waits for a visitor to write one. */
  get hasWork() {
    return this.hasAttribute('prompt');
  }

  /** The beginnings that visitors are offered. @param {readonly import('./text/types.d.ts').Preset[]} presets */
  set presets(presets) {
    this.#presets.offer(presets);
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (name === 'controls') return this.#showControls();
    this.#form.read(this, name);
    this.#options.read(this, name);
    super.attributeChangedCallback(name, before, now);
  }

  /** Writes another text after the same prompt. */
  regenerate() {
    this.#apply();
    this.setAttribute('seed', String(randomSeed()));
    this.restart();
  }

  /** Goes on where a text has stopped, from its very tokens. @param {import('./text/view.js').TextView} [view] the first unless another is given */
  continue(view = this.#texts.views[0]) {
    if (view) this.#writer.continue(view);
    else this.start();
  }

  localize() {
    super.localize();
    const { words } = this;
    for (const part of [this.#form, this.#options, this.#inside]) part.localize(words);
    for (const part of [this.#presets, this.#texts]) part.localize();
    this.#showMode();
  }

  /** @param {AbortSignal} signal */
  async work(signal) {
    this.again = () => void this.start();
    await this.#writer.begin(signal);
  }

  #showMode() {
    const tokens = this.#texts.views.flatMap((view) => view.tokens);
    const hasProbabilities = tokens.every(({ logprob }) => logprob !== undefined);
    this.#inside.explain(this.words, hasProbabilities);
    this.#texts.mode = this.#inside.mode;
    if (this.#texts.views.some(({ isLookedAt }) => !isLookedAt)) this.#attend();
  }

  /** Loads what the chosen head attends to in the text, unless a job is under way: the text must be finished first. */
  #attend() {
    if (this.#inside.mode !== 'attention' || this.busy) return;
    this.job((signal) => this.#lookAtHead(signal));
  }

  /** @param {AbortSignal} signal */
  async #lookAtHead(signal) {
    this.again = () => this.#attend();
    const write = await this.ready(signal);
    const head = this.#inside.headOf(write.info);
    for (const view of this.#texts.views) {
      view.attention = await write.attention(this.#texts.idsOf(view.tokens), { ...head, signal });
    }
  }

  /** Makes the attributes what the fields say. */
  #apply() {
    this.#options.write(this);
    this.#form.write(this);
  }

  #showControls() {
    const isBare = !this.hasAttribute('controls');
    for (const part of [this.#presets.element, this.#options.element, this.#tools]) part.hidden = isBare;
    this.#form.bare = isBare;
  }
}

const Served = define('hearth-text', HearthText);
export { Served as HearthText };
