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
//! The checkpoint's `Conv1D` weights are `[in, out]`, as Burn's `Linear` has them: nothing is transposed but `lm_head`.

use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData, activation::softmax};

use super::config::Config;
use crate::kernels::{Activation, linear_layer};
use crate::weights::Key;

/// Attention of every token to itself and those before it.
#[derive(Module, Debug)]
pub struct Attention {
    c_attn: Linear,
    c_proj: Linear,
    n_head: usize,
    scale: f64,
}

impl Attention {
    fn new(config: &Config, layer: usize, device: &Device) -> Self {
        let width = config.n_embd;
        let mut scale = 1.0;
        #[allow(clippy::cast_precision_loss)] // sizes are small
        if config.scale_attn_weights {
            scale /= (config.head_size() as f64).sqrt();
        }
        #[allow(clippy::cast_precision_loss)]
        if config.scale_attn_by_inverse_layer_idx {
            scale /= (layer + 1) as f64;
        }
        Self {
            c_attn: LinearConfig::new(width, 3 * width).init(device),
            c_proj: LinearConfig::new(width, width).init(device),
            n_head: config.n_head,
            scale,
        }
    }

    /// `x [rows, length, n_embd]` to the same shape. `cache` holds the tokens before and gets these as well.
    fn forward(&self, x: Tensor<3>, cache: &mut LayerCache, position: usize) -> Tensor<3> {
        let [rows, length, width] = x.dims();
        let head_size = width / self.n_head;
        let parts = apply(&self.c_attn, x, Activation::Identity);
        let part = |index: usize| {
            let part = parts.clone().narrow(2, index * width, width);
            part.reshape([rows, length, self.n_head, head_size]).swap_dims(1, 2)
        };
        let (queries, keys, values) = (part(0).mul_scalar(self.scale), part(1), part(2));
        let (keys, values) = cache.append(keys, values, position);
        let mut scores = queries.matmul(keys.swap_dims(2, 3)); // [rows, n_head, length, position + length]
        if length > 1 {
            #[allow(clippy::cast_possible_wrap)] // at most n_positions
            let ahead =
                Tensor::<2, Bool>::tril_mask([length, position + length], position as i64, &scores.device());
            let ahead = ahead.unsqueeze::<4>().expand(scores.dims());
            scores = scores.mask_fill(ahead, f32::MIN);
        }
        let mixed = softmax(scores, 3).matmul(values);
        apply(&self.c_proj, mixed.swap_dims(1, 2).reshape([rows, length, width]), Activation::Identity)
    }
}

/// The feed-forward network of a block.
#[derive(Module, Debug)]
pub struct Mlp {
    c_fc: Linear,
    c_proj: Linear,
}

impl Mlp {
    fn new(config: &Config, device: &Device) -> Self {
        Self {
            c_fc: LinearConfig::new(config.n_embd, config.inner()).init(device),
            c_proj: LinearConfig::new(config.inner(), config.n_embd).init(device),
        }
    }

    fn forward(&self, x: Tensor<3>, activation: Activation) -> Tensor<3> {
        apply(&self.c_proj, apply(&self.c_fc, x, activation), Activation::Identity)
    }
}

/// One Transformer block, with its layer norms before the parts ("pre-norm").
#[derive(Module, Debug)]
pub struct Block {
    ln_1: LayerNorm,
    attn: Attention,
    ln_2: LayerNorm,
    mlp: Mlp,
}

impl Block {
    fn new(config: &Config, layer: usize, device: &Device) -> Self {
        Self {
            ln_1: layer_norm(config, device),
            attn: Attention::new(config, layer, device),
            ln_2: layer_norm(config, device),
            mlp: Mlp::new(config, device),
        }
    }

    fn forward(
        &self,
        x: Tensor<3>,
        cache: &mut LayerCache,
        position: usize,
        activation: Activation,
    ) -> Tensor<3> {
        let x = x.clone() + self.attn.forward(self.ln_1.forward(x), cache, position);
        x.clone() + self.mlp.forward(self.ln_2.forward(x), activation)
    }
}

/// The network without its head.
#[derive(Module, Debug)]
pub struct Transformer {
    wte: Embedding,
    wpe: Embedding,
    h: Vec<Block>,
    ln_f: LayerNorm,
}

/// The whole language model.
#[derive(Module, Debug)]
pub struct Gpt2 {
    transformer: Transformer,
    /// Only where the head is not the token embedding.
    lm_head: Option<Linear>,
}

impl Gpt2 {
    /// The network with parameters that wait for a checkpoint.
    #[must_use]
    pub fn new(config: &Config, device: &Device) -> Self {
        let transformer = Transformer {
            wte: EmbeddingConfig::new(config.vocab_size, config.n_embd).init(device),
            wpe: EmbeddingConfig::new(config.n_positions, config.n_embd).init(device),
            h: (0..config.n_layer).map(|layer| Block::new(config, layer, device)).collect(),
            ln_f: layer_norm(config, device),
        };
        let lm_head = (!config.tie_word_embeddings)
            .then(|| LinearConfig::new(config.n_embd, config.vocab_size).with_bias(false).init(device));
        Self { transformer, lm_head }
    }

