//! Hand-written kernels, where Burn's own cost the most: one function each, for the GPU and for the CPU.
//!
//! Each has a twin of plain Burn operations, which says what it computes and which the tests compare it with. The twin also
//! computes where Burn tracks gradients, so that Burn can differentiate the very `forward` that ships.
//! What each is worth is measured by `npm run bench` and kept in `benches/README.md`.

mod activation;
mod activation_gradient;
mod adam;
mod attention;
mod conv2d;
mod copy;
mod cpu;
mod cross_attention;
mod gather;
mod geglu;
#[cfg(gpu)]
mod gpu;
mod gradients;
mod group_moments;
mod group_norm;
mod indices;
mod layer_norm;
mod linear;
mod recording;
mod weight;

pub use activation::{Activation, activate};
pub use activation_gradient::{activation_gradient, activation_gradient_twin};
pub use adam::{AdamStep, adam, adam_twin};
pub use attention::{AttentionCall, KeyValues, attention, attention_probs, attention_twin};
pub use conv2d::{ConvGeometry, ConvKernels, ConvWeight, Epilogue, KEPT_BYTES, conv2d, conv2d_twin};
pub use copy::{copy, copy_into};
#[cfg(target_arch = "wasm32")]
pub(crate) use cpu::fused;
pub use cross_attention::{
    cross_attention, cross_attention_probs, cross_attention_probs_twin, cross_attention_twin,
};
pub use gather::{gather, gather_twin};
pub use geglu::{geglu, geglu_twin};
#[cfg(gpu)]
pub use gpu::Adapter;
pub use group_moments::{group_moments, group_moments_twin};
pub use group_norm::{GroupNormCall, group_norm, group_norm_twin};
pub use indices::Indices;
pub use layer_norm::{LayerNormCall, layer_norm, layer_norm_twin};
pub use linear::{LinearCall, linear, linear_layer, linear_twin, matmul};
pub use recording::Recording;
pub use weight::{Format, Layout, Q8_BLOCK, Weight};
