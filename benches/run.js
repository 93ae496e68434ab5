// npm run bench: what Hearth takes, beside others with the same weights, in one Chromium.
// Machines differ and are noisy: quote ratios of one run.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { build, sizes } from '../scripts/build.js';
import { Failure, installPackages, script } from '../scripts/shell.js';
import { openBrowser } from './browser.js';
import { benchDiffusion } from './diffusion.js';
import { benchGan } from './gan.js';
import { benchGanLearning } from './gan-learning.js';
import { benchGanTraining } from './gan-training.js';
import { benchMap } from './map.js';
import { benchStorage } from './storage.js';
import { benchSdTurbo, benchTextToImage } from './text-to-image.js';
import { benchPerplexity, benchText } from './text.js';

const SECTIONS = {
  gan: benchGan,
  'gan-training': benchGanTraining,
  'gan-learning': benchGanLearning,
  map: benchMap,
  diffusion: benchDiffusion,
  'text-to-image': benchTextToImage,
  text: benchText,
  perplexity: benchPerplexity,
  storage: benchStorage,
  'sd-turbo': benchSdTurbo,
};
/** What takes long, and is measured only when it is named. */
const ON_REQUEST = ['gan-learning', 'sd-turbo'];
const CHOICES = {
  device: ['cpu', 'webgpu'],
  dtype: ['f32', 'f16', 'q8'],
  engine: ['hearth', 'onnxruntime', 'transformers', 'tensorflow'],
};

/** What the command line asks for: sections, and what to restrict them to. */
function readArguments() {
  const option = /** @type {const} */ ({ type: 'string' });
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ only: option, device: option, dtype: option, engine: option },
      ...{ model: option, tokenizer: option, 'no-build': { type: 'boolean' } },
    },
  });
  const choose = (/** @type {keyof typeof CHOICES} */ name) => {
    const value = values[name];
    if (value === undefined) return CHOICES[name];
    const chosen = value.split(',');
    const wrong = chosen.find((one) => !CHOICES[name].includes(one));
    if (wrong !== undefined)
      throw new Failure(`--${name} is ${wrong}; it must be ${CHOICES[name].join(', ')}`);
    return chosen;
  };
  const unknown = positionals.find((name) => !(name in SECTIONS));
  if (unknown)
    throw new Failure(`there is no benchmark ${unknown}; there is ${Object.keys(SECTIONS).join(', ')}`);
  return {
    ...values,
    sections: positionals.length
      ? positionals
      : Object.keys(SECTIONS).filter((name) => !ON_REQUEST.includes(name)),
    devices: /** @type {('cpu' | 'webgpu')[]} */ (choose('device')),
    dtypes: choose('dtype'),
    engines: choose('engine'),
  };
}

script(async () => {
  const { sections, 'no-build': noBuild, ...options } = readArguments();
  if (!noBuild) build();
  installPackages('benches');
  const cache = path.join(import.meta.dirname, 'cache');
  mkdirSync(cache, { recursive: true });
  const bench = await openBrowser();
  try {
    console.log(`${bench.version} on ${process.platform}\n`);
    for (const [name, section] of Object.entries(SECTIONS)) {
      if (sections.includes(name)) await section(bench, { ...options, cache });
    }
    const { wasm, brotli } = sizes();
    console.log(
      `The engine: ${(wasm / 1e6).toFixed(2)} MB of wasm, ${(brotli / 1e6).toFixed(2)} MB as brotli`,
    );
  } finally {
    await bench.close();
  }
});
