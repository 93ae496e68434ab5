import { useState } from 'react';

import { useText } from 'hearth-web/react';

export function Story() {
  const [prompt, setPrompt] = useState('Once upon a time');
  const { text, state, progress, error, write, stop } = useText('models/gpt2-stories', { device: 'cpu' });
  const isBusy = state === 'loading' || state === 'running';
  const onSubmit = (event) => {
    event.preventDefault();
    write(prompt, { max_new_tokens: 60, do_sample: true });
  };
  return (
    <form onSubmit={onSubmit}>
      <label>
        A beginning <input value={prompt} onChange={(event) => setPrompt(event.target.value)} />
      </label>
      <button>Write</button>
      <button type="button" onClick={stop} disabled={!isBusy}>
        Stop
      </button>
      {state === 'loading' && progress?.total && <progress value={progress.loaded} max={progress.total} />}
      <p className="story">
        <b>{prompt}</b>
        {text}
      </p>
      <p role="status">{error ? error.message : state}</p>
    </form>
  );
}
