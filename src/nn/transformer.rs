//! A picture's pixels that attend to each other and to the words of a text.
//!
//! Reference: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022),
//! <https://arxiv.org/abs/2112.10752>; the code that this agrees with is diffusers' `Transformer2DModel`,
//! `BasicTransformerBlock` and `FeedForward`.
//!
//! ```text
//! Transformer2DModel:     x [rows, channels, h, w] ► norm ► proj_in ► transformer_blocks ► proj_out ► + x
//!
//! BasicTransformerBlock:  x [rows · h·w, width] ► norm1 ► attn1 to x                   ► + x
//!                                               ► norm2 ► attn2 to the text            ► + x
//!                                               ► norm3 ► ff: net.0.proj ► GEGLU ► net.2 ► + x
//!                         text [rows · tokens, context_channels]
//! ```
//!
//! `proj_in` and `proj_out` are linear layers of pixels, or convolutions of 1 × 1, which compute the same.

use burn::tensor::Tensor;

use super::attention::{from_pixels, to_pixels};
use super::{Attention, AttentionMaps, AttentionOptions, Conv2d, GroupNorm, LayerNorm, Linear};
use crate::kernels::{Activation, Epilogue, geglu};
use crate::weights::Parameters;

const GROUP_NORM_EPS: f64 = 1e-6;
const LAYER_NORM_EPS: f64 = 1e-5;
/// The feed-forward layer is this many times as wide as the pixels.
const FEED_FORWARD: usize = 4;

/// What a [`Transformer2DModel`] is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransformerOptions {
    /// Number of heads. They share the channels evenly; what is left over is projected away and back.
    pub heads: usize,
    /// Number of [`BasicTransformerBlock`]s.
    pub layers: usize,
    /// Channels of the text.
    pub context_channels: usize,
    /// The first attention of a block is to the text as well.
    pub only_cross_attention: bool,
    /// The projections are linear layers, not convolutions.
    pub use_linear_projection: bool,
    /// Groups of the norm.
    pub groups: usize,
}

impl TransformerOptions {
    /// Channels within the transformer of a picture with this many.
    #[must_use]
    pub fn width(&self, channels: usize) -> usize {
        channels / self.heads * self.heads
    }

    /// Numbers for each pixel in the widest tensor on the way: the feed-forward layer's values and gates.
    #[must_use]
    pub fn widest(&self, channels: usize) -> usize {
        2 * FEED_FORWARD * self.width(channels)
    }
}

/// Transformer blocks for the pixels of a picture, around which a residual connection goes.
#[derive(Debug, Clone)]
pub struct Transformer2DModel {
    norm: GroupNorm,
    proj_in: Projection,
    transformer_blocks: Vec<BasicTransformerBlock>,
    proj_out: Projection,
}

impl Transformer2DModel {
    /// A transformer for pictures of `channels`.
    #[must_use]
    pub fn new(options: TransformerOptions, channels: usize, mut parameters: Parameters) -> Self {
        let (width, projection) = (options.width(channels), Projection::of(&options));
        let mut blocks = parameters.within("transformer_blocks");
        let block = |layer| BasicTransformerBlock::new(options, width, blocks.within(layer));
        let transformer_blocks = (0..options.layers).map(block).collect();
        Self {
            norm: GroupNorm::new(parameters.within("norm"), channels, options.groups, GROUP_NORM_EPS),
            proj_in: projection(parameters.within("proj_in"), channels, width),
            transformer_blocks,
            proj_out: projection(parameters.within("proj_out"), width, channels),
        }
    }

