// Writes models/manifest.json: the size and SHA-256 of each weight file that ships, which the engine checks.
// Run it after a model has changed; a test compares it with the files.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './shell.js';

const models = path.join(root, 'models');

/** The manifest as it should be. */
export function manifest() {
  /** @type {Record<string, { size: number, sha256: string }>} */
  const files = {};
  for (const file of readdirSync(models, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.safetensors')) continue;
    const bytes = readFileSync(path.join(models, file));
    const name = file.split(path.sep).join('/');
    files[name] = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  return `${JSON.stringify({ files }, null, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(path.join(models, 'manifest.json'), manifest());
