//! [`cross_attention_probs`](super::cross_attention_probs) for the CPU.

use burn::tensor::{Tensor, TensorData};

use super::scale_of;
use crate::kernels::cpu::lanes::{add_scaled, exp_of_differences, largest_of};
use crate::kernels::cpu::numbers;

pub fn cross_attention_probs(queries: &Tensor<2>, keys: &Tensor<2>, rows: usize, heads: usize) -> Tensor<2> {
    let ([all, width], [others, _]) = (queries.dims(), keys.dims());
    let [q, k] = [queries, keys].map(|tensor| numbers(tensor.clone()));
    let mut probs = vec![0.0; all * (others / rows)];
    let sizes = [heads, width, all / rows, others / rows];
    if !probs.is_empty() {
        add_probs(&mut probs, q.storage(), k.storage(), sizes);
    }
    Tensor::from_data(TensorData::new(probs, [all, others / rows]), &queries.device())
}

/// A head of a row at a time, whose keys are turned so that a query meets four of them at once.
#[allow(clippy::cast_precision_loss)] // the number of heads
fn add_probs(
    probs: &mut [f32],
    queries: &[f32],
    keys: &[f32],
    [heads, width, query_count, key_count]: [usize; 4],
) {
    let head_size = width / heads;
    let scale = scale_of(head_size);
    let mut turned = vec![0.0; head_size * key_count];
    let mut scores = vec![0.0; key_count];
    let of_row = probs.chunks_exact_mut(query_count * key_count);
    let others = queries.chunks_exact(query_count * width).zip(keys.chunks_exact(key_count * width));
    for (probs, (queries, keys)) in of_row.zip(others) {
        for head in 0..heads {
            let part = head * head_size..(head + 1) * head_size;
            for (position, key) in keys.chunks_exact(width).enumerate() {
                for (dim, number) in key[part.clone()].iter().enumerate() {
                    turned[dim * key_count + position] = scale * number;
                }
            }
            for (probs, query) in probs.chunks_exact_mut(key_count).zip(queries.chunks_exact(width)) {
                scores.fill(0.0);
                for (number, keys) in query[part.clone()].iter().zip(turned.chunks_exact(key_count)) {
                    add_scaled(&mut scores, *number, keys);
                }
                let largest = largest_of(&scores);
                let total = exp_of_differences(&mut scores, largest);
                add_scaled(probs, 1.0 / (total * heads as f32), &scores);
            }
        }
    }
}
