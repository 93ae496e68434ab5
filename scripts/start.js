// npm start: installs what is missing, builds what has changed, serves the page.

import { build } from './build.js';
import { serve } from './serve.js';
import { Failure, root, script } from './shell.js';

script(async () => {
  build();
  const port = Number(process.env.PORT ?? 8000);
  await serve(root, port).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Failure(`Port ${port} is taken. Try another: PORT=8001 npm start`);
  });
  console.log(`Hearth is at http://localhost:${port}`);
});
