// When to draw again, and how quick the steps are.

/** No eye follows more plots and pictures than come at this distance, and the page has other things to do. */
const DRAW_MS = 150;
/** Where somebody wants less motion, pictures that change are that. */
const CALM_MS = 1500;
/** A rate is that of about so much time. */
const RATE_MS = 2000;

/** Draws once for all that has happened in a while; in a tab that is not seen, not at all. */
export class Redraw {
  #draw;
  #isDue = false;
  #last = -Infinity;

  /** @param {() => void} draw */
  constructor(draw) {
    this.#draw = draw;
  }

  request() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame((now) => this.#frame(now));
  }

  /** @param {number} now */
  #frame(now) {
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const wait = this.#last + (isCalm ? CALM_MS : DRAW_MS) - now;
    if (wait > 0) {
      setTimeout(() => requestAnimationFrame((now) => this.#frame(now)), wait);
      return;
    }
    this.#isDue = false;
    this.#last = now;
    this.#draw();
  }
}

/** Counts steps a second. */
export class Rate {
  #since = 0;
  #steps = 0;
  /** @type {number | null} */
  #rate = null;

  begin() {
    this.#since = performance.now();
    this.#steps = 0;
    this.#rate = null;
  }

  count() {
    this.#steps += 1;
    const ms = performance.now() - this.#since;
    if (this.#rate !== null && ms < RATE_MS) return;
    if (ms < RATE_MS / 4) return;
    const rate = (this.#steps / ms) * 1000;
    this.begin();
    this.#rate = rate;
  }

  /** In words, or null while it is not known. */
  get text() {
    return this.#rate === null ? null : this.#rate.toFixed(this.#rate < 9.95 ? 1 : 0);
  }
}
