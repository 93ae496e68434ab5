// The room that says what runs where: the device, each model with its size, and what the browser keeps.

import { h } from '../elements/dom.js';
import { bytesOf } from '../elements/sizes.js';
import { bytes } from '../elements/units.js';
import { modelUrl } from '../hearth.js';
import { models, persist, remove } from '../offline.js';
import { spoken } from './language.js';
import { elements } from './rooms.js';

/** The models that ship, the small ones first, and the rooms that they work in. */
const SHIPPED = /** @type {const} */ ([
  ['vae-mnist/', ['map']],
  ['ddpm-mnist/', ['noise']],
  ['gan-mnist/', ['digits', 'training']],
  ['picturebook/', ['story', 'pictures']],
  ['gpt2-stories/', ['story', 'words']],
]);

/** @typedef {{ urls: string[], name: string, rooms: readonly (keyof ReturnType<typeof spoken>)[], total: number | null, size: number, complete: boolean }} Row */

/** What ships and what is kept besides, by the folders of models. @returns {Promise<Row[]>} */
async function rows() {
  const kept = await models().catch(() => []); // a browser may have no cache, or forbid it
  const shipped = await Promise.all(
    SHIPPED.map(async ([name, rooms]) => {
      const folder = new URL(modelUrl(name), document.baseURI).href;
      const own = kept.filter(({ url }) => url.startsWith(folder));
      return {
        urls: own.map(({ url }) => url),
        name: name.slice(0, -1),
        rooms,
        total: await bytesOf(folder),
        size: own.reduce((sum, { size }) => sum + size, 0),
        complete: own.every(({ complete }) => complete),
      };
    }),
  );
  const known = new Set(shipped.flatMap(({ urls }) => urls));
  const others = kept
    .filter(({ url }) => !known.has(url))
    .map(({ url, size, complete }) => {
      const name = url.replace(/^https?:\/\/|\/(resolve\/\w+\/)?$/g, '');
      return { urls: [url], name, rooms: [], total: size, size, complete };
    });
  return [...shipped, ...others];
}

/** Keeps this room's table as things are. */
export function keepHouse() {
  const [room, body, device, said, clear, keep] = [
    ...['house', 'kept', 'device', 'house-said', 'clear', 'persist'],
  ].map((id) => /** @type {HTMLButtonElement} */ (document.getElementById(id)));
  /** Where the last model that was loaded runs. @type {{ device: string, adapter: string | null, is_fallback_adapter: boolean } | null} */
  let runsOn = null;
  /** @type {Row[]} */
  let shown = [];
  let isNear = false;
  let turn = 0;

  /** Where models run, in words. */
  function where() {
    const { noDevice, onCpu, onGpu, onEmulatedGpu } = spoken();
    if (!runsOn) return noDevice;
    const place = runsOn.device === 'cpu' ? onCpu : runsOn.is_fallback_adapter ? onEmulatedGpu : onGpu;
    return runsOn.adapter ? `${place} (${runsOn.adapter})` : place;
  }

  /** @param {Row} row */
  function line({ urls, name, rooms, total, size, complete }) {
    const words = spoken();
    const uses = rooms.map((room) => words[room]).join(', ');
    const state = size === 0 ? words.notKept : `${bytes(size)}${complete ? '' : ` (${words.partly})`}`;
    const button = h('button', {
      type: 'button',
      textContent: words.remove,
      'aria-label': `${words.remove}: ${name}`,
      onclick: () => forget(urls, `${words.removed}: ${name}`),
    });
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name, ...(uses ? [h('small', { textContent: uses })] : [])),
      h('td', { textContent: total === null ? '' : bytes(total) }),
      h('td', {}, h('span', { textContent: state }), ...(size > 0 ? [button] : [])),
    );
  }

  function show() {
    device.textContent = where();
    body.replaceChildren(...shown.map(line));
    clear.disabled = shown.every(({ size }) => size === 0);
  }

  /** Nobody waits for this room: it is brought up to date when a visitor comes near, and while one is there. */
  async function refresh() {
    if (!isNear) return;
    const mine = ++turn;
    const now = await rows();
    if (mine !== turn) return;
    shown = now;
    show();
  }

  /** @param {readonly string[]} urls @param {string} message */
  async function forget(urls, message) {
    const removed = await Promise.allSettled(urls.map((url) => remove(url)));
    await refresh();
    said.textContent = removed.every(({ status }) => status === 'fulfilled') ? message : '';
    // The button that was pressed is gone.
    (body.querySelector('button') ?? keep).focus();
  }

  clear.addEventListener('click', () =>
    forget(
      shown.flatMap(({ urls }) => urls),
      spoken().cleared,
    ),
  );
  keep.addEventListener('click', async () => {
    said.textContent = (await persist()) ? spoken().persisted : spoken().notPersisted;
  });
  for (const element of elements()) {
    element.addEventListener('load', (event) => {
      runsOn = /** @type {CustomEvent} */ (event).detail;
      device.textContent = where();
      void refresh();
    });
    element.addEventListener('complete', () => void refresh());
  }
  document.getElementById('language')?.addEventListener('change', show);
  const watch = new IntersectionObserver(([{ isIntersecting }]) => {
    isNear = isIntersecting;
    void refresh();
  });
  watch.observe(room);
  show();
}
