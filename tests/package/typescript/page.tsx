// The elements in JSX, and the hooks.

import { useImage, useText } from 'hearth-web/react';

export function Page() {
  const { text, state, error, write, stop } = useText('models/gpt2-stories', { device: 'cpu' });
  const { images, fraction, draw } = useImage('models/picturebook', { task: 'text-to-image' });
  return (
    <main>
      <button onClick={() => void write('Once', { do_sample: true, temperature: 0.8 })}>{state}</button>
      <button onClick={stop}>Stop</button>
      <button onClick={() => void draw('a fox', { width: 64 })}>{Math.round(fraction * 100)}</button>
      <p>
        {text} {error?.code} {images.length}
      </p>
      <hearth-digits class-labels="2 0 2 6" batch-size={4} loading="eager" controls />
      <hearth-image scheduler="DDIMScheduler" onstep={({ detail }) => console.log(detail.fraction)} />
      <hearth-text prompt="Once" do-sample top-k="20" ontoken={({ detail }) => console.log(detail.text)} />
      <hearth-training loss="hinge" autoplay />
      <hearth-map latent-dims="2 16" />
      {/* @ts-expect-error there is no such scheduler */}
      <hearth-image scheduler="Euler" />
      {/* @ts-expect-error attributes are in kebab-case */}
      <hearth-digits batchSize={4} />
    </main>
  );
}
