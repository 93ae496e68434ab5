//! CLIP's text encoder: a stack of Transformer blocks in which a token sees itself and those before it.
//!
//! Reference: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021),
//! <https://arxiv.org/abs/2103.00020>; the code that this agrees with is transformers' `CLIPTextModel`.
//!
//! ```text
//! token_ids [rows, length] ► token_embedding + position_embedding ► layers.0 ► … ► layers.(n - 1) ► final_layer_norm
//!                                                                                  [rows · length, hidden_size]
//! a layer:    x ► layer_norm1 ► self_attn ► + x ► layer_norm2 ► mlp ► + x
//! self_attn:  q_proj, k_proj, v_proj ► queries, keys, values [rows, heads, length, head_dim]
//!             softmax(queries · keysᵀ / √head_dim, causal) · values ► out_proj
//! mlp:        fc1 ► hidden_act ► fc2
//! ```
//!
//! The rows of all texts are one matrix `[rows · length, hidden_size]`. Only attention knows which belong together.

use burn::tensor::{Device, Tensor};

use super::config::Config;
use crate::kernels::{self, Activation, Format, Indices, KeyValues, Layout, Weight, gather};
use crate::nn::{LayerNorm, Linear};
use crate::weights::Parameters;

/// Attention of every token to itself and those before it.
#[derive(Debug, Clone)]
struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    scale: f32,
}

impl Attention {
    fn new(config: &Config, mut parameters: Parameters) -> Self {
        let width = config.hidden_size;
        let mut linear = |name: &str| Linear::new(parameters.within(name), width, width);
        Self {
            q_proj: linear("q_proj"),
            k_proj: linear("k_proj"),
            v_proj: linear("v_proj"),
            out_proj: linear("out_proj"),
            scale: config.attention_scale(),
        }
    }

    /// `residual + attn(x)`
    fn forward(&self, x: &Tensor<2>, residual: Tensor<2>, texts: &mut Texts) -> Tensor<2> {
        let projected =
            [&self.q_proj, &self.k_proj, &self.v_proj].map(|linear| linear.forward(x, Activation::Identity));
        let qkv = Tensor::cat(projected.to_vec(), 1);
        let call = kernels::AttentionCall { positions: &texts.positions, scale: self.scale };
        let mixed = kernels::attention(&qkv, &mut texts.key_values, call);
        self.out_proj.forward_add(&mixed, residual)
    }
}

/// The feed-forward network of a layer.
#[derive(Debug, Clone)]
struct Mlp {
    fc1: Linear,
    fc2: Linear,
    activation: Activation,
}

impl Mlp {
    fn new(config: &Config, mut parameters: Parameters) -> Self {
        let Config { hidden_size, intermediate_size, hidden_act, .. } = *config;
        Self {
            fc1: Linear::new(parameters.within("fc1"), hidden_size, intermediate_size),
            fc2: Linear::new(parameters.within("fc2"), intermediate_size, hidden_size),
            activation: hidden_act,
        }
    }

    /// `x + mlp(norm(x))`
    fn forward(&self, x: Tensor<2>, norm: &LayerNorm) -> Tensor<2> {
        let hidden = self.fc1.forward_normed(norm, &x, self.activation);
        self.fc2.forward_add(&hidden, x)
    }
}

/// One Transformer block, with its layer norms before the parts ("pre-norm").
#[derive(Debug, Clone)]
struct EncoderLayer {
    layer_norm1: LayerNorm,
    self_attn: Attention,
    layer_norm2: LayerNorm,
    mlp: Mlp,
}

impl EncoderLayer {
    fn new(config: &Config, mut parameters: Parameters) -> Self {
        let (width, eps) = (config.hidden_size, config.layer_norm_eps);
        Self {
            layer_norm1: LayerNorm::new(parameters.within("layer_norm1"), width, eps),
            self_attn: Attention::new(config, parameters.within("self_attn")),
            layer_norm2: LayerNorm::new(parameters.within("layer_norm2"), width, eps),
            mlp: Mlp::new(config, parameters.within("mlp")),
        }
    }