    /// Reads `token_ids`, rows of one length, after those that `cache` holds already.
    /// Gives the last block's output after `ln_f`, `[rows, length, n_embd]`.
    ///
    /// # Panics
    /// When the rows are not those of the cache, or go beyond its capacity.
    #[must_use]
    pub fn read(&self, token_ids: &[Vec<u32>], cache: &mut Cache, activation: Activation) -> Tensor<3> {
        let Transformer { wte, wpe, h, ln_f } = &self.transformer;
        let (rows, length, position) = (token_ids.len(), token_ids[0].len(), cache.len);
        assert!(rows == cache.rows && position + length <= cache.capacity, "read: the cache does not fit");
        let device = wte.weight.device();
        let ids = indices(token_ids.iter().flatten().map(|&id| id as usize), &device);
        let tokens = wte.weight.val().select(0, ids).reshape([rows, length, wte.weight.dims()[1]]);
        let positions = wpe.weight.val().narrow(0, position, length).unsqueeze::<3>();
        let mut x = tokens + positions;
        for (block, cache) in h.iter().zip(&mut cache.layers) {
            x = block.forward(x, cache, position, activation);
        }
        cache.len += length;
        ln_f.forward(x)
    }

    /// The scores of each token to come next, `[rows, vocab_size]`, after `hidden [rows, n_embd]`.
    #[must_use]
    pub fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        match &self.lm_head {
            Some(head) => hidden.matmul(head.weight.val()),
            None => hidden.matmul(self.transformer.wte.weight.val().transpose()),
        }
    }
}

/// The keys and values of the tokens read so far. It belongs to a run, never to the model.
#[derive(Debug)]
pub struct Cache {
    layers: Vec<LayerCache>,
    rows: usize,
    len: usize,
    capacity: usize,
}

/// Keys and values of one block, each `[rows, n_head, capacity, head_size]`.
#[derive(Debug)]
struct LayerCache {
    keys: Option<Tensor<4>>,
    values: Option<Tensor<4>>,
}

impl Cache {
    /// An empty cache for `rows` texts of up to `capacity` tokens.
    #[must_use]
    pub fn new(config: &Config, rows: usize, capacity: usize, device: &Device) -> Self {
        let shape = [rows, config.n_head, capacity, config.head_size()];
        let empty = || Some(Tensor::zeros(shape, device));
        let layers = (0..config.n_layer).map(|_| LayerCache { keys: empty(), values: empty() }).collect();
        Self { layers, rows, len: 0, capacity }
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

    /// Makes row `i` what row `rows[i]` was: beams that go on, sequences that share a prompt or have ended.
    pub fn select_rows(&mut self, rows: &[usize]) {
        if rows.iter().copied().eq(0..self.rows) {
            return;
        }
        for half in self.layers.iter_mut().flat_map(|layer| [&mut layer.keys, &mut layer.values]) {
            *half = half.take().map(|tensor| {
                let index = indices(rows.iter().copied(), &tensor.device());
                tensor.select(0, index)
            });
        }
        self.rows = rows.len();
    }
}

impl LayerCache {
    /// Writes `keys` and `values [rows, n_head, length, head_size]` from `position` on and gives all there are then.
    fn append(&mut self, keys: Tensor<4>, values: Tensor<4>, position: usize) -> (Tensor<4>, Tensor<4>) {
        let end = position + keys.dims()[2];
        // Taken out, so that the tensor has one owner and is written in place.
        let write = |half: &mut Option<Tensor<4>>, new: Tensor<4>| {
            let [rows, heads, _, size] = new.dims();
            let all = match half.take() {
                Some(all) => all.slice_assign([0..rows, 0..heads, position..end, 0..size], new),
                None => new,
            };
            *half = Some(all.clone());
            all.narrow(2, 0, end)
        };
        (write(&mut self.keys, keys), write(&mut self.values, values))
    }
}

/// Token ids or row numbers as a tensor.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // sizes are at most `Config::MAX_SIZE`
fn indices(numbers: impl Iterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let numbers: Vec<i32> = numbers.map(|number| number as i32).collect();
    Tensor::from_data(TensorData::from(numbers.as_slice()), device)
}

fn layer_norm(config: &Config, device: &Device) -> LayerNorm {
    LayerNormConfig::new(config.n_embd).with_epsilon(config.layer_norm_epsilon).init(device)
}

/// A linear layer and an activation on the last dimension.
fn apply(layer: &Linear, x: Tensor<3>, activation: Activation) -> Tensor<3> {
    let [rows, length, inner] = x.dims();
    let y = linear_layer(layer, x.reshape([rows * length, inner]), activation);
    y.reshape([rows, length, layer.weight.dims()[1]])
}

/// Where a parameter of [`Gpt2`] stands in the checkpoint, without the prefix `transformer.`, which some lack.
#[must_use]
pub fn key_map(path: &str, layer: &str) -> Key {
    let name = path.strip_prefix("transformer.").unwrap_or(path);
    let name = match layer {
        "LayerNorm" => name.replace(".gamma", ".weight").replace(".beta", ".bias"),
        _ => name.to_owned(),
    };
    Key { transposed: name == "lm_head.weight", name }
}
