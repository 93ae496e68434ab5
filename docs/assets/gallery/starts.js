// Each element as the page begins with it, and the attributes that are no options of a call.

/** @typedef {import('../gallery.js').Attribute} Attribute */

/** @param {string} name @param {Attribute['kind']} kind @param {string} about @returns {Attribute} */
const own = (name, kind, about) => ({ name, kind, about });

const CONTROLS = own('controls', ['true', 'false'], 'Shows everything that a visitor can do.');
const SEED = own('seed', 'number', 'The same seed makes the same again. Default: random.');
const MODEL = own('model', 'name', 'The URL of a folder, or its page on the Hugging Face Hub.');
const DEVICE = own('device', ['auto', 'webgpu', 'cpu'], 'Default: auto.');
const LANG = own('lang', ['en', 'zh'], 'Default: the language of the page.');
const DTYPE = own('dtype', ['auto', 'f32', 'f16', 'q8'], 'How weights are kept. Default: auto.');
const PROMPT = own('prompt', 'text', 'How the text begins.');
const MODE = own('mode', ['noise', 'picture', 'compare'], 'What it starts from. Default: noise.');
const DATA = own('data', 'name', 'A folder with an MNIST set.');

const EVERY = [MODEL, DEVICE, LANG];

/** @type {Record<string, { attributes: Record<string, string>, own: Attribute[] }>} */
export const STARTS = {
  'hearth-story': {
    attributes: { prompt: 'Once upon a time there was a little fox who lived in the forest. One morning' },
    own: [
      PROMPT,
      own('autoplay', ['true', 'false'], 'Tells the story as soon as a reader comes to it.'),
      own('illustrator', 'name', 'The URL of a folder for text-to-image.'),
      SEED,
      ...EVERY,
      DTYPE,
    ],
  },
  'hearth-digits': {
    attributes: { 'class-labels': '2 0 2 6', controls: '' },
    own: [CONTROLS, SEED, ...EVERY],
  },
  'hearth-image': {
    attributes: { 'class-labels': '7', 'num-inference-steps': '25', controls: '' },
    own: [CONTROLS, MODE, SEED, ...EVERY, DTYPE],
  },
  'hearth-text': {
    attributes: { controls: '', 'max-new-tokens': '80', 'do-sample': '', temperature: '0.8' },
    own: [CONTROLS, PROMPT, SEED, ...EVERY, DTYPE],
  },
  'hearth-map': {
    attributes: { data: 'https://YOUR-HOST/data/mnist' },
    own: [
      DATA,
      own('count', 'number', 'How many of its digits lie on the map. Default: 512.'),
      own('scale', ['quantile', 'linear'], 'The axes. Default: quantile.'),
      own('beta', ['0.25', '1', '4'], 'Which network is on show. Default: 1.'),
      own('latent-dim', ['2', '16'], 'How many latents it has. Default: 2.'),
      ...EVERY,
    ],
  },
  'hearth-training': {
    attributes: {
      controls: '',
      'learning-rate': '0.0004',
      betas: '0.5 0.999',
      'discriminator-steps': '2',
      'label-smoothing': '0.1',
      'mismatched-labels': '0.25',
    },
    own: [
      CONTROLS,
      own('autoplay', ['true', 'false'], 'Trains as soon as a reader comes to it.'),
      SEED,
      DEVICE,
      LANG,
    ],
  },
};
