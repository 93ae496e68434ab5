// The GAN of models/gan-mnist in TensorFlow.js, and a step of its training.
//
// What makes it fair is what makes it fast:
// - The step is Hearth's: the generator runs once, the discriminator learns from as many real and generated pictures as one batch, then the
//   generator from the discriminator as it is now. So that the generator runs only once, the discriminator's step is inside the
//   function whose gradients the generator gets.
// - A product and its bias are one kernel (`tf.fused.matMul`) wherever both have gradients. Activations are kernels of their own,
//   because TensorFlow.js fuses none when it needs gradients. In the generator's step the discriminator's products are plain: the fused
//   one would compute the gradient of its weight as well, which nobody uses there.
// - Its `wasm` backend multiplies with XNNPACK only when no matrix is transposed, and the gradients of a product transpose one each. There
//   `isTurned` has gradients of its own, which transpose first; that is what somebody would do who had looked for what takes so long.

/** @typedef {any} Tensor */
/** @typedef {[weight: Tensor, bias: Tensor]} Layer */
/** @typedef {{ embedding: Tensor, layers: Layer[] }} Network */
/** @typedef {(x: Tensor, layer: Layer) => Tensor} Dense */

const PACKAGES = '/benches/node_modules/@tensorflow/tfjs';

/** @param {string} src */
const runScript = (src) =>
  new Promise((resolve, reject) => {
    const script = document.createElement('script');
    const onerror = () => reject(new Error(`${src} is missing`));
    document.head.append(Object.assign(script, { src, onload: resolve, onerror }));
  });

