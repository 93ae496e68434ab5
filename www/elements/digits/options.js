// The options of digits that a page can ask for.

/** @satisfies {import('../attributes.js').ValueKinds} */
export const OPTIONS = /** @type {const} */ ({
  batch_size: 'number',
  class_labels: 'labels',
  truncation: 'number',
});
