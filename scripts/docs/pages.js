// The pages of the documents, in the order in which they are listed.

/**
 * @typedef {object} Page
 * @property {string} source from the repository's root
 * @property {string} name of the file that is built, without its ending
 * @property {string} title in the list of pages
 *
 * @typedef {{ title: string, pages: Page[] }} Group
 */

/** A page in `docs/`. @param {string} name @param {string} title @returns {Page} */
const doc = (name, title) => ({ source: `docs/${name}.md`, name, title });

/** @type {Group[]} */
export const GROUPS = [
  {
    title: 'Begin',
    pages: [doc('index', 'Start'), doc('gallery', 'Make an embed'), doc('models', 'Models that load')],
  },
  {
    title: 'Elements',
    pages: [
      doc('elements', 'All elements'),
      doc('hearth-story', '<hearth-story>'),
      doc('hearth-digits', '<hearth-digits>'),
      doc('hearth-image', '<hearth-image>'),
      doc('hearth-text', '<hearth-text>'),
      doc('hearth-map', '<hearth-map>'),
      doc('hearth-training', '<hearth-training>'),
      doc('themes', 'Themes'),
    ],
  },
  {
    title: 'JavaScript',
    pages: [
      doc('api', 'Loading a model'),
      doc('api-text', 'Text'),
      doc('api-digits', 'Digits and a map of them'),
      doc('api-diffusion', 'Pictures by diffusion'),
      doc('api-prompts', 'Pictures from a prompt'),
      doc('api-pictures', 'Pictures from a picture'),
      doc('api-stories', 'Illustrated stories'),
      doc('api-training', 'Training a GAN'),
      doc('errors', 'Errors'),
      doc('types', 'All types'),
    ],
  },
  {
    title: 'In practice',
    pages: [
      doc('hosting', 'Hosting and CSP'),
      doc('performance', 'Performance'),
      doc('training', 'Training your own'),
    ],
  },
  {
    title: 'Inside',
    pages: [
      doc('how-it-works', 'How it works'),
      { source: 'ARCHITECTURE.md', name: 'architecture', title: 'Architecture' },
      doc('weights', 'Weights'),
      doc('engine', 'The engine'),
      doc('kernels', 'Kernels'),
      { source: 'CONTRIBUTING.md', name: 'contributing', title: 'Contributing' },
      { source: 'CHANGELOG.md', name: 'changelog', title: 'Changes' },
    ],
  },
  {
    title: 'Figures',
    pages: [
      { source: 'benches/README.md', name: 'measured', title: 'What has been measured' },
      { source: 'training/README.md', name: 'recipes', title: 'Recipes' },
      { source: 'models/gan-mnist/README.md', name: 'model-gan-mnist', title: 'gan-mnist' },
      { source: 'models/vae-mnist/README.md', name: 'model-vae-mnist', title: 'vae-mnist' },
      { source: 'models/ddpm-mnist/README.md', name: 'model-ddpm-mnist', title: 'ddpm-mnist' },
      { source: 'models/gpt2-stories/README.md', name: 'model-gpt2-stories', title: 'gpt2-stories' },
      { source: 'models/picturebook/README.md', name: 'model-picturebook', title: 'picturebook' },
    ],
  },
];

export const PAGES = GROUPS.flatMap(({ pages }) => pages);