/** TensorFlow.js with a backend. @param {string} backend */
export async function importTfjs(backend) {
  await runScript(`${PACKAGES}/dist/tf.es2017.min.js`); // the backends cpu and webgl are in it
  if (backend === 'wasm' || backend === 'webgpu') {
    await runScript(`${PACKAGES}-backend-${backend}/dist/tf-backend-${backend}.es2017.min.js`);
  }
  const { tf } = /** @type {any} */ (globalThis);
  // With SIMD, and one thread, since the page has neither COOP nor COEP.
  if (backend === 'wasm') tf.wasm.setWasmPaths(`${PACKAGES}-backend-wasm/dist/`);
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} here`);
  await tf.ready();
  return tf;
}

/**
 * All tensors of a safetensors file of 32-bit numbers, and at which byte each begins.
 * @param {Uint8Array} file
 */
export function readSafetensors(file) {
  const start = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const { __metadata__: _, ...infos } = JSON.parse(new TextDecoder().decode(file.subarray(8, start)));
  return new Map(
    Object.entries(infos).map(([name, { shape, data_offsets }]) => {
      const [from, to] = data_offsets.map((/** @type {number} */ offset) => start + offset);
      return [name, { shape, from, values: new Float32Array(file.slice(from, to).buffer) }];
    }),
  );
}

/** Whether the file, like PyTorch, has a parameter as `[outputs, inputs]`. @param {string} name */
export const isTransposed = (name) => /\.main\.\d+\.weight$/.test(name);

/**
 * A layer whose gradients are products of matrices that were transposed before.
 * @param {any} tf
 * @returns {Dense}
 */
function turnedDense(tf) {
  const dense = tf.customGrad(
    (
      /** @type {Tensor} */ x,
      /** @type {Tensor} */ weight,
      /** @type {Tensor} */ bias,
      /** @type {any} */ save,
    ) => {
      save([x, weight]);
      return {
        value: tf.fused.matMul({ a: x, b: weight, bias }),
        gradFunc: (/** @type {Tensor} */ dy, /** @type {Tensor[]} */ [x, weight]) => [
          tf.matMul(dy, tf.transpose(weight)),
          tf.matMul(tf.transpose(x), dy),
          tf.sum(dy, 0),
        ],
      };
    },
  );
  return (x, [weight, bias]) => dense(x, weight, bias);
}

/** The same where only `x` needs a gradient. @param {any} tf @returns {Dense} */
const turnedDenseForInput =
  (tf) =>
  (x, [weight, bias]) =>
    tf.customGrad((/** @type {Tensor} */ x) => ({
      value: tf.fused.matMul({ a: x, b: weight, bias }),
      gradFunc: (/** @type {Tensor} */ dy) => tf.matMul(dy, tf.transpose(weight)),
    }))(x);

/**
 * A GAN with the weights that Hearth saved. `step(real, classes, noise)` makes a step and gives `[d_loss, g_loss]`, not read yet.
 * @param {any} tf
 * @param {Uint8Array} file
 * @param {{ negative_slope: number }} config
 * @param {{ batch: number, isTurned: boolean }} options
 */
export function makeGan(tf, file, { negative_slope }, { batch, isTurned }) {
  const tensors = readSafetensors(file);
  /** @param {string} name */
  const variable = (name) => {
    const { shape, values } = /** @type {{ shape: number[], values: Float32Array }} */ (tensors.get(name));
    return tf.tidy(() => {
      const tensor = tf.tensor(values, shape);
      return tf.variable(isTransposed(name) ? tf.transpose(tensor) : tensor, true, name);
    });
  };
  /** @param {string} name @returns {Network} */
  const network = (name) => ({
    embedding: variable(`${name}.class_embedding.weight`),
    layers: [0, 2, 4, 6].map((at) => [
      variable(`${name}.main.${at}.weight`),
      variable(`${name}.main.${at}.bias`),
    ]),
  });
  const networks = { generator: network('generator'), discriminator: network('discriminator') };
  const adam = () => tf.train.adam(2e-4, 0.9, 0.999, 1e-8);
  const optimizers = { generator: adam(), discriminator: adam() };
  const [ones, zeros] = [tf.ones([batch, 1]), tf.zeros([batch, 1])];
  const targets = tf.concat([ones, zeros]);

  /** @type {Dense} */
  const fused = (x, [weight, bias]) => tf.fused.matMul({ a: x, b: weight, bias });
  /** @type {Dense} */
  const plain = (x, [weight, bias]) => tf.add(tf.matMul(x, weight), bias);
  const dense = isTurned ? turnedDense(tf) : fused;
  const denseForInput = isTurned ? turnedDenseForInput(tf) : plain;
  /** @param {Network} network @param {Tensor} x @param {Tensor} classes @param {Dense} dense @param {(x: Tensor) => Tensor} hidden */
  const run = ({ embedding, layers }, x, classes, dense, hidden) => {
    const input = tf.concat([x, tf.matMul(classes, embedding)], 1);
    return layers.reduce((y, layer, at) => dense(at ? hidden(y) : y, layer), input);
  };
  const { generator, discriminator } = networks;
  const leaky = (/** @type {Tensor} */ x) => tf.leakyRelu(x, negative_slope);
  const loss = tf.losses.sigmoidCrossEntropy;

  /** A step of one network against a loss. @param {keyof typeof networks} name @param {() => Tensor} of @returns {Tensor} */
  const teach = (name, of) => {
    const { embedding, layers } = networks[name];
    return optimizers[name].minimize(of, true, [embedding, ...layers.flat()]);
  };
  /** @param {Tensor} real @param {Tensor} fake @param {Tensor} classes */
  const teachDiscriminator = (real, fake, classes) =>
    teach('discriminator', () => {
      const [both, twice] = [tf.concat([real, fake]), tf.concat([classes, classes])];
      // The mean over real pictures and that over generated ones: twice the mean over both.
      return tf.mul(2, loss(targets, run(discriminator, both, twice, dense, leaky)));
    });
  const step = (/** @type {Tensor} */ real, /** @type {Tensor} */ classes, /** @type {Tensor} */ noise) =>
    tf.tidy(() => {
      /** @type {Tensor} */
      let d_loss;
      const g_loss = teach('generator', () => {
        const fake = tf.tanh(run(generator, noise, classes, dense, tf.relu));
        d_loss = tf.keep(teachDiscriminator(real, fake, classes));
        return loss(ones, run(discriminator, fake, classes, denseForInput, leaky));
      });
      const losses = tf.stack([d_loss, g_loss]);
      d_loss.dispose();
      return losses;
    });
  return { step, optimizers };
}
