// npm start: installs what is missing, builds what has changed, serves the page and the documents to this computer alone.
//
//   HOST=0.0.0.0 npm start   to every computer that can reach this one
//   PORT=8001 npm start      on another port

import { networkInterfaces } from 'node:os';

import { build } from './build.js';
import { serve } from './serve.js';
import { Failure, root, script } from './shell.js';

/** Where others find a server that listens on every interface. */
const addresses = () =>
  Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => address),
  );

script(async () => {
  build();
  const { buildDocs } = await import('./docs/build.js'); // which needs a package
  buildDocs();
  const port = Number(process.env.PORT ?? 8000);
  const host = process.env.HOST ?? 'localhost';
  await serve(root, port, host).catch((error) => {
    if (error.code === 'EADDRINUSE')
      throw new Failure(`Port ${port} is taken. Try another: PORT=8001 npm start`);
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
      throw new Failure(`This computer has no address ${host}. HOST=0.0.0.0 listens on every one it has.`);
    }
    throw error;
  });
  const everywhere = ['0.0.0.0', '::'].includes(host);
  for (const name of everywhere ? ['localhost', ...addresses()] : [host]) {
    console.log(`Hearth is at http://${name.includes(':') ? `[${name}]` : name}:${port}`);
  }
});
