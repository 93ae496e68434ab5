// A `CLIPTextModel`'s checkpoint as an ONNX model, for one text.

import { FLOAT, INT64, MICROSOFT, attribute } from './onnx.js';
import { Graph } from './onnx-graph.js';

/**
 * `input_ids` in, `out` out: a row for each token.
 * @param {any} config the model's config.json
 * @param {string} checkpoint the path of its .safetensors
 */
export function clipToOnnx(config, checkpoint) {
  const { hidden_size, num_hidden_layers, num_attention_heads, layer_norm_eps: eps } = config;
  const length = config.max_position_embeddings;
  const graph = new Graph(checkpoint);
  const act = (/** @type {string} */ x) =>
    config.hidden_act === 'gelu'
      ? graph.op('Gelu', [x], [], MICROSOFT)
      : graph.op('QuickGelu', [x], [attribute.float('alpha', 1.702)], MICROSOFT);
  const tokens = graph.op('Gather', [
    graph.weight('text_model.embeddings.token_embedding.weight'),
    'input_ids',
  ]);
  const positions = graph.weight('text_model.embeddings.position_embedding.weight');
  const layers = 'text_model.encoder.layers';
  const first = num_hidden_layers > 0 ? `${layers}.0.layer_norm1` : 'text_model.final_layer_norm';
  let [y, x] = graph.addAndNorm(tokens, positions, first, eps);
  for (let layer = 0; layer < num_hidden_layers; layer++) {
    const key = `${layers}.${layer}`;
    const linear = (/** @type {string} */ x, /** @type {string} */ name) => graph.linear(x, `${key}.${name}`);
    const [queries, keys, values] = ['q_proj', 'k_proj', 'v_proj'].map((name) =>
      linear(y, `self_attn.${name}`),
    );
    const mixed = linear(
      graph.attention(queries, keys, values, num_attention_heads, true),
      'self_attn.out_proj',
    );
    [y, x] = graph.addAndNorm(mixed, x, `${key}.layer_norm2`, eps);
    const hidden = linear(act(linear(y, 'mlp.fc1')), 'mlp.fc2');
    const next =
      layer + 1 < num_hidden_layers ? `${layers}.${layer + 1}.layer_norm1` : 'text_model.final_layer_norm';
    [y, x] = graph.addAndNorm(hidden, x, next, eps);
  }
  return graph.build('clip', [['input_ids', INT64, [length]]], ['out', FLOAT, [length, hidden_size]], y);
}
