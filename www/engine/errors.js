// The errors that reach a page: an Error with a stable `code`.

/** Every code there is, with what it means. The documents' table is made from this list. */
export const CODES = Object.freeze({
  'device-unavailable': 'the asked-for device cannot be used here',
  'device-lost': 'the GPU device disappeared; the next call starts a new one',
  'engine-unavailable': 'the worker or the wasm file could not be started',
  network: 'a file could not be fetched',
  'weights-truncated': 'a weight file ended too early',
  'weights-invalid': 'a weight file is damaged, or is something else',
  'weights-mismatch': 'a sound weight file that does not fit its config.json',
  'data-invalid': 'pictures to train on are damaged, are something else, or do not fit the model',
  'training-diverged': 'a loss is no longer a number; the weights are those of the last good step',
  'unsupported-model': 'the model asks for something Hearth does not do',
  'invalid-option': 'an option is unknown, out of range, or contradicts another',
  aborted: 'the caller stopped it',
  disposed: 'the pipeline was disposed of',
  'prompt-too-long': 'the prompt leaves no room in the model’s context',
  internal: 'a bug in Hearth; the next call starts a new engine',
});

/** @typedef {keyof typeof CODES} Code */

/** An error with a stable `code`. */
export class HearthError extends Error {
  /**
   * @param {Code} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = code === 'aborted' ? 'AbortError' : 'HearthError';
    /** @type {Code} */
    this.code = code;
  }

  /**
   * Anything thrown, as a HearthError.
   * @param {unknown} thrown
   * @returns {HearthError}
   */
  static from(thrown) {
    if (thrown instanceof HearthError) return thrown;
    const { code, message, name } = /** @type {{ code?: unknown, message?: unknown, name?: unknown }} */ (
      thrown && typeof thrown === 'object' ? thrown : { message: String(thrown) }
    );
    if (typeof code === 'string' && code in CODES) {
      return new HearthError(/** @type {Code} */ (code), String(message));
    }
    if (name === 'AbortError') return aborted();
    return new HearthError('internal', String(message));
  }
}

/** @returns {HearthError} */
export function aborted() {
  return new HearthError('aborted', 'stopped by the caller');
}
