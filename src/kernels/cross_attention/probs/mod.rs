//! What attends to what: the probabilities that [`cross_attention`](super::cross_attention) weighs values with.

mod cpu;
#[cfg(gpu)]
mod gpu;

use burn::tensor::{Tensor, activation::softmax};

use super::{in_heads, scale_of};
use crate::kernels::gradients::tracks_gradients;

/// `softmax(scale · queries · keysᵀ)`, the mean over the heads. `queries [rows · n, heads · head_size]`, `keys`
/// `[rows · m, heads · head_size]`; gives `[rows · n, m]`.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
#[must_use]
pub fn cross_attention_probs(queries: &Tensor<2>, keys: &Tensor<2>, rows: usize, heads: usize) -> Tensor<2> {
    let ([all, width], [others, _]) = (queries.dims(), keys.dims());
    assert!(
        keys.dims() == [others, width]
            && [all, others].iter().all(|count| count.is_multiple_of(rows))
            && width.is_multiple_of(heads),
        "cross_attention_probs: the shapes do not fit"
    );
    if tracks_gradients([queries, keys]) {
        return cross_attention_probs_twin(queries, keys, rows, heads);
    }
    #[cfg(gpu)]
    if let Some(y) = gpu::cross_attention_probs(queries, keys, rows, heads) {
        return y;
    }
    cpu::cross_attention_probs(queries, keys, rows, heads)
}

/// The same as [`cross_attention_probs`] in Burn's own operations.
#[must_use]
pub fn cross_attention_probs_twin(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    rows: usize,
    heads: usize,
) -> Tensor<2> {
    let ([all, width], [others, _]) = (queries.dims(), keys.dims());
    let scaled = in_heads(queries, rows, heads).mul_scalar(scale_of(width / heads));
    let scores = scaled.matmul(in_heads(keys, rows, heads).swap_dims(2, 3));
    softmax(scores, 3).mean_dim(1).reshape([all, others / rows])
}
