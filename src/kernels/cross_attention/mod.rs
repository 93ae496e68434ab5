//! Attention of any queries to any keys, without order: of a picture's pixels to each other, or to the words of a text.
//!
//! Source: Vaswani et al., "Attention Is All You Need" (2017), <https://arxiv.org/abs/1706.03762>.

mod cpu;
#[cfg(gpu)]
mod gpu;
mod probs;

use burn::tensor::{Tensor, activation::softmax};

use super::gradients::tracks_gradients;

pub use probs::{cross_attention_probs, cross_attention_probs_twin};

/// `softmax(scale · queries · keysᵀ) · values` in every head. `queries [rows · n, heads · head_size]`, `keys` and `values`
/// `[rows · m, heads · head_size]`; gives `[rows · n, heads · head_size]`.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
#[must_use]
pub fn cross_attention(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    values: &Tensor<2>,
    rows: usize,
    heads: usize,
) -> Tensor<2> {
    let ([all, width], [others, _]) = (queries.dims(), keys.dims());
    assert!(
        keys.dims() == [others, width]
            && values.dims() == [others, width]
            && [all, others].iter().all(|count| count.is_multiple_of(rows))
            && width.is_multiple_of(heads),
        "cross_attention: the shapes do not fit"
    );
    if tracks_gradients([queries, keys, values]) {
        return cross_attention_twin(queries, keys, values, rows, heads);
    }
    #[cfg(gpu)]
    if let Some(y) = gpu::cross_attention(queries, keys, values, rows, heads) {
        return y;
    }
    cpu::cross_attention(queries, keys, values, rows, heads)
}

/// `1 / √head_size`
#[allow(clippy::cast_precision_loss)] // a size has fewer than 24 bits
fn scale_of(head_size: usize) -> f32 {
    1.0 / (head_size as f32).sqrt()
}

/// The same as [`cross_attention`] in Burn's own operations.
#[must_use]
pub fn cross_attention_twin(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    values: &Tensor<2>,
    rows: usize,
    heads: usize,
) -> Tensor<2> {
    let shape @ [_, width] = queries.dims();
    let [queries, keys, values] = [queries, keys, values].map(|tensor| in_heads(tensor, rows, heads));
    let scores = queries.mul_scalar(scale_of(width / heads)).matmul(keys.swap_dims(2, 3));
    softmax(scores, 3).matmul(values).swap_dims(1, 2).reshape(shape)
}

/// `[rows · n, heads · head_size]` as `[rows, heads, n, head_size]`.
fn in_heads(tensor: &Tensor<2>, rows: usize, heads: usize) -> Tensor<4> {
    let [all, width] = tensor.dims();
    tensor.clone().reshape([rows, all / rows, heads, width / heads]).swap_dims(1, 2)
}
