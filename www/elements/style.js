// What all elements look like.

import { styleSheet } from './dom.js';

export const baseSheet = styleSheet(`
  :host {
    display: block;
    color-scheme: light dark;
    --ink: light-dark(#26211c, #f2ece4);
    --soft: light-dark(#6a6158, #b5aba0);
    --paper: light-dark(#fffdf9, #1d1a17);
    --line: light-dark(#d9cfc3, #453e37);
    --ember: light-dark(#b3430f, #ff9b61);
    --on-ember: light-dark(#ffffff, #2a1206);
    color: var(--ink);
    font: inherit;
    line-height: 1.5;
  }
  /* A page that is light or dark whatever its visitor prefers. */
  :host([data-scheme='light']) { color-scheme: light; }
  :host([data-scheme='dark']) { color-scheme: dark; }
  /* All languages that there are words in are left to right. What a page puts into a slot keeps the page's direction. */
  :host > * { direction: ltr; }
  slot:dir(rtl) { direction: rtl; }
  :host([hidden]), [hidden] { display: none !important; }
  *, ::before, ::after { box-sizing: border-box; }
  button, input, select, textarea { font: inherit; color: inherit; }
  button {
    min-height: 2.5rem; padding: 0.35rem 0.9rem; border: 1px solid var(--line); border-radius: 0.6rem;
    background: var(--paper); cursor: pointer;
  }
  button:hover:not(:disabled) { border-color: var(--ember); }
  button:disabled { opacity: 0.55; cursor: default; }
  button.main { background: var(--ember); border-color: var(--ember); color: var(--on-ember); }
  input[type='text'], select, textarea {
    min-height: 2.5rem; padding: 0.35rem 0.6rem; border: 1px solid var(--line); border-radius: 0.6rem;
    background: var(--paper); min-width: 0;
  }
  form { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; margin: 0; min-width: 0; }
  label { display: grid; font-size: 0.85rem; color: var(--soft); min-width: 0; }
  label :is(input, select, textarea) { color: var(--ink); font-size: 1rem; }
  .hint { color: var(--soft); font-size: 0.9rem; margin: 0.5rem 0 0; }
  input[type='range'] { accent-color: var(--ember); }
  :focus-visible { outline: 2px solid var(--ember); outline-offset: 2px; }
  /* Pictures that are light on black, shown as ink on paper where the paper is light. */
  @media (prefers-color-scheme: light) { .ink { filter: invert(1); } }
  :host([data-scheme='light']) .ink { filter: invert(1); }
  :host([data-scheme='dark']) .ink { filter: none; }
`);
