import { useEffect, useRef, useState } from 'react';

import 'hearth-web/elements/hearth-digits.js';
import { useImage } from 'hearth-web/react';

function Picture({ image }) {
  const canvas = useRef(null);
  useEffect(() => canvas.current.getContext('2d').putImageData(image, 0, 0), [image]);
  return <canvas ref={canvas} width={image.width} height={image.height} />;
}

export function Digits() {
  const [seed, setSeed] = useState(null);
  const { images, draw } = useImage('models/gan-mnist', { device: 'cpu' });
  return (
    <section>
      <button onClick={() => draw({ batch_size: 4 })}>Draw with the hook</button>
      <div className="pictures">
        {images.map((image, index) => (
          <Picture key={index} image={image} />
        ))}
      </div>
      <hearth-digits
        class-labels="2 0 2 6"
        device="cpu"
        loading="eager"
        oncomplete={({ detail }) => setSeed(detail.seed)}
      />
      <output>{seed}</output>
    </section>
  );
}
