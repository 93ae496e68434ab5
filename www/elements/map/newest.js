// Work of which only the newest matters: one call at a time, and of all that is asked for meanwhile the last one alone.

/** @template T */
export class Newest {
  #work;
  /** @type {{ value: T } | null} */
  #waiting = null;
  #busy = false;

  /** @param {(value: T) => Promise<unknown>} work which handles its own failures */
  constructor(work) {
    this.#work = work;
  }

  /** Has this worked on as soon as the call under way is over. @param {T} value */
  async ask(value) {
    this.#waiting = { value };
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#waiting) {
        const { value: next } = this.#waiting;
        this.#waiting = null;
        await this.#work(next);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Drops what waits. */
  clear() {
    this.#waiting = null;
  }
}
