//! GPT-2: a stack of Transformer decoder blocks over a causal context.
//!
//! Reference: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019); the code that this agrees
//! with is transformers' `GPT2LMHeadModel`.
//!
//! ```text
//! token_ids [rows, length] ► wte + wpe ► h.0 ► … ► h.(n_layer - 1) ► ln_f ► lm_head ► logits [rows, vocab_size]
//!
//! a block:  x ► ln_1 ► attn ► + x ► ln_2 ► mlp ► + x          x [rows, length, n_embd]
//! attn:     c_attn ► queries, keys, values [rows, n_head, length, head_size]
//!           softmax(queries · keysᵀ / √head_size, no looking ahead) · values ► c_proj
//! mlp:      c_fc ► activation ► c_proj
//! ```
//!
//! Keys and values of earlier tokens are kept in a [`Cache`], so that a new token costs one row of work.
//! The rows of all texts are one matrix `[rows · length, n_embd]`: only attention knows which belong together.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::config::Config;
use crate::kernels::{self, Activation, Format, Indices, KeyValues, Layout, Recording, Weight, gather};
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

    /// `x` plus what its tokens see, once normed. `cache` holds the tokens before and gets these as well.
    fn forward(
        &self,
        x: Tensor<2>,
        norm: &LayerNorm,
        cache: &mut KeyValues,
        positions: &Indices,
    ) -> Tensor<2> {
        let qkv = self.c_attn.forward_after(norm, &x, Activation::Identity);
        let call = kernels::AttentionCall { positions, scale: self.scale };
        let mixed = kernels::attention(&qkv, cache, call);
        self.c_proj.forward_onto(&mixed, x)
    }

    /// How much each token of one text attends to each, `[n_head, length, length]`.
    fn probs(&self, x: &Tensor<2>, norm: &LayerNorm) -> Tensor<3> {
        let qkv = self.c_attn.forward_after(norm, x, Activation::Identity);
        kernels::attention_probs(qkv, self.n_head, self.scale)
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
    fn new(config: &Config, activation: Activation, mut parameters: Parameters) -> Self {
        Self {
            c_fc: Linear::conv1d(parameters.within("c_fc"), config.n_embd, config.inner()),
            c_proj: Linear::conv1d(parameters.within("c_proj"), config.inner(), config.n_embd),
            activation,
        }
    }

    /// `x` plus what the network makes of it, once normed.
    fn forward(&self, x: Tensor<2>, norm: &LayerNorm) -> Tensor<2> {
        self.c_proj.forward_onto(&self.c_fc.forward_after(norm, &x, self.activation), x)
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
    fn new(config: &Config, activation: Activation, layer: usize, mut parameters: Parameters) -> Self {
        let (width, epsilon) = (config.n_embd, config.layer_norm_epsilon);
        Self {
            ln_1: LayerNorm::new(parameters.within("ln_1"), width, epsilon),
            attn: Attention::new(config, layer, parameters.within("attn")),
            ln_2: LayerNorm::new(parameters.within("ln_2"), width, epsilon),
            mlp: Mlp::new(config, activation, parameters.within("mlp")),
        }
    }

    fn forward(&self, x: Tensor<2>, cache: &mut KeyValues, positions: &Indices) -> Tensor<2> {
        let x = self.attn.forward(x, &self.ln_1, cache, positions);
        self.mlp.forward(x, &self.ln_2)
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
    pub fn new(config: &Config, activation: Activation, parameters: &mut Parameters) -> Self {
        let Config { vocab_size, n_positions, n_embd, n_layer, .. } = *config;
        let table = |parameters: &mut Parameters, name: &str, rows: usize| {
            parameters.within(name).weight("weight", [rows, n_embd], Layout::OutIn)
        };
        let wte = table(parameters, "wte", vocab_size);
        let head =
            if config.tie_word_embeddings { wte.clone() } else { table(parameters, "lm_head", vocab_size) };
        let wpe = table(parameters, "wpe", n_positions);
        let mut blocks = parameters.within("h");
        let h = (0..n_layer).map(|n| Block::new(config, activation, n, blocks.within(n))).collect();
        Self {
            wpe,
            h,
            ln_f: LayerNorm::new(parameters.within("ln_f"), n_embd, config.layer_norm_epsilon),
            lm_head: Linear::without_bias(head),
            wte,
        }
    }

    /// Reads `token_ids`, rows of one length, after those that `cache` holds already.
    /// Gives the last block's output, `[rows · length, n_embd]`.
    ///
    /// # Panics
    /// When the rows are not those of the cache, or go beyond its capacity.
    #[must_use]
    pub fn read(&self, token_ids: &[Vec<u32>], cache: &mut Cache) -> Tensor<2> {
        let tokens = Tokens::new(token_ids, cache.go_on(token_ids), &self.wte.device());
        self.blocks(&tokens, &mut cache.layers)
    }

    /// Reads a token of each row, and gives the scores of each to come next, `[rows, vocab_size]`. A GPU launches the same
    /// for each token: from the third on, as it was recorded for the second.
    #[must_use]
    pub(super) fn step(self: &Arc<Self>, token_ids: &[Vec<u32>], cache: &mut Cache) -> Tensor<2> {
        let position = cache.go_on(token_ids);
        let device = self.wte.device();
        let mut run = |tokens: &Tokens| self.logits(&self.blocks(tokens, &mut cache.layers));
        match &mut cache.step {
            Step::Recorded(step) if Arc::ptr_eq(&step.network, self) => {
                step.tokens.write(token_ids, position);
                // SAFETY: this has all that they read, but for the cache, which forgets them when it changes its tensors.
                unsafe { step.recording.replay() }
            }
            Step::First => {
                cache.step = Step::Second;
                run(&Tokens::new(token_ids, position, &device))
            }
            Step::Second | Step::Recorded(_) => {
                let tokens = Tokens::new(token_ids, position, &device);
                let shape = [token_ids.len(), self.wte.outputs()];
                let (logits, recording) = Recording::of(shape, &device, || run(&tokens));
                if let Some(recording) = recording {
                    let network = self.clone();
                    cache.step = Step::Recorded(Box::new(RecordedStep { network, tokens, recording }));
                }
                logits
            }
        }
    }

    fn blocks(&self, tokens: &Tokens, cache: &mut [KeyValues]) -> Tensor<2> {
        let x = self.embed(tokens);
        self.h.iter().zip(cache).fold(x, |x, (block, cache)| block.forward(x, cache, &tokens.positions))
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
    pub fn attention(&self, token_ids: &[Vec<u32>], layer: usize, cache: &mut Cache) -> Tensor<3> {
        let tokens = Tokens::new(token_ids, 0, &self.wte.device());
        let before = self.h[..layer].iter().zip(&mut cache.layers);
        let x =
            before.fold(self.embed(&tokens), |x, (block, cache)| block.forward(x, cache, &tokens.positions));
        let block = &self.h[layer];
        block.attn.probs(&x, &block.ln_1)
    }

    /// How the weights of the blocks are kept.
    #[must_use]
    pub fn format(&self) -> Format {
        self.h[0].attn.c_attn.format()
    }

    fn embed(&self, tokens: &Tokens) -> Tensor<2> {
        let x = gather(&self.wte, &tokens.ids, None);
        gather(&self.wpe, &tokens.positions, Some(&x))
    }
}

/// Tokens that are read, row after row, and their places.
#[derive(Debug)]
struct Tokens {
    ids: Indices,
    positions: Indices,
}

impl Tokens {
    fn new(token_ids: &[Vec<u32>], position: usize, device: &Device) -> Self {
        let [ids, positions] = ids_and_positions(token_ids, position);
        Self { ids: Indices::new(ids, device), positions: Indices::new(positions, device) }
    }

    /// Puts others in their place, as many.
    fn write(&mut self, token_ids: &[Vec<u32>], position: usize) {
        let [ids, positions] = ids_and_positions(token_ids, position);
        self.ids.write(ids);
        self.positions.write(positions);
    }
}

fn ids_and_positions(token_ids: &[Vec<u32>], position: usize) -> [Vec<usize>; 2] {
    let ids = token_ids.iter().flatten().map(|&id| id as usize).collect();
    let positions = token_ids.iter().flat_map(|row| position..position + row.len()).collect();
    [ids, positions]
}

/// What is known of the launches of a token after the others.
#[derive(Debug, Default)]
enum Step {
    /// Nothing: the rows are new.
    #[default]
    First,
    /// A token of each row was read, and it is likely that others follow.
    Second,
    /// All.
    Recorded(Box<RecordedStep>),
}

/// Recorded launches, with what they read beside the cache.
#[derive(Debug)]
struct RecordedStep {
    network: Arc<Gpt2>,
    tokens: Tokens,
    recording: Recording<2>,
}

/// The keys and values of the tokens read so far. It belongs to a run, never to the model.
#[derive(Debug)]
pub struct Cache {
    layers: Vec<KeyValues>,
    rows: usize,
    len: usize,
    capacity: usize,
    step: Step,
}

impl Cache {
    /// An empty cache for `rows` texts of up to `capacity` tokens.
    #[must_use]
    pub fn new(config: &Config, rows: usize, capacity: usize, device: &Device) -> Self {
        let layer = |_| KeyValues::new(rows, config.n_head, capacity, config.head_size(), device);
        Self { layers: (0..config.n_layer).map(layer).collect(), rows, len: 0, capacity, step: Step::First }
    }

    /// Texts.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The most tokens a row can have.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Tokens in each row.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was read yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes note of tokens that are read, and gives the place of the first.
    fn go_on(&mut self, token_ids: &[Vec<u32>]) -> usize {
        let (position, length) = (self.len, token_ids[0].len());
        let fits = token_ids.len() == self.rows && position + length <= self.capacity;
        assert!(fits, "read: the cache does not fit");
        self.len += length;
        position
    }

    /// Makes row `i` what row `rows[i]` was: beams that go on, sequences that share a prompt or have ended.
    pub fn select_rows(&mut self, rows: &[usize]) {
        if rows.iter().copied().eq(0..self.rows) {
            return;
        }
        self.step = Step::First;
        for layer in &mut self.layers {
            layer.select_rows(rows);
        }
        self.rows = rows.len();
    }
}
