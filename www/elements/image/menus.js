// Menus whose entries depend on the model.

import { h } from '../dom.js';

/** @typedef {[value: string, text: string]} Entry */

/** Offers these entries, and keeps what is chosen. @param {HTMLSelectElement} field @param {Entry[]} entries */
export function offer(field, entries) {
  const { value } = field;
  field.replaceChildren(
    ...entries.map(([value, textContent]) => h('option', { value, textContent, dir: 'auto' })),
  );
  choose(field, value);
}

/** Chooses a value, even one that was not offered: refusing it is up to the model. @param {HTMLSelectElement} field @param {string} value */
export function choose(field, value) {
  if (![...field.options].some((option) => option.value === value)) {
    field.append(h('option', { value, textContent: value }));
  }
  field.value = value;
}

/** A scheduler's name without what they all have in common. @param {string} name */
export const schedulerTitle = (name) =>
  name
    .replace(/(Discrete|Multistep)?Scheduler$/, '')
    .replace('Ancestral', ' ancestral')
    .replace('DPMSolver', 'DPM-Solver');

/** @param {HTMLSelectElement} field @param {readonly string[]} names @param {Entry[]} [before] */
export function offerSchedulers(field, names, before = []) {
  offer(field, [...before, ...names.map((name) => /** @type {Entry} */ ([name, schedulerTitle(name)]))]);
}