    fn forward(&self, x: Tensor<2>, texts: &mut Texts) -> Tensor<2> {
        let normed = self.layer_norm1.forward(&x);
        let x = self.self_attn.forward(&normed, x, texts); // x + self_attn(layer_norm1(x))
        self.mlp.forward(x, &self.layer_norm2) // x + mlp(layer_norm2(x))
    }
}

/// What the layers know of the texts that go through them.
struct Texts {
    /// Of each token in its text.
    positions: Indices,
    /// Where a layer's attention puts its keys and values. The next layer writes over them.
    key_values: KeyValues,
}

/// The whole text encoder.
#[derive(Debug, Clone)]
pub struct ClipTextModel {
    token_embedding: Weight,
    position_embedding: Weight,
    layers: Vec<EncoderLayer>,
    final_layer_norm: LayerNorm,
    config: Config,
}

impl ClipTextModel {
    /// The network of a checkpoint's tensors, whose names lack the prefix `text_model.`.
    #[must_use]
    pub fn new(config: &Config, parameters: &mut Parameters) -> Self {
        let Config { vocab_size, hidden_size, num_hidden_layers, max_position_embeddings, .. } = *config;
        let mut embeddings = parameters.within("embeddings");
        let mut table = |name: &str, rows: usize| {
            embeddings.within(name).weight("weight", [rows, hidden_size], Layout::OutIn)
        };
        let token_embedding = table("token_embedding", vocab_size);
        let position_embedding = table("position_embedding", max_position_embeddings);
        let mut layers = parameters.within("encoder.layers");
        Self {
            token_embedding,
            position_embedding,
            layers: (0..num_hidden_layers).map(|n| EncoderLayer::new(config, layers.within(n))).collect(),
            final_layer_norm: LayerNorm::new(
                parameters.within("final_layer_norm"),
                hidden_size,
                config.layer_norm_eps,
            ),
            config: config.clone(),
        }
    }

    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How the weights are stored.
    #[must_use]
    pub fn format(&self) -> Format {
        self.token_embedding.format()
    }

    /// Where the weights are.
    #[must_use]
    pub fn device(&self) -> Device {
        self.token_embedding.device()
    }

    /// The embeddings of texts of the same length, `[rows · length, hidden_size]`: transformers' `last_hidden_state`, or
    /// with a `clip_skip` above 0 what diffusers takes for it, the norm of what comes out that many layers before the last.
    ///
    /// # Panics
    /// When there are no texts or they differ in length, a token is beyond the vocabulary, or [`Config::check_call`] would
    /// refuse the length or `clip_skip`.
    #[must_use]
    pub fn encode(&self, token_ids: &[Vec<u32>], clip_skip: usize) -> Tensor<2> {
        let (rows, length) = (token_ids.len(), token_ids.first().map_or(0, Vec::len));
        assert!(length > 0 && token_ids.iter().all(|ids| ids.len() == length), "encode: texts of one length");
        let Config { hidden_size, num_attention_heads: heads, num_hidden_layers, .. } = self.config;
        let device = self.device();
        let mut texts = Texts {
            positions: Indices::new((0..rows).flat_map(|_| 0..length).collect(), &device),
            key_values: KeyValues::new(rows, heads, length, hidden_size / heads, &device),
        };
        let token_ids = token_ids.iter().flatten().map(|&id| id as usize).collect();
        let tokens = gather(&self.token_embedding, &Indices::new(token_ids, &device), None);
        let mut x = gather(&self.position_embedding, &texts.positions, Some(&tokens));
        for layer in &self.layers[..num_hidden_layers - clip_skip] {
            x = layer.forward(x, &mut texts);
        }
        self.final_layer_norm.forward(&x)
    }
}
