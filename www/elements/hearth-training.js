// <hearth-training>: a GAN that learns in the visitor's tab.
//
//   <hearth-training></hearth-training>                                real digits, a new generator, a button
//   <hearth-training controls></hearth-training>                       with everything a visitor can do
//   <hearth-training learning-rate="1e-4" loss="hinge" seed="7" autoplay></hearth-training>

import { HearthError, loadDigits, modelUrl } from '../hearth.js';
import { attributeOf, optionOf, optionsOf, setOptions } from './attributes.js';
import { HearthElement } from './base.js';
import { define } from './define.js';
import { h } from './dom.js';
import { download } from './download.js';
import { penSheet } from './sketch/pen.js';
import { augment } from './training/augment.js';
import { Controls, controlsSheet } from './training/controls.js';
import { CALL, DEFAULTS, EXPERIMENTS, OPTIONS, changedFrom } from './training/options.js';
import { OwnData, ownSheet } from './training/own.js';
import { OptionsPanel, panelSheet } from './training/panel.js';
import { plotSheet } from './training/plot.js';
import { Rescue } from './training/rescue.js';
import { Stage } from './training/stage.js';
import { Trials, trialsSheet } from './training/trials.js';
import { viewSheet } from './training/view.js';
import { bytes } from './units.js';

/**
 * @typedef {import('./training/types.d.ts').HearthTraining} Contract
 * @typedef {import('./training/stage.js').Pipeline} Pipeline
 * @typedef {import('./training/stage.js').Data} Data
 */

/** Its folder, beside that of the models. */
const DATA = '../data/mnist/';

/**
 * The element.
 * @extends {HearthElement<Pipeline, import('./training/types.d.ts').TrainingDetails>}
 * @implements {Contract}
 */
class HearthTraining extends HearthElement {
  static loadAttributes = [...super.loadAttributes, 'data'];
  static observedAttributes = [
    ...super.observedAttributes,
    ...Object.keys({ data: '', ...OPTIONS, ...CALL }).map(attributeOf),
    'controls',
  ];
  static sheets = [
    ...super.sheets,
    ...[viewSheet, plotSheet, controlsSheet, trialsSheet, panelSheet, penSheet, ownSheet],
  ];
  static task = 'gan-training';
  static model = 'gan-mnist/';

