//! GPT-2: a stack of Transformer decoder blocks over a causal context.
//!
//! Reference: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019). The numbers are those of
//! transformers' `GPT2LMHeadModel`; to read beside it: <https://github.com/karpathy/nanoGPT/blob/master/model.py>.
//!
//! ```text
//! token_ids [rows, length] ► wte + wpe ► h.0 ► … ► h.(n_layer - 1) ► ln_f ► lm_head ► logits [rows, vocab_size]
//!
//! a block:  x ► ln_1 ► attn ► + x ► ln_2 ► mlp ► + x          x [rows, length, n_embd]
//! attn:     c_attn ► queries, keys, values [rows, n_head, length, head_size]
//!           softmax(queries · keysᵀ / √head_size, causal) · values ► c_proj
//! mlp:      c_fc ► activation ► c_proj
//! ```
//!
//! Every block keeps the keys and values of earlier tokens, so that a new token costs one row of work.
//! The rows of all texts are one matrix `[rows · length, n_embd]`. Only attention knows which belong together.

use burn::tensor::{Device, Tensor};

use super::config::Config;
use super::input::Input;
use crate::kernels::{self, Activation, Format, Indices, KeyValues, Layout, Weight, gather};
use crate::nn::{LayerNorm, Linear};
use crate::weights::Parameters;

/// Attention of every token to itself and those before it.
#[derive(Debug, Clone)]
pub struct Attention {
    c_attn: Linear,
    c_proj: Linear,
    n_head: usize,
    scale: f32,
}

impl Attention {
    fn new(config: &Config, layer: usize, mut parameters: Parameters) -> Self {
        let width = config.n_embd;
        Self {
            c_attn: Linear::conv1d(parameters.within("c_attn"), width, 3 * width),
            c_proj: Linear::conv1d(parameters.within("c_proj"), width, width),
            n_head: config.n_head,
            scale: config.attention_scale(layer),
        }
    }

    /// `x + attn(norm(x))`. `cache` has the keys and values of the tokens before, and gets those of these.
    fn forward(
        &self,
        x: Tensor<2>,
        norm: &LayerNorm,
        cache: &mut KeyValues,
        positions: &Indices,
    ) -> Tensor<2> {
        let qkv = self.c_attn.forward_normed(norm, &x, Activation::Identity);
        let call = kernels::AttentionCall { positions, scale: self.scale };
        let mixed = kernels::attention(&qkv, cache, call);
        self.c_proj.forward_add(&mixed, x)
    }

    /// How much each token of one text attends to each, `[n_head, length, length]`.
    fn probs(&self, x: &Tensor<2>, norm: &LayerNorm) -> Tensor<3> {
        let qkv = self.c_attn.forward_normed(norm, x, Activation::Identity);
        kernels::attention_probs(&qkv, self.n_head, self.scale)
    }
}

/// The feed-forward network of a block.
#[derive(Debug, Clone)]
pub struct Mlp {
    c_fc: Linear,
    c_proj: Linear,
    activation: Activation,
}

impl Mlp {
    fn new(config: &Config, mut parameters: Parameters) -> Self {
        let Config { n_embd, n_inner, activation_function, .. } = *config;
        Self {
            c_fc: Linear::conv1d(parameters.within("c_fc"), n_embd, n_inner),
            c_proj: Linear::conv1d(parameters.within("c_proj"), n_inner, n_embd),
            activation: activation_function,
        }
    }

    /// `x + mlp(norm(x))`
    fn forward(&self, x: Tensor<2>, norm: &LayerNorm) -> Tensor<2> {
        let hidden = self.c_fc.forward_normed(norm, &x, self.activation);
        self.c_proj.forward_add(&hidden, x)
    }
}

/// One Transformer block, with its layer norms before the parts ("pre-norm").
#[derive(Debug, Clone)]
pub struct Block {
    ln_1: LayerNorm,
    attn: Attention,
    ln_2: LayerNorm,
    mlp: Mlp,
}

