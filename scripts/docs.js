// npm run docs: builds the documents and serves them to this computer alone, with what their examples need.
//
//   npm run docs -- --build   builds them and ends; docs/ is then ready to be published beside www/, models/ and data/
//   PORT=8001 npm run docs    on another port

import { existsSync } from 'node:fs';
import path from 'node:path';

import { serve } from './serve.js';
import { installPackages, root, script } from './shell.js';

script(async () => {
  installPackages();
  const { buildDocs } = await import('./docs/build.js'); // which needs a package
  buildDocs();
  if (process.argv.includes('--build')) return;
  if (!existsSync(path.join(root, 'www', 'pkg', 'hearth_bg.wasm')))
    console.log('The examples on the pages need the engine, which is not built yet: npm run build');
  const port = Number(process.env.PORT ?? 8000);
  await serve(root, port, process.env.HOST ?? 'localhost');
  console.log(`The documents are at http://localhost:${port}/docs/`);
});
