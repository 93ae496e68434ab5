// What an editor must know of a page's own code. A line that must not compile says so.

import { configure, modelUrl, pipeline, HearthError } from 'hearth-web';
import type { GeneratedImage, WriteEvent } from 'hearth-web/types';
import { HearthDigits } from 'hearth-web/elements/hearth-digits.js';
import 'hearth-web/elements';
import { models, persist, remove } from 'hearth-web/offline';

configure({ modelsUrl: new URL('/models/', location.href), cache: false });
// @ts-expect-error there is no such setting
configure({ modelUrl: '/models/' });

const write = await pipeline('text-generation', modelUrl('gpt2-stories'), { device: 'webgpu' });
for await (const event of write.stream('Once', { max_new_tokens: 20 })) {
  const known: WriteEvent = event;
  if (known.type === 'token') document.body.append(known.text, String(known.logprob.toFixed(2)));
}
// @ts-expect-error transformers calls it max_new_tokens
await write('Once', { max_tokens: 20 });

const paint = await pipeline('text-to-image', 'models/picturebook');
const [image] = await paint('a fox', { seed: 1 });
const picture: GeneratedImage | undefined = image;
document
  .querySelector('canvas')
  ?.getContext('2d')
  ?.putImageData(picture ?? new ImageData(1, 1), 0, 0);
// @ts-expect-error there is no such task
await pipeline('text-to-video', 'models/picturebook');

const digits: HearthDigits = document.createElement('hearth-digits');
digits.addEventListener('complete', ({ detail: { images, ms } }) => console.log(images[0]?.score, ms));
document.querySelector('hearth-text')?.addEventListener('token', ({ detail }) => detail.text.trim());
// @ts-expect-error a grid of digits has no text
document.querySelector('hearth-digits')?.text;

try {
  await persist();
  for (const { url, size } of await models()) if (size > 1e9) await remove(url);
} catch (error) {
  if (error instanceof HearthError && error.code === 'network') console.log(error.message);
}
