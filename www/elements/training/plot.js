// Small plots: curves over the steps of a training, and histograms of verdicts. Drawn as SVG, in the colours of the element.

import { h, styleSheet } from '../dom.js';

const SVG = 'http://www.w3.org/2000/svg';
/** The units of a plot; it is stretched to where it stands. */
const [WIDTH, HEIGHT] = [300, 100];
const BINS = 24;

export const plotSheet = styleSheet(`
  .plot { margin: 0; min-width: 0; }
  .plot figcaption { display: flex; flex-wrap: wrap; gap: 0 0.9rem; font-size: 0.85rem; color: var(--soft); }
  .plot figcaption b { color: var(--ink); flex-basis: 100%; }
  .plot .key::before { content: ''; display: inline-block; width: 1.1rem; margin-inline-end: 0.35rem; vertical-align: 0.25em; border-top: 2px solid var(--real); }
  .plot .key.fake::before { border-top: 2px dashed var(--ember); }
  .plot .key.past::before { border-top: 1px solid var(--soft); opacity: 0.6; }
  .plot .area { position: relative; margin-top: 0.35rem; padding-bottom: 1.2rem; }
  .plot svg { display: block; width: 100%; height: 7.5rem; border: 1px solid var(--line); border-radius: 0.4rem; background: var(--paper); overflow: hidden; }
  .plot path { fill: none; stroke-width: 1.6; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
  .plot path.real { stroke: var(--real); }
  .plot path.fake { stroke: var(--ember); stroke-dasharray: 5 2; }
  .plot path.before { stroke-dasharray: none; stroke-width: 1; opacity: 0.4; }
  .plot path.bars { stroke: none; fill: var(--real); }
  .plot path.bars.fake { fill: var(--ember); }
  .plot path.middle { stroke: var(--line); stroke-width: 1; }
  .plot .tick { position: absolute; font-size: 0.72rem; line-height: 1; color: var(--soft); background: var(--paper); padding: 1px 2px; }
  .plot .tick.top { top: 0.3rem; inset-inline-start: 0.3rem; }
  .plot .tick.bottom { bottom: 1.55rem; inset-inline-start: 0.3rem; }
  .plot .tick.start, .plot .tick.end { bottom: 0; background: none; }
  .plot .tick.start { inset-inline-start: 0; }
  .plot .tick.end { inset-inline-end: 0; }
`);

/** @param {string} name @param {string} className */
function path(name, className) {
  const element = document.createElementNS(SVG, name);
  element.setAttribute('class', className);
  return element;
}

/** What all plots have: a title, a key, an area with its ends written on it. */
class Frame {
  #title = h('b');
  #keys = ['key', 'key fake', 'key past'].map((className) => h('span', { className }));
  #ticks = ['top', 'bottom', 'start', 'end'].map((name) => h('span', { className: `tick ${name}` }));
  #svg = document.createElementNS(SVG, 'svg');
  element;

  /** @param {SVGElement[]} paths */
  constructor(paths) {
    this.hasPast = false;
    this.#svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this.#svg.setAttribute('preserveAspectRatio', 'none');
    this.#svg.setAttribute('role', 'img');
    this.#svg.append(...paths);
    const area = h('div', { className: 'area' }, this.#svg, ...this.#ticks);
    this.element = h('figure', { className: 'plot' }, h('figcaption', {}, this.#title, ...this.#keys), area);
  }

  /** @param {string} title @param {readonly string[]} keys */
  localize(title, keys) {
    this.#title.textContent = title;
    this.#svg.setAttribute('aria-label', title);
    this.#keys.forEach((key, index) => (key.textContent = keys[index]));
  }

  /** Whether paler curves are explained. @param {boolean} hasPast */
  set hasPast(hasPast) {
    this.#keys[2].hidden = !hasPast;
  }

  /** What stands at the area's ends. @param {readonly string[]} texts top, bottom, start, end */
  mark(texts) {
    this.#ticks.forEach((tick, index) => {
      tick.textContent = texts[index];
      tick.hidden = texts[index] === '';
    });
  }
}

/** Two curves, and those of the training before in a paler tone. */
export class Curves extends Frame {
  #columns;
  #paths;

