// A GAN's checkpoint as an ONNX model of the same arithmetic, for onnxruntime to run.

import { readFloats, readHeader } from './checkpoint.js';
import { FLOAT, INT64, attribute, constant, model, node } from './onnx.js';

/**
 * Generator and discriminator as one graph: `latents` and `labels` in, `pictures` and `scores` out.
 * @param {any} config the model's config.json
 * @param {string} checkpoint the path of its model.safetensors
 */
export function ganToOnnx(config, checkpoint) {
  const constants = [...readHeader(checkpoint)].map(([name, entry]) =>
    constant(name, entry.shape, readFloats(checkpoint, entry)),
  );
  /** @type {Buffer[]} */
  const nodes = [];
  const network = (
    /** @type {string} */ name,
    /** @type {string} */ input,
    /** @type {number} */ layers,
    /** @type {[string, Buffer[]?]} */ hidden,
    /** @type {string} */ last,
    /** @type {string} */ output,
  ) => {
    nodes.push(node('Gather', [`${name}.class_embedding.weight`, 'labels'], `${name}.class`));
    nodes.push(node('Concat', [input, `${name}.class`], `${name}.x0`, [attribute.integer('axis', 1)]));
    for (let layer = 0; layer < layers; layer++) {
      const key = `${name}.main.${2 * layer}`;
      const inputs = [`${name}.x${layer}`, `${key}.weight`, `${key}.bias`];
      nodes.push(node('Gemm', inputs, `${key}.y`, [attribute.integer('transB', 1)]));
      if (layer === layers - 1) nodes.push(node(last, [`${key}.y`], output));
      else nodes.push(node(hidden[0], [`${key}.y`], `${name}.x${layer + 1}`, hidden[1]));
    }
  };
  const slope = [attribute.float('alpha', config.negative_slope)];
  network('generator', 'latents', config.generator_hidden_sizes.length + 1, ['Relu'], 'Tanh', 'pictures');
  network(
    'discriminator',
    'pictures',
    config.discriminator_hidden_sizes.length + 1,
    ['LeakyRelu', slope],
    'Sigmoid',
    'scores',
  );
  const pixels = config.num_channels * config.image_size ** 2;
  return model('gan', {
    nodes,
    constants,
    inputs: [
      ['latents', FLOAT, ['batch', config.latent_dim]],
      ['labels', INT64, ['batch']],
    ],
    outputs: [
      ['pictures', FLOAT, ['batch', pixels]],
      ['scores', FLOAT, ['batch', 1]],
    ],
  });
}
