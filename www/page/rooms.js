// The rooms of the page: what is in each, and which of them a visitor is in.

/** The element that a room is for. @param {string} room */
export function elementOf(room) {
  const all = [...document.querySelectorAll(`#${room} *`)];
  return /** @type {HTMLElement} */ (all.find(({ localName }) => localName.startsWith('hearth-')));
}

/** Every element of the page. */
export const elements = () =>
  /** @type {HTMLElement[]} */ (
    [...document.querySelectorAll('main *')].filter(({ localName }) => localName.startsWith('hearth-'))
  );

/** Marks the room in view among the links at the top. */
export function followRooms() {
  const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll('#rooms a')]);
  const watch = new IntersectionObserver(
    (entries) => {
      const here = entries.find(({ isIntersecting }) => isIntersecting)?.target.id;
      if (!here) return;
      for (const link of links) {
        if (link.hash !== `#${here}`) link.removeAttribute('aria-current');
        else link.setAttribute('aria-current', 'true');
      }
    },
    { rootMargin: '-30% 0px -70%' }, // the room under a line near the top
  );
  for (const { hash } of links) {
    const room = document.querySelector(hash);
    if (room) watch.observe(room);
  }
}
