// Who may import whom, as tests hold it and ARCHITECTURE.md shows it.

/**
 * The layers of www, and those that the files of each may import besides each other. A file is in the first that its path
 * begins with.
 * @type {Record<string, string[]>}
 */
export const LAYERS = {
  'www/page/': ['www/elements/', 'www/hearth.js', 'www/offline.js'],
  'www/elements/': ['www/hearth.js', 'www/offline.js'],
  'www/hearth.js': ['www/tasks/', 'www/engine/page/', 'www/engine/'],
  'www/offline.js': ['www/engine/'],
  'www/tasks/': ['www/engine/page/', 'www/engine/'],
  'www/engine/page/': ['www/engine/'],
  'www/engine/worker/': ['www/engine/', 'www/pkg/'],
  'www/engine/': [], // what both ends speak
  'www/pkg/': [], // the wasm and its glue, which are built
};

/** The modules of src that anybody may import, and that import only each other. */
export const BASE = ['batch', 'config', 'error', 'options', 'picture', 'readback', 'rng', 'warnings'];

/** What networks are made of. */
const NETWORK = ['nn', 'weights', 'kernels'];

/**
 * Every other module of src but `web`, and those that it may import. Some are to come.
 * @type {Record<string, string[]>}
 */
export const MODULES = {
  kernels: [],
  weights: ['kernels'],
  nn: ['weights', 'kernels'],
  tokenizer: [],
  schedulers: [], // which know no network
  gan: NETWORK,
  vae: NETWORK,
  clip: [...NETWORK, 'tokenizer'],
  gpt2: [...NETWORK, 'tokenizer'],
  diffusion: [...NETWORK, 'schedulers', 'vae', 'clip'],
  story: [], // which knows no network either
};