impl Block {
    fn new(config: &Config, layer: usize, mut parameters: Parameters) -> Self {
        let (width, epsilon) = (config.n_embd, config.layer_norm_epsilon);
        Self {
            ln_1: LayerNorm::new(parameters.within("ln_1"), width, epsilon),
            attn: Attention::new(config, layer, parameters.within("attn")),
            ln_2: LayerNorm::new(parameters.within("ln_2"), width, epsilon),
            mlp: Mlp::new(config, parameters.within("mlp")),
        }
    }

    fn forward(&self, x: Tensor<2>, cache: &mut KeyValues, positions: &Indices) -> Tensor<2> {
        let x = self.attn.forward(x, &self.ln_1, cache, positions); // x + attn(ln_1(x))
        self.mlp.forward(x, &self.ln_2) // x + mlp(ln_2(x))
    }
}

/// The whole language model.
#[derive(Debug, Clone)]
pub struct Gpt2 {
    wte: Weight,
    wpe: Weight,
    h: Vec<Block>,
    ln_f: LayerNorm,
    /// Where the head is the token embedding, it shares its memory.
    lm_head: Linear,
}

impl Gpt2 {
    /// The network of a checkpoint's tensors, whose names lack the prefix `transformer.`.
    #[must_use]
    pub fn new(config: &Config, parameters: &mut Parameters) -> Self {
        let Config { vocab_size, n_positions, n_embd, n_layer, .. } = *config;
        let table = |parameters: &mut Parameters, name: &str, rows: usize| {
            parameters.within(name).weight("weight", [rows, n_embd], Layout::OutIn)
        };
        let wte = table(parameters, "wte", vocab_size);
        let head =
            if config.tie_word_embeddings { wte.clone() } else { table(parameters, "lm_head", vocab_size) };
        let wpe = table(parameters, "wpe", n_positions);
        let mut blocks = parameters.within("h");
        let h = (0..n_layer).map(|n| Block::new(config, n, blocks.within(n))).collect();
        let ln_f = LayerNorm::new(parameters.within("ln_f"), n_embd, config.layer_norm_epsilon);
        Self { wte, wpe, h, ln_f, lm_head: Linear::of_weight(head) }
    }

    /// The last block's output, `[rows · length, n_embd]`. `cache` has the keys and values of each block.
    ///
    /// # Panics
    /// When the rows are not those of `cache`, or go beyond its capacity.
    #[must_use]
    pub fn hidden(&self, input: &Input, cache: &mut [KeyValues]) -> Tensor<2> {
        self.through(&self.h, input, cache)
    }

    /// The scores of each token to come next, `[rows, vocab_size]`, after the last block's output `[rows, n_embd]`.
    #[must_use]
    pub fn logits(&self, hidden: &Tensor<2>) -> Tensor<2> {
        self.lm_head.forward(&self.ln_f.forward(hidden), Activation::Identity)
    }

    /// How much each token of one text attends to each in block `layer`, `[n_head, length, length]`.
    ///
    /// # Panics
    /// When there is no such block.
    #[must_use]
    pub fn attention(&self, input: &Input, layer: usize, cache: &mut [KeyValues]) -> Tensor<3> {
        let x = self.through(&self.h[..layer], input, cache);
        let Block { attn, ln_1, .. } = &self.h[layer];
        attn.probs(&x, ln_1)
    }

    /// The output of the last of `blocks`, which are the first of the network.
    fn through(&self, blocks: &[Block], input: &Input, cache: &mut [KeyValues]) -> Tensor<2> {
        let mut x = self.embed(input);
        for (block, cache) in blocks.iter().zip(cache) {
            x = block.forward(x, cache, &input.positions);
        }
        x
    }

    /// `wte[token_ids] + wpe[positions]`
    fn embed(&self, input: &Input) -> Tensor<2> {
        let tokens = gather(&self.wte, &input.token_ids, None);
        gather(&self.wpe, &input.positions, Some(&tokens))
    }

    /// Number of tokens that have a score.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        self.wte.outputs()
    }

    /// How the weights of the blocks are stored.
    #[must_use]
    pub fn format(&self) -> Format {
        self.h[0].attn.c_attn.format()
    }

    /// Where the weights are.
    #[must_use]
    pub fn device(&self) -> Device {
        self.wte.device()
    }
}
