// The networks of a folder: weights of the KL divergence and numbers of latents, each in a folder of its own.

/**
 * Which network is asked for.
 * @typedef {{ latent_dim: number, beta: number }} Choice
 */

/** The networks of the folder that ships, in which the folder itself is one of them. */
const SHIPPED = { betas: [0.25, 1, 4], dims: [2, 16] };

/** The address of a folder, with a slash at its end. @param {string | URL} model @param {string} base */
function folderOf(model, base) {
  const url = new URL(model, base);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** The numbers in a list. @param {string | null} text @returns {number[] | null} null if there is no list */
function numbersIn(text) {
  if (text === null) return null;
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(Number)
    .filter((number) => Number.isFinite(number) && number >= 0);
}

/**
 * What can be chosen. A list in an attribute decides; without one, a folder that is called as the one that ships has its
 * networks, and any other has only itself.
 * @param {object} how
 * @param {string | URL} how.model
 * @param {string} how.base what the address is relative to
 * @param {string | null} how.betas
 * @param {string | null} how.dims
 * @returns {{ betas: number[], dims: number[] }}
 */
export function networksOf({ model, base, betas, dims }) {
  let isShipped = false;
  try {
    isShipped = folderOf(model, base).pathname.endsWith('/vae-mnist/');
  } catch {
    // It is refused when it is loaded.
  }
  const own = isShipped ? SHIPPED : { betas: [], dims: [] };
  const ascending = (/** @type {number[]} */ numbers) => [...new Set(numbers)].sort((a, b) => a - b);
  return {
    betas: ascending(numbersIn(betas) ?? own.betas),
    dims: ascending(numbersIn(dims) ?? own.dims),
  };
}

/**
 * The folder of a network.
 * @param {string | URL} model the folder that the element has
 * @param {string} base what its address is relative to
 * @param {Choice} own what is in that folder
 * @param {Choice} choice
 */
export function folderFor(model, base, own, { latent_dim, beta }) {
  if (latent_dim === own.latent_dim && beta === own.beta) return String(model);
  const folder = folderOf(model, base);
  return new URL(`latent-${latent_dim}-beta-${beta}/${folder.search}`, folder).href;
}
