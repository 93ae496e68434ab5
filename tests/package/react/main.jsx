// A hook whose model changes while it writes.

import { useState } from 'react';
import { createRoot } from 'react-dom/client';

import { useText } from 'hearth-web/react';

function Page() {
  const [model, setModel] = useState('models/gpt2-stories');
  const { text, state, error, write } = useText(model, { device: 'cpu' });
  return (
    <main>
      <button onClick={() => write('Once upon a time', { max_new_tokens: 400 })}>Write</button>
      <button onClick={() => setModel('models/gan-mnist')}>Another model</button>
      <p id="state">
        {state} {error?.code}
      </p>
      <p id="text">{text}</p>
    </main>
  );
}

createRoot(document.getElementById('app')).render(<Page />);
