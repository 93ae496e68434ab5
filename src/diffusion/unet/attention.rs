//! Attention among the places of a picture.
//!
//! Reference: Vaswani et al., "Attention Is All You Need" (2017); the code that this agrees with is diffusers'
//! `Attention` with `AttnProcessor2_0`.
//!
//! ```text
//! x [rows, channels, h, w] ► group_norm ► places [rows · h·w, channels] ► to_q, to_k, to_v
//!                                       ► queries, keys, values [rows, heads, h·w, head_dim]
//! softmax(queries · keysᵀ / √head_dim) · values ► to_out ► + x ► / scale
//! ```

use burn::tensor::Tensor;

use super::resnet::rescale;
use crate::kernels::{Activation, cross_attention};
use crate::nn::{GroupNorm, Linear};
use crate::weights::Parameters;

/// What an [`Attention`] is made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct AttentionOptions {
    /// `None` is one head of all channels.
    pub head_dim: Option<usize>,
    /// Groups of the norm; `None` is no norm.
    pub groups: Option<usize>,
    pub eps: f64,
    pub rescale_output_factor: f64,
}

#[derive(Debug, Clone)]
pub(super) struct Attention {
    group_norm: Option<GroupNorm>,
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
    heads: usize,
    rescale_output_factor: f64,
}

impl Attention {
    pub fn new(options: AttentionOptions, channels: usize, mut parameters: Parameters) -> Self {
        let AttentionOptions { groups, eps, rescale_output_factor, .. } = options;
        let head_dim = options.head_dim.unwrap_or(channels);
        let heads = channels / head_dim;
        let inner = heads * head_dim; // fewer than the channels where they cannot be shared evenly
        Self {
            group_norm: groups
                .map(|groups| GroupNorm::new(parameters.within("group_norm"), channels, groups, eps)),
            to_q: Linear::new(parameters.within("to_q"), channels, inner),
            to_k: Linear::new(parameters.within("to_k"), channels, inner),
            to_v: Linear::new(parameters.within("to_v"), channels, inner),
            to_out: Linear::new(parameters.within("to_out.0"), inner, channels),
            heads,
            rescale_output_factor,
        }
    }

    /// `x [rows, channels, height, width]`, in the same shape.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shape @ [rows, channels, height, width] = x.dims();
        let places = height * width;
        let normed = match &self.group_norm {
            Some(norm) => norm.forward(&x, Activation::Identity),
            None => x.clone(),
        };
        let normed =
            normed.reshape([rows, channels, places]).swap_dims(1, 2).reshape([rows * places, channels]);
        let of = |linear: &Linear| linear.forward(&normed, Activation::Identity);
        let (queries, keys, values) = (of(&self.to_q), of(&self.to_k), of(&self.to_v));
        let mixed = cross_attention(&queries, &keys, &values, rows, self.heads);
        let out = self.to_out.forward(&mixed, Activation::Identity);
        let out = out.reshape([rows, places, channels]).swap_dims(1, 2).reshape(shape);
        rescale(x + out, self.rescale_output_factor)
    }
}
