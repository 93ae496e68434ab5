// The look of the pop-up about a piece of a text, and the list in it.

import { h, styleSheet } from '../dom.js';

export const popupSheet = styleSheet(`
  .popup {
    position: absolute; z-index: 1; width: min(17rem, 100%); padding: 0.6rem; border: 1px solid var(--line);
    border-radius: 0.6rem; background: var(--paper); box-shadow: 0 0.4rem 1.2rem rgb(0 0 0 / 0.18);
    font: 0.9rem/1.4 system-ui, sans-serif; white-space: normal;
  }
  .popup p { margin: 0 0 0.4rem; color: var(--soft); overflow-wrap: anywhere; }
  .popup strong { color: var(--ink); }
  .lines { display: grid; gap: 2px; margin: 0; padding: 0; list-style: none; }
  .choice {
    display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.75rem; width: 100%; min-height: 1.9rem; padding: 0.15rem 0.5rem;
    border: 1px solid transparent; border-radius: 0.35rem; text-align: start; overflow-wrap: anywhere; white-space: pre-wrap;
    background: linear-gradient(to right, color-mix(in srgb, var(--ember) 22%, transparent) calc(var(--share) * 100%), transparent 0) border-box;
  }
  .choice[aria-current] { font-weight: 700; }
`);

/**
 * A line of a pop-up: a text, a share of the whole as a bar, and the share in words.
 * @typedef {{ text: string, share: number, note: string, chosen?: boolean, onPick?: () => void }} Line
 */

/** The lines of a pop-up. Those that can be picked are buttons. @param {Line[]} lines */
export function popupList(lines) {
  const items = lines.map(({ text, share, note, chosen = false, onPick }) => {
    const parts = [h('span', { textContent: text, dir: 'auto' }), h('span', { textContent: note })];
    const line = onPick
      ? h('button', { type: 'button', className: 'choice', onclick: onPick }, ...parts)
      : h('div', { className: 'choice' }, ...parts);
    line.style.setProperty('--share', String(share));
    if (chosen) line.setAttribute('aria-current', 'true');
    return h('li', {}, line);
  });
  return h('ul', { className: 'lines' }, ...items);
}
