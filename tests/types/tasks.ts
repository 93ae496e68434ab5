// What a page in TypeScript knows of the tasks. Nothing here runs: it is for `tsc`.

declare const pipeline: typeof import('../../www/types.d.ts').pipeline;

const paint = await pipeline('text-to-image', 'models/any', { variant: 'fp16', offload: true });
const [image] = await paint('a fox', { negative_prompt: 'snow', height: 256, width: 512, clip_skip: 1 });
(image.prompt ?? '') + (image.truncated ?? '') + image.latents.length;
for await (const event of paint.stream(['a fox', 'a bear'], { output_attentions: true })) {
  if (event.type === 'step') event.attentions?.words[0][0].trim();
  event.truncated?.map((text) => text?.length);
}
paint.info.prompts && paint.info.size_multiple * paint.info.max_prompt_tokens;

const edit = await pipeline('image-to-image', new URL('https://host.example/model/'), { variant: null });
await edit('picture.png', { prompt: 'a fox in the snow', strength: 0.6, height: 256 });
await edit('picture.png', { class_labels: 7, downsampling_factor: 4 });

const draw = await pipeline('unconditional-image-generation', 'models/any');
const drawn = await draw({ latents: new Float32Array(2), batch_size: 1, seed: 7 });
if (draw.info.kind === 'vae') draw.info.beta * draw.info.latent_dim * drawn[0].latents.length;
const map = draw as import('../../www/types.d.ts').VaePipeline;
const { mean, logvar } = await map.encode(['digit.png', new Blob()], { fit: 'cover' });
mean.length + logvar.length;
for await (const event of map.stream({ batch_size: 9 })) event.images[0].seed;

// @ts-expect-error: a map has no classes
await map({ class_labels: 7 });

const train = await pipeline('gan-training', 'models/any', { data: 'data/mnist' });
for await (const event of train.stream({ steps: 10, loss: 'hinge', betas: [0.5, 0.999] })) {
  if (event.type === 'step') event.d_loss + (event.verdicts?.real.length ?? 0);
}
await train.open(await train.save());

const tell = await pipeline('illustrated-story', 'models/any', {
  illustrator: 'models/any',
  variant: 'fp16',
});
const { scenes } = await tell('Once', { num_scenes: 2, max_length: 100, guidance_scale: 3, seed: 1 });
scenes[0].image?.seed;
for await (const event of tell.stream('Once', { top_k: 5 })) {
  if (event.type === 'scene') event.caption.trim() + event.start;
  if (event.type === 'step') event.images.length + event.fraction;
}
const [anew] = await tell.draw(scenes[0].caption, { seed: 2 });
anew.seed + (await tell.scenes('A fox ran.', { num_scenes: 1 })).length;
(await tell.understand('a fox')).terms[0]?.kind.trim();

// @ts-expect-error: a story needs an illustrator
await pipeline('illustrated-story', 'models/any');
// @ts-expect-error: a story has one text
await tell('Once', { num_return_sequences: 2 });
// @ts-expect-error: a training needs data
await pipeline('gan-training', 'models/any');
// @ts-expect-error: a text-to-image model has no classes
await paint('a fox', { class_labels: 7 });
// @ts-expect-error: a prompt is a text
await paint(7);
// @ts-expect-error: a GPT-2 has no text encoder that could leave
await pipeline('text-generation', 'models/any', { offload: true });

export {};
