//! [`attention`](super::attention) for the CPU: one query after the other.

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};

use super::AttentionCall;
use crate::kernels::cpu::lanes::{add_scaled, dot, exp_of_differences, largest_of};
use crate::kernels::cpu::numbers;

/// What comes out, and the keys and values with those of the new tokens.
pub fn attention(
    qkv: &Tensor<2>,
    [keys, values]: [Tensor<4>; 2],
    AttentionCall { positions, scale }: AttentionCall,
) -> (Tensor<2>, [Tensor<4>; 2]) {
    let ([tokens, width], shape) = (qkv.dims(), keys.dims());
    let (mut keys, mut values) = (numbers(keys), numbers(values));
    let mixed = mix(
        numbers(qkv.clone()).storage(),
        keys.storage_mut(),
        values.storage_mut(),
        shape,
        positions.values()[0],
        scale,
    );
    let mixed = Tensor::from_data(TensorData::new(mixed, [tokens, width / 3]), &qkv.device());
    (mixed, [keys, values].map(Tensor::from_primitive::<Flex>))
}

/// `keys` and `values` have the `shape` of the cache, `[rows, n_head, capacity, head_size]`.
fn mix(
    qkv: &[f32],
    keys: &mut [f32],
    values: &mut [f32],
    [rows, n_head, capacity, head_size]: [usize; 4],
    position: usize,
    scale: f32,
) -> Vec<f32> {
    let width = n_head * head_size;
    let length = qkv.len() / (3 * width) / rows;
    let mut mixed = vec![0.0; rows * length * width];
    let mut scores = vec![0.0; position + length];
    for row in 0..rows {
        for head in 0..n_head {
            let cache = (row * n_head + head) * capacity * head_size..;
            let (keys, values) = (&mut keys[cache.clone()], &mut values[cache]);
            let part = |token: usize, part: usize| {
                &qkv[((row * length + token) * 3 + part) * width + head * head_size..][..head_size]
            };
            for token in 0..length {
                let new = (position + token) * head_size..(position + token + 1) * head_size;
                keys[new.clone()].copy_from_slice(part(token, 1));
                values[new].copy_from_slice(part(token, 2));

                let scores = &mut scores[..=position + token];
                let query = part(token, 0);
                for (score, key) in scores.iter_mut().zip(keys.chunks_exact(head_size)) {
                    *score = scale * dot(query, key);
                }
                let largest = largest_of(scores);
                let total = exp_of_differences(scores, largest);
                let to = &mut mixed[(row * length + token) * width + head * head_size..][..head_size];
                for (score, value) in scores.iter().zip(values.chunks_exact(head_size)) {
                    add_scaled(to, score / total, value);
                }
            }
        }
    }
    mixed
}
