// Numbers as a reader sees them.

/** A latent, with two decimals and a proper minus. @param {number} latent */
export const written = (latent) =>
  latent
    .toFixed(2)
    .replace(/^-(?!0\.00$)/, '−')
    .replace(/^-/, '');

/** @param {number} share 0 to 1 */
export const percent = (share) => Math.round(share * 100);
