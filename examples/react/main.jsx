import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { Digits } from './digits.jsx';
import { Story } from './story.jsx';

function Page() {
  const [isShown, show] = useState(true);
  return (
    <main>
      <Story />
      <button onClick={() => show(!isShown)}>{isShown ? 'Hide the digits' : 'Show the digits'}</button>
      {isShown && <Digits />}
    </main>
  );
}

createRoot(document.getElementById('app')).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
