// What a page in TypeScript knows of the elements. Nothing here runs: it is for `tsc`.

import type { HearthElement } from '../../www/elements/types.d.ts';

const digits = document.createElement('hearth-digits');
digits.addEventListener('step', ({ detail }) => detail.fraction.toFixed());
digits.addEventListener('complete', ({ detail }) => detail.images[0].score + detail.ms);
digits.images[0].latents.length;
digits.redraw();

const image = document.querySelector('hearth-image')!;
image.addEventListener('step', ({ detail }) => (detail.mode === 'compare' ? detail.scheduler : detail.ms));
image.addEventListener('complete', ({ detail }) => detail.mode === 'compare' && detail.runs[0].num_steps);
image.images[0].data.length;

const text = document.querySelector('hearth-text')!;
text.addEventListener('token', ({ detail }) => Math.exp(detail.logprob));
text.addEventListener('complete', ({ detail }) => detail.text.trim() + detail.sequences[0].finish_reason);
text.presets = [{ title: 'Mine', prompt: 'It was', options: { top_k: 5 } }];
text.regenerate();
text.continue();

const map = document.createElement('hearth-map');
map.addEventListener('step', ({ detail }) => detail.fraction.toFixed() + detail.level);
map.addEventListener('complete', ({ detail }) => detail.num_images + detail.beta + detail.ms);
map.moveTo([0.5, -1]);
map.home();
map.latents.length;

const story = document.createElement('hearth-story');
story.addEventListener('scene', ({ detail }) => detail.caption.trim() + detail.start + (detail.place ?? ''));
story.addEventListener('picture', ({ detail }) => detail.image.seed + detail.scene_index);
story.addEventListener(
  'complete',
  ({ detail }) => detail.title.trim() + (detail.scenes[0].image?.width ?? 0),
);
story.redraw(0, 'a fox');
story.html().then((blob) => blob.size + story.scenes.length + story.storyTitle.length);

const training = document.createElement('hearth-training');
training.addEventListener('step', ({ detail }) => detail.d_loss + (detail.images?.length ?? 0));
training.addEventListener('complete', ({ detail }) => detail.step_index);
training.play().then(() => training.pause());
training.save().then((blob) => training.open(blob));

function watch(element: HearthElement) {
  element.addEventListener('load', ({ detail }) => detail.device === 'webgpu' && detail.adapter.trim());
  element.addEventListener('progress', ({ detail }) => detail.loaded / (detail.total ?? 1));
  element.addEventListener('error', ({ detail }) => detail.code === 'network' && detail.message.trim());
  element.addEventListener('click', ({ clientX }) => clientX.toFixed());
  element.start().then(() => element.stop());
}
[digits, image, text, map, story, training].forEach(watch);

// @ts-expect-error: digits have no tokens
digits.addEventListener('token', ({ detail }) => detail);
// @ts-expect-error: the cursor is moved by moveTo
map.latents = new Float32Array(2);
// @ts-expect-error: what makes a text are its prompt and seed
text.text = 'Once';
// @ts-expect-error: there is no such option
text.presets = [{ title: 'Mine', prompt: 'It was', options: { top: 5 } }];