  #controls = new Controls({
    onPlay: () => (this.#controls.playing ? this.pause() : void this.play()),
    onStep: () => void this.step(),
    onReset: () => void this.reset(),
    onSave: () => void this.#download(),
    onOpen: (file) => void this.open(file),
  });
  #stage = new Stage(this, this.#controls, () => this.words);
  #trials = new Trials({ onTrial: (trial) => this.#try(trial), onBack: () => this.#untry() });
  #panel = new OptionsPanel(this);
  #rescue = new Rescue();
  #own = new OwnData(() => this.words, {
    onTrain: () => this.#learnDrawings(),
    onBack: () => this.#learn(null),
  });

  /** What is trained on; null until it is loaded. @type {Data | null} */
  #data = null;
  /** What is prepared. @type {Pipeline | null} */
  #train = null;
  /** The options before a trial. @type {Record<string, unknown> | null} */
  #before = null;
  /** Options that have changed, and that the engine is told of together. @type {Set<string>} */
  #changed = new Set();
  /** Counts jobs, so that one that was replaced by another says nothing. */
  #jobs = 0;

  constructor() {
    super();
    const parts = [this.#trials, this.#panel, this.#own].map(({ element }) => element);
    this.shadowRoot?.append(
      this.#controls.bar,
      this.status.element,
      this.#stage.element,
      ...parts,
      this.#controls.end,
    );
    this.#showControls();
  }

  get images() {
    return this.#stage.history.latest?.images ?? [];
  }

  get step_index() {
    return this.#stage.history.step_index;
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === 'controls') return this.#showControls();
    this.#panel.read(this, name);
    const option = optionOf(name);
    if (option in OPTIONS) return this.#change(option);
    if (option in CALL) return; // they count for the next call
    if (name === 'seed' && this.step_index > 0) return; // what was learnt is not thrown away for it
    if (name === 'data') {
      this.#data = null;
      this.#own.inUse = false;
    }
    super.attributeChangedCallback(name, before, now);
  }

  leave() {
    super.leave();
    this.#train = null;
  }

  localize() {
    super.localize();
    for (const part of [this.#controls, this.#trials, this.#panel]) part.localize(this.words);
    this.#stage.localize();
    this.#own.localize();
  }

  /** @param {string} task */
  loadOptions(task) {
    return { ...super.loadOptions(task), data: this.#data };
  }

  /** Shows real pictures beside those of a generator that has learnt nothing. @param {AbortSignal} signal */
  async work(signal) {
    const train = await this.#prepare(signal, true);
    if (this.hasAttribute('autoplay')) await this.#follow(train, signal);
  }

  async play() {
    this.again = () => void this.play();
    await this.job(async (signal) => this.#follow(await this.#prepare(signal), signal));
  }

  pause() {
    this.stop();
  }

  async step() {
    this.again = () => void this.step();
    await this.job(async (signal) => this.#follow(await this.#prepare(signal), signal, 1));
  }

  async reset() {
    this.again = () => void this.reset();
    await this.job(async (signal) => void (await this.#prepare(signal, true)));
  }

  async save() {
    if (!this.#train) throw new HearthError('invalid-option', 'nothing is loaded yet that could be saved');
    return this.#train.save();
  }

  /** @param {Blob} checkpoint */
  async open(checkpoint) {
    this.again = () => void this.play();
    await this.job(async (signal) => {
      const train = await this.#prepare(signal);
      const { step_index } = await train.open(checkpoint);
      signal.throwIfAborted();
      const options = await train.options();
      setOptions(this, OPTIONS, changedFrom(DEFAULTS, options));
      this.#rescue.begin(options.seed, checkpoint);
      await this.#stage.begin(train, step_index);
      this.say(this.words.openedAt(step_index));
    });
  }

  /** @param {(signal: AbortSignal) => Promise<void>} task */
  async job(task) {
    const job = ++this.#jobs;
    this.#stage.pause();
    await super.job(async (signal) => {
      try {
        await task(signal);
      } catch (thrown) {
        const { code } = HearthError.from(thrown);
        const isBack = code === 'training-diverged';
        if ((code !== 'aborted' && !isBack) || job !== this.#jobs || !this.#train) throw thrown;
        await this.#stage.settle(this.#train);
        if (isBack) throw new HearthError(code, this.words.diverged);
        if (job === this.#jobs) this.say(this.words.pausedAt(this.step_index));
      }
    });
  }

  /**
   * The training, with data and weights.
   * @param {AbortSignal} signal
   * @param {boolean} [anew] whether the weights are drawn anew even if there are some
   * @returns {Promise<Pipeline>}
   */
  async #prepare(signal, anew = false) {
    this.#data ??= await this.#load(signal);
    const train = await this.ready(signal);
    if (this.#train === train && !anew) return train;
    this.say(this.words.preparing);
    await train.reset(optionsOf(this, OPTIONS));
    signal.throwIfAborted();
    if (this.#train !== train) {
      this.#stage.showData(train, this.#data);
      this.#own.fit(train.info.image_size);
    }
    this.#train = train;
    const { seed } = await train.options();
    this.#panel.seed = seed;
    this.#rescue.begin(seed);
    await this.#stage.begin(train);
    this.say(this.words.readyToTrain(train.info.data.count, this.deviceName(train)));
    return train;
  }

  /** @param {AbortSignal} signal @returns {Promise<Data>} */
  #load(signal) {
    this.say(this.words.loading);
    this.status.showProgress();
    return loadDigits(this.getAttribute('data') ?? modelUrl(DATA), {
      signal,
      onProgress: ({ loaded, total }) => {
        if (total) this.status.progress = loaded / total;
        this.say(this.words.loadingData(bytes(loaded), total ? bytes(total) : null));
        this.emit('progress', { loaded, total });
      },
    });
  }

  /**
   * Trains, and shows what comes of it.
   * @param {Pipeline} train
   * @param {AbortSignal} signal
   * @param {number} [steps] as many as the attribute says by default, or until it is stopped
   */
  async #follow(train, signal, steps) {
    const { seed: _, ...call } = optionsOf(this, CALL);
    const job = this.#jobs;
    this.status.end(); // a button of its own pauses it
    this.say(this.words.training);
    this.#stage.play();
    try {
      await this.#take(train, { ...call, ...(steps && { steps }), signal });
      this.say(this.words.pausedAt(this.step_index));
    } finally {
      if (job === this.#jobs) this.#stage.pause();
    }
  }

  /** Takes steps, and goes on where the device is lost. @param {Pipeline} train @param {import('../types.d.ts').TrainingCall} call */
  async #take(train, call) {
    const goal = this.step_index + (call.steps ?? Infinity);
    try {
      for await (const event of train.stream({ ...call, resume: true })) {
        if (event.type === 'complete') this.emit('complete', event);
        else {
          this.#stage.take(event, train);
          this.emit('step', event);
          await this.#rescue.keep(train);
        }
      }
    } catch (thrown) {
      if (HearthError.from(thrown).code !== 'device-lost' || !this.#rescue.isFresh) throw thrown;
      this.say(this.words.preparing);
      await this.#rescue.restore(train, { ...DEFAULTS, ...optionsOf(this, OPTIONS) });
      call.signal?.throwIfAborted();
      await this.#stage.settle(train);
      this.say(this.words.deviceLost(this.step_index));
      await this.#take(train, { ...call, ...(call.steps && { steps: goal - this.step_index }) });
    }
  }

  /** An option that an attribute asks for counts from the next step on. @param {string} option */
  #change(option) {
    this.#changed.add(option);
    if (this.#changed.size > 1) return;
    // Others may change with it, and contradict those of before.
    queueMicrotask(async () => {
      const given = { ...DEFAULTS, ...optionsOf(this, OPTIONS) };
      const changed = [...this.#changed].map((name) => [name, Reflect.get(given, name)]);
      this.#changed.clear();
      try {
        await this.#train?.change(Object.fromEntries(changed));
        this.#stage.draw();
      } catch (thrown) {
        this.#complain(thrown);
      }
    });
  }

  /** @param {import('./training/trials.js').Trial} trial */
  #try(trial) {
    const { seed: _, ...now } = optionsOf(this, OPTIONS);
    this.#before ??= now;
    setOptions(this, OPTIONS, EXPERIMENTS[trial]);
    this.#trials.active = trial;
    if (!this.#controls.playing) this.play();
  }

  #untry() {
    setOptions(this, OPTIONS, this.#before ?? {});
    this.#before = null;
    this.#trials.active = null;
  }

  /** Trains on drawings that a visitor has made. */
  #learnDrawings() {
    const { image_size: size = 28, num_classes = 0 } = this.#train?.info ?? {};
    const made = augment(this.#own.drawings, { size, num_classes });
    this.#learn({ ...made, height: size, width: size });
  }

  /** Begins with other data: the element's own if there is none. @param {Data | null} data */
  #learn(data) {
    this.stop();
    this.unload();
    this.#data = data;
    this.#own.inUse = data !== null;
    this.play();
  }

  async #download() {
    try {
      download(await this.save(), `hearth-gan-step-${this.step_index}.safetensors`);
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  /** Says what went wrong beside the job that is under way. @param {unknown} thrown */
  #complain(thrown) {
    const { code, message } = HearthError.from(thrown);
    this.say(this.words.failed(message), 'error');
    this.emit('error', { code, message });
  }

  #showControls() {
    const isBare = !this.hasAttribute('controls');
    this.#controls.isBare = isBare;
    for (const { element } of [this.#trials, this.#panel, this.#own]) element.hidden = isBare;
  }
}

const Served = define('hearth-training', HearthTraining);
export { Served as HearthTraining };
