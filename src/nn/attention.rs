//! Attention of any rows to any: a picture's pixels to each other, or to the words of a text.
//!
//! Reference: Vaswani et al., "Attention Is All You Need" (2017); the code that this agrees with is diffusers'
//! `Attention` with `AttnProcessor2_0`.
//!
//! ```text
//! Attention:       x [rows · n, channels] ► to_q ► queries [rows, heads, n, head_dim]
//!                  context [rows · m, context_channels] ► to_k, to_v ► keys, values [rows, heads, m, head_dim]
//!                  softmax(queries · keysᵀ / √head_dim) · values ► to_out ► [rows · n, channels]
//!
//! AttentionBlock:  x [rows, channels, h, w] ► group_norm ► pixels [rows · h·w, channels] ► Attention ► + x ► / factor
//! ```

use burn::tensor::Tensor;

use super::resnet::rescale;
use super::{AttentionMaps, GroupNorm, Linear};
use crate::kernels::{Activation, cross_attention, cross_attention_probs};
use crate::weights::Parameters;

/// What an [`Attention`] is made for.
#[derive(Debug, Clone, Copy)]
pub struct AttentionOptions {
    /// Channels of what attends, and of the result.
    pub channels: usize,
    /// Channels of what is attended to.
    pub context_channels: usize,
    /// Number of heads.
    pub heads: usize,
    /// Size of a head. All heads together need not be as wide as the channels.
    pub head_dim: usize,
    /// Queries, keys and values have a bias. The output always has one.
    pub bias: bool,
}

/// Attention of every row to every row of a context, or to each other.
#[derive(Debug, Clone)]
pub struct Attention {
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
    heads: usize,
}

impl Attention {
    /// A layer of a checkpoint's tensors.
    #[must_use]
    pub fn new(options: AttentionOptions, mut parameters: Parameters) -> Self {
        let AttentionOptions { channels, context_channels, heads, head_dim, bias } = options;
        let linear = if bias { Linear::new } else { Linear::without_bias };
        let inner = heads * head_dim;
        Self {
            to_q: linear(parameters.within("to_q"), channels, inner),
            to_k: linear(parameters.within("to_k"), context_channels, inner),
            to_v: linear(parameters.within("to_v"), context_channels, inner),
            to_out: Linear::new(parameters.within("to_out.0"), inner, channels),
            heads,
        }
    }

    /// `x [rows · n, channels]` to the same shape, `rows` being independent of each other. `context` is
    /// `[rows · m, context_channels]`; without one, `x` attends to itself.
    #[must_use]
    pub fn forward(&self, x: &Tensor<2>, context: Option<&Tensor<2>>, rows: usize) -> Tensor<2> {
        let mixed = self.mix(x, context.unwrap_or(x), rows, None);
        self.to_out.forward(&mixed, Activation::Identity)
    }

    /// The same added to `residual [rows · n, channels]`.
    #[must_use]
    pub fn forward_add(
        &self,
        x: &Tensor<2>,
        context: Option<&Tensor<2>>,
        rows: usize,
        residual: Tensor<2>,
    ) -> Tensor<2> {
        self.to_out.forward_add(&self.mix(x, context.unwrap_or(x), rows, None), residual)
    }

    /// The same of a picture's pixels to the tokens of a text. The attention that these get is added to `maps`.
    #[must_use]
    pub fn forward_to_text(
        &self,
        x: &Tensor<2>,
        text: &Tensor<2>,
        rows: usize,
        maps: Option<&mut AttentionMaps>,
        residual: Tensor<2>,
    ) -> Tensor<2> {
        self.to_out.forward_add(&self.mix(x, text, rows, maps), residual)
    }

    /// The values of the context, mixed for every row of `x`: `[rows · n, heads · head_dim]`.
    fn mix(
        &self,
        x: &Tensor<2>,
        context: &Tensor<2>,
        rows: usize,
        maps: Option<&mut AttentionMaps>,
    ) -> Tensor<2> {
        let queries = self.to_q.forward(x, Activation::Identity);
        let keys = self.to_k.forward(context, Activation::Identity);
        let values = self.to_v.forward(context, Activation::Identity);
        if let Some(maps) = maps {
            maps.add(cross_attention_probs(&queries, &keys, rows, self.heads), rows);
        }
        cross_attention(&queries, &keys, &values, rows, self.heads)
    }
}

/// What an [`AttentionBlock`] is made for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttentionBlockOptions {
    /// `None` is one head of all channels.
    pub head_dim: Option<usize>,
    /// Groups of the norm; `None` is no norm.
    pub groups: Option<usize>,
    /// What the norm adds to the variance.
    pub eps: f64,
    /// What the sum is divided by.
    pub rescale_output_factor: f64,
}

/// Attention among the pixels of a picture, around which a residual connection goes.
#[derive(Debug, Clone)]
pub struct AttentionBlock {
    group_norm: Option<GroupNorm>,
    attention: Attention,
    rescale_output_factor: f64,
}

impl AttentionBlock {
    /// A block for pictures of `channels`.
    #[must_use]
    pub fn new(options: AttentionBlockOptions, channels: usize, mut parameters: Parameters) -> Self {
        let AttentionBlockOptions { head_dim, groups, eps, rescale_output_factor } = options;
        let norm = |groups| GroupNorm::new(parameters.within("group_norm"), channels, groups, eps);
        let group_norm = groups.map(norm);
        let head_dim = head_dim.unwrap_or(channels);
        let heads = channels / head_dim; // some channels are left over where they cannot be shared evenly
        let options = AttentionOptions { channels, context_channels: channels, heads, head_dim, bias: true };
        Self { group_norm, attention: Attention::new(options, parameters), rescale_output_factor }
    }

    /// The name that a tensor of a block has today: before diffusers 0.15 its layers had others.
    #[must_use]
    pub fn name_of(name: &str) -> String {
        let names = [
            (".query.", ".to_q."),
            (".key.", ".to_k."),
            (".value.", ".to_v."),
            (".proj_attn.", ".to_out.0."),
        ];
        let older = names.into_iter().find(|(older, _)| name.contains(older));
        older.map_or_else(|| name.to_owned(), |(older, today)| name.replace(older, today))
    }

    /// `x [rows, channels, height, width]`, in the same shape.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [rows, _, height, width] = x.dims();
        let normed = match &self.group_norm {
            Some(norm) => norm.forward(&x, Activation::Identity),
            None => x.clone(),
        };
        let out = self.attention.forward(&to_pixels(normed), None, rows);
        rescale(x + from_pixels(out, [rows, height, width]), self.rescale_output_factor)
    }
}

/// A picture `[rows, channels, height, width]` as its pixels, `[rows · height · width, channels]`.
pub(super) fn to_pixels(x: Tensor<4>) -> Tensor<2> {
    let [rows, channels, height, width] = x.dims();
    let pixels = height * width;
    x.reshape([rows, channels, pixels]).swap_dims(1, 2).reshape([rows * pixels, channels])
}

/// The picture of `pixels [rows · height · width, channels]`: `[rows, channels, height, width]`.
pub(super) fn from_pixels(pixels: Tensor<2>, [rows, height, width]: [usize; 3]) -> Tensor<4> {
    let [_, channels] = pixels.dims();
    let channels_first = pixels.reshape([rows, height * width, channels]).swap_dims(1, 2);
    channels_first.reshape([rows, channels, height, width])
}