    /// `x [rows, channels, height, width]`, in the same shape. `text` is `[rows · tokens, context_channels]`; the attention
    /// that it gets is added to `maps`.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>, text: &Tensor<2>, mut maps: Option<&mut AttentionMaps>) -> Tensor<4> {
        let [rows, _, height, width] = x.dims();
        let normed = self.norm.forward(&x, Activation::Identity);
        let mut pixels = match &self.proj_in {
            Projection::Linear(linear) => linear.forward(&to_pixels(normed), Activation::Identity),
            Projection::Conv(conv) => to_pixels(conv.forward(&normed)),
        };
        for block in &self.transformer_blocks {
            pixels = block.forward(pixels, text, rows, maps.as_deref_mut());
        }
        let shape = [rows, height, width];
        match &self.proj_out {
            Projection::Linear(linear) => {
                from_pixels(linear.forward(&pixels, Activation::Identity), shape) + x
            }
            Projection::Conv(conv) => {
                let epilogue = Epilogue { per_channel: None, residual: Some(x) };
                conv.forward_with(&from_pixels(pixels, shape), &epilogue)
            }
        }
    }
}

/// From a picture's channels to the transformer's, or back.
#[derive(Debug, Clone)]
enum Projection {
    Linear(Linear),
    Conv(Conv2d),
}

impl Projection {
    /// How a projection is built from its parameters, inputs and outputs.
    fn of(options: &TransformerOptions) -> fn(Parameters, usize, usize) -> Self {
        if options.use_linear_projection {
            |parameters, inputs, outputs| Self::Linear(Linear::new(parameters, inputs, outputs))
        } else {
            |parameters, inputs, outputs| Self::Conv(Conv2d::new(parameters, inputs, outputs, 1))
        }
    }
}

/// Attention to each other, attention to a text, and a feed-forward layer.
#[derive(Debug, Clone)]
pub struct BasicTransformerBlock {
    norm1: LayerNorm,
    attn1: Attention,
    norm2: LayerNorm,
    attn2: Attention,
    norm3: LayerNorm,
    ff: FeedForward,
    only_cross_attention: bool,
}

impl BasicTransformerBlock {
    fn new(options: TransformerOptions, width: usize, mut parameters: Parameters) -> Self {
        let TransformerOptions { heads, context_channels, only_cross_attention, .. } = options;
        let of_text = AttentionOptions {
            channels: width,
            context_channels,
            heads,
            head_dim: width / heads,
            bias: false,
        };
        let of_pixels = AttentionOptions { context_channels: width, ..of_text };
        let first = if only_cross_attention { of_text } else { of_pixels };
        let mut norm = |name| LayerNorm::new(parameters.within(name), width, LAYER_NORM_EPS);
        let [norm1, norm2, norm3] = ["norm1", "norm2", "norm3"].map(&mut norm);
        Self {
            norm1,
            attn1: Attention::new(first, parameters.within("attn1")),
            norm2,
            attn2: Attention::new(of_text, parameters.within("attn2")),
            norm3,
            ff: FeedForward::new(width, parameters.within("ff")),
            only_cross_attention,
        }
    }

    /// `x [rows · pixels, width]` to the same shape.
    fn forward(
        &self,
        x: Tensor<2>,
        text: &Tensor<2>,
        rows: usize,
        mut maps: Option<&mut AttentionMaps>,
    ) -> Tensor<2> {
        let normed = self.norm1.forward(&x);
        let x = if self.only_cross_attention {
            self.attn1.forward_to_text(&normed, text, rows, maps.as_deref_mut(), x)
        } else {
            self.attn1.forward_add(&normed, None, rows, x)
        };
        let x = self.attn2.forward_to_text(&self.norm2.forward(&x), text, rows, maps, x);
        self.ff.forward_add(&self.norm3.forward(&x), x)
    }
}

/// Two linear layers with a gate between them.
#[derive(Debug, Clone)]
struct FeedForward {
    proj: Linear,
    out: Linear,
}

impl FeedForward {
    fn new(width: usize, mut parameters: Parameters) -> Self {
        let inner = FEED_FORWARD * width;
        Self {
            proj: Linear::new(parameters.within("net.0.proj"), width, 2 * inner),
            out: Linear::new(parameters.within("net.2"), inner, width),
        }
    }

    /// `out(geglu(proj(x))) + residual`
    fn forward_add(&self, x: &Tensor<2>, residual: Tensor<2>) -> Tensor<2> {
        self.out.forward_add(&geglu(&self.proj.forward(x, Activation::Identity)), residual)
    }
}
