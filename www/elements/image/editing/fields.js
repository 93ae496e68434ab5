// What the panels of all edits are made of.

import { h, label, styleSheet } from '../../dom.js';

export const fieldsSheet = styleSheet(`
  .panel { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: end; min-height: 9.5rem; align-content: start; }
  .panel > label { flex: 1 1 8rem; }
  .panel > .full-width { flex-basis: 100%; }
  .panel input[type='range'] { width: 100%; margin: 0; min-height: 2rem; }
  .panel :is(input[type='text'], select) { width: 100%; max-width: 9rem; }
  .panel p { flex: 1 1 100%; margin: 0; font-size: 0.9rem; color: var(--soft); }
`);

/** @param {...Node} parts */
export const panel = (...parts) => h('div', { className: 'panel' }, ...parts);

/** A slider. @param {number} min @param {number} max @param {number} step @param {number} value */
export const range = (min, max, step, value) => h('input', { type: 'range', min, max, step, value });

/** A field with its label, as wide as the panel. @param {HTMLElement} field */
export const fullWidth = (field) => Object.assign(label(field), { className: 'full-width' });
