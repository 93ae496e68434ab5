// The parts of <hearth-map>, and where each stands.

import { h, styleSheet } from '../dom.js';
import { boardSheet } from '../sketch/board.js';
import { penSheet } from '../sketch/pen.js';
import { Legend, legendSheet } from './colours.js';
import { Magnifier, magnifierSheet } from './magnifier.js';
import { PathPanel, pathSheet } from './path-panel.js';
import { Plane, planeSheet } from './plane.js';
import { Reconstructions, reconstructionsSheet } from './reconstructions.js';
import { SketchPanel, sketchSheet } from './sketch.js';
import { WeightsPanel, weightsSheet } from './weights-panel.js';

/**
 * @typedef {object} Calls
 * @property {() => void} onView
 * @property {() => void} onCursor
 * @property {() => void} onPick
 * @property {() => void} onDots
 * @property {() => void} onDraw
 * @property {(index: number) => void} onStep
 * @property {() => void} onForget
 * @property {(beta: number) => void} onBeta
 * @property {(dim: number) => void} onDim
 */

const sheet = styleSheet(`
  .map { container-type: inline-size; }
  .parts { display: grid; gap: 1rem 1.5rem; grid-template-columns: minmax(0, 1fr); }
  @container (min-width: 42rem) {
    .parts { grid-template: 'plane look' auto 'plane weights' 1fr 'panels panels' auto / minmax(0, 34rem) minmax(14rem, 1fr); }
    .parts .look { grid-template-columns: minmax(0, 1fr); align-items: start; }
    .parts .look .digit { max-width: 13rem; }
  }
  .look { grid-area: look; }
  .main { grid-area: plane; min-width: 0; }
  .weights { grid-area: weights; }
  .panels { grid-area: panels; display: grid; gap: 1rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
  @container (max-width: 41.99rem) { :is(.look, .main, .weights, .panels) { grid-area: auto; } }
  .panels > section { border-top: 1px solid var(--line); padding-top: 1rem; min-width: 0; }
  section h3 { margin: 0; font-size: 1.05rem; }
  figure { margin: 0; min-width: 0; }
  figcaption { margin-top: 0.25rem; font-size: 0.8rem; line-height: 1.3; color: var(--soft); text-align: center; overflow-wrap: anywhere; }
  canvas { display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: 0.3rem; }
  .plane canvas { image-rendering: auto; border-radius: 0; }
  canvas.ink { background: #000; }
  .tools { display: flex; flex-wrap: wrap; gap: 0.4rem; align-items: center; margin: 0.6rem 0 0.4rem; }
  .tools button { min-width: 2.5rem; }
  label.switch { display: inline-flex; align-items: center; gap: 0.5rem; min-height: 2.5rem; font-size: 0.95rem; color: var(--ink); cursor: pointer; }
  label.switch input { width: 1.15rem; height: 1.15rem; accent-color: var(--ember); margin: 0; flex: none; }
  .main .hint { margin: 0.4rem 0; font-size: 0.85rem; }
  .no-plane :is(.tools, .legend, .main .hint) { display: none; }
  /* On a wide screen what stands below stays where it is. */
  .no-plane .look { visibility: hidden; }
  @container (max-width: 41.99rem) { .no-plane .look { display: none; } }
`);

export const layoutSheets = [
  sheet,
  boardSheet,
  penSheet,
  planeSheet,
  magnifierSheet,
  legendSheet,
  sketchSheet,
  pathSheet,
  weightsSheet,
  reconstructionsSheet,
];

export class Layout {
  #words;
  #in = h('button', { type: 'button', textContent: '+', onclick: () => this.plane.zoom('in') });
  #out = h('button', { type: 'button', textContent: '−', onclick: () => this.plane.zoom('out') });
  #home = h('button', { type: 'button', onclick: () => this.plane.home() });
  #dots = h('input', { type: 'checkbox', checked: true });
  #dotsText = h('span');
  #dotsSwitch = h('label', { className: 'switch' }, this.#dots, this.#dotsText);
  #hint = h('p', { className: 'hint', id: 'plane-hint' });
  #parts;

  plane;
  magnifier;
  legend;
  sketch;
  path;
  weights;
  reconstructions;
  element;

  /** @param {() => import('../words.js').Words} words @param {HTMLElement} status @param {Calls} calls */
  constructor(words, status, calls) {
    const { onView, onCursor, onPick, onDots, onDraw, onStep, onForget, onBeta, onDim } = calls;
    this.#words = words;
    this.plane = new Plane({ onView, onCursor, onPick });
    this.magnifier = new Magnifier(words);
    this.legend = new Legend(onDots);
    this.sketch = new SketchPanel(words, onDraw);
    this.path = new PathPanel(words, { onStep, onForget });
    this.weights = new WeightsPanel(words, { onBeta, onDim });
    this.reconstructions = new Reconstructions(words);
    this.#dots.addEventListener('change', onDots);
    const tools = h('div', { className: 'tools' }, this.#in, this.#out, this.#home, this.#dotsSwitch);
    this.#parts = h(
      'div',
      { className: 'parts' },
      this.magnifier.element,
      h(
        'div',
        { className: 'main' },
        this.plane.element,
        this.reconstructions.element,
        tools,
        this.legend.element,
        this.#hint,
        status,
      ),
      this.weights.element,
      h('div', { className: 'panels' }, this.sketch.element, this.path.element),
    );
    this.element = h('div', { className: 'map' }, this.#parts);
  }

  /** Whether the data set's digits are to be shown. */
  get showsDots() {
    return this.#dots.checked && !this.#dotsSwitch.hidden;
  }

  /** Whether there is a data set. @param {boolean} hasData */
  set hasData(hasData) {
    this.#dotsSwitch.hidden = this.legend.element.hidden = !hasData;
  }

  /** Whether there is a plane to be shown. @param {boolean} hasPlane */
  set hasPlane(hasPlane) {
    this.#parts.classList.toggle('no-plane', !hasPlane);
    this.plane.element.hidden = this.path.element.hidden = !hasPlane;
    this.reconstructions.element.hidden = hasPlane;
  }

  localize() {
    const words = this.#words();
    const { map } = words;
    this.plane.element.setAttribute('aria-label', map.plane);
    for (const [button, name] of /** @type {const} */ ([
      [this.#in, map.zoomIn],
      [this.#out, map.zoomOut],
    ])) {
      button.setAttribute('aria-label', name);
      button.title = name;
    }
    this.#home.textContent = map.home;
    this.#dotsText.textContent = map.dots;
    this.#hint.textContent = map.hint;
    this.legend.localize(words);
    for (const part of [this.magnifier, this.sketch, this.path, this.weights, this.reconstructions])
      part.localize();
  }
}
