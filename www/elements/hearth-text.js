// <hearth-text>: text from a prompt.
//
//   <hearth-text prompt="Once upon a time"></hearth-text>     a text, written when a reader comes to it
//   <hearth-text></hearth-text>                               a field to write a beginning into
//   <hearth-text controls></hearth-text>                      with everything a visitor can do

import { HearthElement, h, label, numberField, setLabel } from './base.js';
import { cellsSheet } from './text/cells.js';
import { InsidePanel, insideSheet } from './text/inside.js';
import { OPTION_ATTRIBUTES, OptionsPanel, optionsOf, optionsSheet, setOptions } from './text/panel.js';
import { PRESETS } from './text/presets.js';
import { TextView, textSheet } from './text/view.js';

/**
 * @typedef {import('./text/tokens.js').Token} Token
 * @typedef {import('../types.d.ts').GeneratedText} GeneratedText
 * @typedef {import('../types.d.ts').WriteCall} WriteCall
 */

/** How many tokens the look inside offers at each place, unless the page says otherwise. */
const ALTERNATIVES = 8;
const SPEED_MS = 300;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  .beginning { flex: 1 1 100%; }
  .beginning textarea { width: 100%; resize: vertical; line-height: 1.5; }
  .presets { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-bottom: 0.75rem; }
  .presets button { font-size: 0.9rem; border-radius: 1.25rem; }
  .seed input { width: 11.5rem; }
  .texts { min-height: 5lh; margin: 1rem 0 0.5rem; font: 1.08rem/1.75 ui-serif, Georgia, 'Noto Serif', 'Noto Serif CJK SC', serif; }
  :host([controls]) .texts { min-height: 8.5lh; } /* about 120 tokens of a wide font: what is below stays where it is */
  @media (max-width: 40rem) { :host([controls]) .texts { min-height: 14lh; } }
  .texts.many .item { border-inline-start: 3px solid var(--line); padding-inline-start: 0.8rem; margin-bottom: 1rem; }
  .texts:not(.many) .item > button { display: none; }
  .item > button { font: 0.85rem system-ui, sans-serif; min-height: 2rem; margin-top: 0.3rem; }
  .tools { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
  button[aria-pressed='true'] { border-color: var(--ember); box-shadow: inset 0 0 0 1px var(--ember); }
  .speed { font-size: 0.9rem; color: var(--soft); font-variant-numeric: tabular-nums; margin-inline-start: auto; }
`);

/** The element. @extends {HearthElement<import('../types.d.ts').TextPipeline>} */
export class HearthText extends HearthElement {
  static loadAttributes = [...super.loadAttributes, 'dtype'];
  static observedAttributes = [
    ...super.observedAttributes,
    'dtype',
    'prompt',
    'controls',
    ...OPTION_ATTRIBUTES,
  ];
  static task = 'text-generation';
  static model = new URL('../../models/gpt2-stories/', import.meta.url);

  #beginning = h('textarea', { name: 'prompt', rows: 2 });
  #seed = numberField('seed', 16);
  #write = h('button', { className: 'main' });
  #regenerate = h('button', { type: 'button', onclick: () => this.regenerate() });
  #options = new OptionsPanel('write');
  #presets = h('div', { className: 'presets', role: 'group' });
  #beginningLabel = label(this.#beginning);
  #seedLabel = label(this.#seed);
  #form = h(
    'form',
    { id: 'write', onsubmit: (/** @type {Event} */ event) => this.#onWrite(event) },
    this.#beginningLabel,
    this.#write,
    this.#regenerate,
    this.#seedLabel,
  );

  #texts = h('div', { className: 'texts' });
  #goOn = h('button', { type: 'button', disabled: true, onclick: () => this.continue() });
  #inside = new InsidePanel(() => this.#showMode());
  #speed = h('span', { className: 'speed' });
  #tools = h(
    'div',
    { className: 'tools' },
    this.#goOn,
    this.#inside.button,
    h('slot', { name: 'actions' }),
    this.#speed,
  );

  /** The prompt of the text on show, and its tokens. */
  #prompt = '';
  /** @type {readonly number[]} */
  #promptIds = [];
  /** The texts on show. @type {TextView[]} */
  #views = [];
  /** What "Try again" does. @type {() => void} */
  #again = () => void this.start();

  constructor() {
    super();
    this.shadowRoot?.adoptedStyleSheets.push(sheet, optionsSheet, textSheet, cellsSheet, insideSheet);
    this.shadowRoot?.append(
      this.#presets,
      this.#form,
      this.#texts,
      this.#tools,
      this.#inside.element,
      this.status,
      this.#options.element,
    );
    this.#inside.onHead = () => this.#attend();
    this.#beginningLabel.className = 'beginning';
    this.#seedLabel.className = 'seed';
    this.#beginning.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#onWrite(event);
    });
    this.presets = PRESETS;
    this.#showControls();
  }

  /** The text on show, prompt included; the first if there are several. */
  get text() {
    return this.#prompt + (this.#views[0]?.text ?? '');
  }

  /** Without a `prompt` the element waits for a visitor to write one. */
  get hasWork() {
    return this.hasAttribute('prompt');
  }

  /** The beginnings that visitors are offered. @param {readonly import('./text/presets.js').Preset[]} presets */
  set presets(presets) {
    const buttons = presets.map(({ title, prompt, options }) => {
      const onclick = () => {
        setOptions(this, options);
        this.setAttribute('prompt', prompt);
        this.restart();
      };
      return h('button', { type: 'button', value: title, title: prompt, onclick });
    });
    this.#presets.replaceChildren(...buttons);
    this.#namePresets();
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (name === 'controls') return this.#showControls();
    if (name === 'prompt') this.#beginning.value = now ?? '';
    if (name === 'seed') this.#seed.value = now ?? '';
    this.#options.read(this, name);
    super.attributeChangedCallback(name, before, now);
  }

  /** Writes another text after the same prompt. */
  regenerate() {
    this.#apply();
    this.setAttribute('seed', String(Math.floor(Math.random() * 1e9)));
    this.restart();
  }

  /** Goes on where a text has stopped, from its very tokens. @param {TextView} [view] the first unless another is given */
  continue(view = this.#views[0]) {
    if (!view) {
      this.start();
      return;
    }
    // A model that has ended a text would end it again at once.
    const tokens = view.ended ? view.tokens.slice(0, -1) : [...view.tokens];
    this.#extend(view, tokens, view.ended ? 1 : 0);
  }

  retry() {
    this.#again();
  }

  localize() {
    super.localize();
    const { words } = this;
    setLabel(this.#beginning, words.prompt);
    this.#beginning.placeholder = words.promptHint;
    setLabel(this.#seed, words.seed);
    this.#write.textContent = words.writeText;
    this.#regenerate.textContent = words.regenerate;
    this.#presets.setAttribute('aria-label', words.presets);
    this.#namePresets();
    this.#options.localize(words);
    this.#goOn.textContent = words.goOn;
    this.#inside.localize(words);
    for (const button of this.#texts.querySelectorAll('.item > button')) button.textContent = words.goOn;
    this.#showMode();
  }

  /** @param {AbortSignal} signal */
  async work(signal) {
    this.#again = () => void this.start();
    const prompt = this.getAttribute('prompt') ?? '';
    const options = this.#asked();
    const { num_beams = 1, num_return_sequences = 1 } = options;
    await this.#run(prompt, options, signal, ({ prompt_ids }) => {
      this.#prompt = prompt;
      this.#promptIds = prompt_ids;
      this.#lay(num_beams > 1 ? 1 : num_return_sequences);
    });
  }

  /** What the attributes ask for. @returns {Record<string, any>} */
  #asked() {
    const inside = this.hasAttribute('controls') ? { top_logprobs: ALTERNATIVES } : {};
    return { ...inside, seed: this.number('seed'), ...optionsOf(this) };
  }

  /**
   * Writes, and shows what comes.
   * @param {import('../types.d.ts').Prompt} prompt
   * @param {Record<string, any>} options
   * @param {AbortSignal} signal
   * @param {(call: WriteCall) => void} begin prepares the texts, once it is sure that there will be some
   */
  async #run(prompt, options, signal, begin) {
    const write = await this.ready(signal);
    this.say(this.words.writing);
    this.#speed.textContent = '';
    const started = performance.now();
    const pace = { since: 0, count: 0, told: 0 };
    /** @type {Token[][] | null} */
    let kept = null;
    try {
      // The texts are put together by `#whole`, because a continued one begins with the prompt of another call.
      for await (const event of write.stream(prompt, { ...options, return_full_text: false, signal })) {
        const ms = performance.now() - started;
        let detail = { ...event, ms };
        if (event.type === 'token') {
          this.say(this.words.writing);
          this.#views[event.sequence_index].append(event);
          this.#tellSpeed(pace, ms);
        } else if (event.type === 'step') {
          if (!kept) {
            begin(event);
            kept = this.#views.map(({ tokens }) => [...tokens]);
            this.#setWriting(true);
          }
          if (event.text !== undefined) {
            this.say(this.words.searching);
            this.#views[0].preview(event.text);
          } else if (event.fraction > 0) this.say(this.words.reading(Math.round(event.fraction * 100)));
        } else {
          this.#finish(event.sequences, (options.num_beams ?? 1) > 1 ? (kept?.[0] ?? []) : null);
          const count = event.sequences.reduce((sum, { token_ids }) => sum + token_ids.length, 0);
          this.say(this.words.written(count, (ms / 1000).toFixed(ms < 9950 ? 1 : 0), this.place(write)));
          this.#tellSpeed(pace, ms, true);
          if (typeof prompt === 'string') this.#seed.value = String(event.seed);
          detail = { ...detail, ...this.#whole(event.sequences, typeof prompt !== 'string') };
        }
        this.dispatchEvent(new CustomEvent(event.type, { detail }));
      }
    } finally {
      if (kept) {
        this.#setWriting(false);
        if (this.#views.length === 1 && !signal.aborted) this.#again = () => this.continue();
      }
    }
    if (this.#inside.mode === 'attention') await this.#lookAtHead(signal);
  }

  /**
   * Takes the finished texts. Those of a beam search are known only now.
   * @param {GeneratedText[]} sequences
   * @param {Token[] | null} before with beams, the tokens that they go on from
   */
  #finish(sequences, before) {
    if (before && sequences.length > 1) this.#lay(sequences.length);
    sequences.forEach(({ generated_text, token_ids, finish_reason }, index) => {
      const view = this.#views[index];
      if (before) {
        // Of a beam's tokens only the text that they make together is known.
        const last = token_ids.length - (finish_reason === 'eos-token' ? 2 : 1);
        const texts = token_ids.map((token_id, place) => ({
          token_id,
          text: place === last ? generated_text : '',
        }));
        view.begin(this.#prompt, [...before, ...texts]);
      }
      if (finish_reason === 'eos-token') view.end();
    });
  }

  /**
   * The texts on show as `complete` tells them.
   * @param {{ finish_reason: GeneratedText['finish_reason'] }[]} sequences how each has ended
   * @param {boolean} continued whether a visitor had a hand in them
   */
  #whole(sequences, continued) {
    const start = this.#asked().return_full_text === false ? '' : this.#prompt;
    const texts = sequences.map(({ finish_reason }, index) => ({
      generated_text: start + this.#views[index].text,
      token_ids: this.#views[index].tokens.map(({ token_id }) => token_id),
      finish_reason,
    }));
    return { sequences: texts, text: texts[0].generated_text, continued };
  }

  /**
   * Goes on with one text.
   * @param {TextView} view
   * @param {Token[]} tokens those to go on from, of which the last may be one that the visitor has picked
   * @param {number} [atLeast] new tokens
   * @param {number} [focus] the token that gets the focus
   */
  #extend(view, tokens, atLeast = 0, focus = -1) {
    this.#again = () => this.#extend(view, tokens, atLeast);
    const {
      max_length,
      max_new_tokens,
      min_new_tokens = 0,
      num_return_sequences: _,
      ...options
    } = this.#asked();
    const ids = [...this.#promptIds, ...tokens.map(({ token_id }) => token_id)];
    const all = max_length === undefined ? max_new_tokens : max_length - this.#promptIds.length;
    // What is left of a text that was stopped, or as much again.
    const left = all - tokens.length > 0 ? all - tokens.length : all;
    const more = {
      ...options,
      max_new_tokens: all === undefined ? undefined : left,
      min_new_tokens: Math.max(min_new_tokens - tokens.length, atLeast),
    };
    this.job((signal) =>
      this.#run(ids, more, signal, () => {
        this.#lay(1, view);
        view.begin(this.#prompt, tokens);
        if (focus >= 0) view.focus(focus);
      }),
    );
  }

  /**
   * Takes another token in place of the one there, and goes on from it.
   * @param {TextView} view
   * @param {number} place
   * @param {Token} token
   * @param {boolean} ends whether it ends the text
   */
  #pick(view, place, token, ends) {
    const tokens = [...view.tokens.slice(0, place), token];
    if (!ends) {
      this.#extend(view, tokens, 0, place);
      return;
    }
    this.job(async () => {
      this.#lay(1, view);
      view.begin(this.#prompt, tokens);
      view.end();
      this.say('');
      const whole = this.#whole([{ finish_reason: 'eos-token' }], true);
      this.dispatchEvent(new CustomEvent('complete', { detail: { type: 'complete', ...whole, ms: 0 } }));
    });
  }

  /** Makes room for so many texts, or keeps one of those on show. @param {number} count @param {TextView} [only] */
  #lay(count, only) {
    this.#views = only
      ? [only]
      : Array.from({ length: count }, (_, index) => this.#views[index] ?? this.#newView());
    if (!only) for (const view of this.#views) view.begin(this.#prompt);
    const many = this.#views.length > 1;
    const items = this.#views.map(({ element }) => /** @type {HTMLElement} */ (element.parentElement));
    for (const item of items) {
      if (many) item.setAttribute('role', 'listitem');
      else item.removeAttribute('role');
    }
    if (many) this.#texts.setAttribute('role', 'list');
    else this.#texts.removeAttribute('role');
    this.#texts.classList.toggle('many', many);
    this.#goOn.hidden = many; // each has its own
    this.#texts.replaceChildren(...items);
    for (const view of this.#views) view.mode = this.#inside.mode;
  }

  #newView() {
    const view = new TextView(
      () => this.words,
      (place, token, ends) => this.#pick(view, place, token, ends),
    );
    const goOn = h('button', {
      type: 'button',
      textContent: this.words.goOn,
      onclick: () => this.continue(view),
    });
    h('div', { className: 'item' }, view.element, goOn);
    return view;
  }

  /** @param {boolean} writing */
  #setWriting(writing) {
    this.#goOn.disabled = writing;
    for (const button of this.#texts.querySelectorAll('.item > button'))
      Reflect.set(button, 'disabled', writing);
    this.#texts.setAttribute('aria-busy', String(writing));
    for (const view of this.#views) view.writing = writing;
  }

  /** @param {{ since: number, count: number, told: number }} pace @param {number} ms @param {boolean} [last] */
  #tellSpeed(pace, ms, last = false) {
    if (!last && pace.count++ === 0) pace.since = ms;
    if (ms === pace.since || (!last && ms - pace.told < SPEED_MS)) return;
    pace.told = ms;
    const rate = ((pace.count - 1) / (ms - pace.since)) * 1000;
    this.#speed.textContent = this.words.speed(rate.toFixed(rate < 9.95 ? 1 : 0));
  }

  #showMode() {
    const tokens = this.#views.flatMap((view) => view.tokens);
    this.#inside.explain(
      this.words,
      tokens.every(({ logprob }) => logprob !== undefined),
    );
    for (const view of this.#views) view.mode = this.#inside.mode;
    if (this.#views.some(({ isLookedAt }) => !isLookedAt)) this.#attend();
  }

  /** Looks at the text through the chosen head, unless something is under way: a text is looked at when it is done. */
  #attend() {
    if (this.#inside.mode !== 'attention' || this.busy) return;
    this.job((signal) => this.#lookAtHead(signal));
  }

  /** @param {AbortSignal} signal */
  async #lookAtHead(signal) {
    this.#again = () => this.#attend();
    const write = await this.ready(signal);
    const head = this.#inside.headOf(write.info);
    for (const view of this.#views) {
      const ids = [...this.#promptIds, ...view.tokens.map(({ token_id }) => token_id)];
      view.attention = await write.attention(ids, { ...head, signal });
    }
  }

  /** @param {Event} event */
  #onWrite(event) {
    event.preventDefault();
    this.#apply();
    this.restart();
  }

  #namePresets() {
    for (const button of this.#presets.querySelectorAll('button')) {
      button.textContent = this.words.presetTitles[button.value] ?? button.value;
    }
  }

  /** Makes the attributes what the fields say. */
  #apply() {
    this.#options.write(this);
    this.setAttribute('prompt', this.#beginning.value);
    const seed = this.#seed.value.trim();
    if (seed) this.setAttribute('seed', seed);
    else this.removeAttribute('seed');
  }

  #showControls() {
    const hidden = !this.hasAttribute('controls');
    for (const part of [
      this.#presets,
      this.#regenerate,
      this.#seedLabel,
      this.#options.element,
      this.#tools,
    ]) {
      part.hidden = hidden;
    }
  }
}

customElements.define('hearth-text', HearthText);