  /** @param {readonly [number, number]} columns which of a curve's numbers */
  constructor(columns) {
    const classes = ['before real', 'before fake', 'real', 'fake'];
    const paths = classes.map((name) => path('path', name));
    super(paths);
    this.#columns = columns;
    this.#paths = paths;
  }

  /**
   * @param {import('./curve.js').Curve} now
   * @param {import('./curve.js').Curve | null} before
   * @param {readonly [least: number, most: number] | null} range null for that of the numbers
   */
  draw(now, before, range) {
    const curves = [before?.points ?? [], now.points];
    this.hasPast = before !== null;
    const all = curves.flat();
    const numbers = all.flatMap(({ values }) => this.#columns.map((column) => values[column]));
    const [least, highest] = range ?? rangeOf(numbers);
    const most = range ? highest : highest + (highest - least) / 8; // room for what is written there
    const last = Math.max(...all.map(({ step_index }) => step_index), 1);
    const x = (/** @type {number} */ step_index) => (step_index / last) * WIDTH;
    const y = (/** @type {number} */ value) => HEIGHT - ((value - least) / (most - least)) * HEIGHT;
    this.#paths.forEach((element, index) => {
      const column = this.#columns[index % 2];
      const points = curves[index < 2 ? 0 : 1].map(
        ({ step_index, values }) => `${x(step_index).toFixed(1)} ${y(values[column]).toFixed(1)}`,
      );
      element.setAttribute('d', points.length > 1 ? `M${points.join('L')}` : '');
    });
    this.mark(numbers.length > 0 ? [short(most), short(least), '0', String(last)] : ['', '', '', '']);
  }
}

/** How a batch was judged: the real pictures above the middle, the fake ones below. */
export class Histograms extends Frame {
  #paths;

  constructor() {
    const paths = ['bars', 'bars fake'].map((name) => path('path', name));
    const middle = path('path', 'middle');
    middle.setAttribute('d', `M0 ${HEIGHT / 2}H${WIDTH}`);
    super([...paths, middle]);
    this.#paths = paths;
  }

  /**
   * @param {{ real: ArrayLike<number>, fake: ArrayLike<number> } | null} verdicts
   * @param {readonly [least: number, most: number] | null} range
   */
  draw(verdicts, range) {
    const sides = verdicts ? [Array.from(verdicts.real), Array.from(verdicts.fake)] : [[], []];
    const [least, most] = range ?? rangeOf(sides.flat());
    const counts = sides.map((values) => binsOf(values, least, most));
    const highest = Math.max(...counts.flat(), 1);
    this.#paths.forEach((element, side) => {
      const bars = counts[side].map((count, bin) => {
        const tall = ((count / highest) * HEIGHT) / 2.1;
        const left = (bin * WIDTH) / BINS + 1;
        return count > 0
          ? `M${left} ${HEIGHT / 2}v${side === 0 ? -tall : tall}h${WIDTH / BINS - 2}V${HEIGHT / 2}z`
          : '';
      });
      element.setAttribute('d', bars.join(''));
    });
    this.mark(verdicts ? ['', '', short(least), short(most)] : ['', '', '', '']);
  }
}

/** How many values there are in each of some equal parts of a range. @param {number[]} values @param {number} least @param {number} most */
export function binsOf(values, least, most) {
  const bins = new Array(BINS).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - least) / (most - least)) * BINS);
    bins[Math.min(BINS - 1, Math.max(0, bin))] += 1;
  }
  return bins;
}

/** From the least to the most of some numbers, 0 included. @param {number[]} numbers @returns {[number, number]} */
export function rangeOf(numbers) {
  const finite = numbers.filter(Number.isFinite);
  const [least, most] = [Math.min(...finite, 0), Math.max(...finite, 0)];
  return most > least ? [least, most] : [0, 1];
}

/** @param {number} number */
function short(number) {
  return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(2)));
}
