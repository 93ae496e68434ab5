// A line of values: some put them in, one takes them out in their order.

/** @template T */
export class Channel {
  /** @type {T[]} */
  #values = [];
  #isClosed = false;
  #wake = () => {};

  /** @param {T} value */
  put(value) {
    this.#values.push(value);
    this.#wake();
  }

  /** Says that nothing more comes. */
  close() {
    this.#isClosed = true;
    this.#wake();
  }

  /** @returns {AsyncGenerator<T, void, void>} */
  async *[Symbol.asyncIterator]() {
    for (;;) {
      while (this.#values.length > 0) yield /** @type {T} */ (this.#values.shift());
      if (this.#isClosed) return;
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
  }
}
