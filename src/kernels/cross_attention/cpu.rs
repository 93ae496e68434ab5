//! [`cross_attention`](super::cross_attention) for the CPU.

use burn::tensor::{Tensor, TensorData};

use super::scale_of;
use crate::kernels::cpu::lanes::{add_scaled, exp_of_differences};
use crate::kernels::cpu::numbers;

pub fn cross_attention(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    values: &Tensor<2>,
    rows: usize,
    heads: usize,
) -> Tensor<2> {
    let shape @ [_, width] = queries.dims();
    let [q, k, v] = [queries, keys, values].map(|tensor| numbers(tensor.clone()));
    let mixed = mix(q.storage(), k.storage(), v.storage(), [rows, heads, width]);
    Tensor::from_data(TensorData::new(mixed, shape), &queries.device())
}

/// A head of a row at a time, whose keys are turned so that a query meets four of them at once.
fn mix(queries: &[f32], keys: &[f32], values: &[f32], [rows, heads, width]: [usize; 3]) -> Vec<f32> {
    let (head_size, key_count) = (width / heads, keys.len() / width / rows);
    let scale = scale_of(head_size);
    let mut mixed = vec![0.0; queries.len()];
    let mut turned = vec![0.0; head_size * key_count];
    let mut scores = vec![0.0; key_count];
    let of_rows = |all: usize| (all / rows).max(1);
    let (queries, keys, values) = (
        queries.chunks_exact(of_rows(queries.len())),
        keys.chunks_exact(of_rows(keys.len())),
        values.chunks_exact(of_rows(values.len())),
    );
    let of_row = of_rows(mixed.len());
    for (((mixed, queries), keys), values) in
        mixed.chunks_exact_mut(of_row).zip(queries).zip(keys).zip(values)
    {
        for head in 0..heads {
            let part = head * head_size..(head + 1) * head_size;
            for (position, key) in keys.chunks_exact(width).enumerate() {
                for (dim, number) in key[part.clone()].iter().enumerate() {
                    turned[dim * key_count + position] = scale * number;
                }
            }
            for (to, query) in mixed.chunks_exact_mut(width).zip(queries.chunks_exact(width)) {
                scores.fill(0.0);
                for (number, keys) in query[part.clone()].iter().zip(turned.chunks_exact(key_count)) {
                    add_scaled(&mut scores, *number, keys);
                }
                let total = exp_of_differences(&mut scores);
                for (score, value) in scores.iter().zip(values.chunks_exact(width)) {
                    add_scaled(&mut to[part.clone()], score / total, &value[part.clone()]);
                }
            }
        }
    }
    mixed
}
