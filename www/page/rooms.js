// The rooms of the page: what is in each, and which of them a visitor is in.

/** The elements of the page, or of a part of it. @param {string} [part] a selector */
export const elements = (part = 'main') =>
  /** @type {HTMLElement[]} */ (
    [...document.querySelectorAll(`${part} *`)].filter(({ localName }) => localName.startsWith('hearth-'))
  );

/** The element that a room is for. @param {string} room */
export const elementOf = (room) => elements(`#${room}`)[0];

/** Marks among the links at the top the room that a visitor has followed a link to, or else the one in view. */
export function followRooms() {
  const nav = /** @type {HTMLElement} */ (document.getElementById('rooms'));
  const links = [...nav.querySelectorAll('a')];
  const last = /** @type {HTMLElement} */ (document.querySelector('footer'));
  let here = '';
  let isAtEnd = false;
  /** What a link led to, until the visitor scrolls: the last rooms are too short to come to the top. */
  let asked = location.hash;

  function mark() {
    const isKnown = links.some(({ hash }) => hash === asked);
    const room = isKnown ? asked : isAtEnd ? links.at(-1)?.hash : here;
    for (const link of links) {
      const isHere = link.hash === room;
      if (isHere === link.hasAttribute('aria-current')) continue;
      if (isHere) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
      if (isHere) nav.scrollLeft = link.offsetLeft - (nav.clientWidth - link.offsetWidth) / 2; // on a phone it may be out of sight
    }
  }

  const rooms = new IntersectionObserver(
    (entries) => {
      const room = entries.find(({ isIntersecting }) => isIntersecting)?.target;
      if (room) here = `#${room.id}`;
      mark();
    },
    { rootMargin: '-30% 0px -70%' }, // the room under a line near the top
  );
  const end = new IntersectionObserver(([{ isIntersecting }]) => {
    isAtEnd = isIntersecting;
    mark();
  });
  for (const { hash } of links) {
    const room = document.querySelector(hash);
    if (room) rooms.observe(room);
  }
  end.observe(last);
  document.addEventListener('click', ({ target }) => {
    const link = target instanceof Element && target.closest('a');
    if (!link || !link.hash) return;
    asked = link.hash;
    mark();
  });
  for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    addEventListener(
      type,
      ({ target }) => {
        // What happens among the links themselves must not move them under a finger.
        if (target instanceof Node && nav.contains(target)) return;
        asked = '';
        mark();
      },
      { passive: true },
    );
  }
}
