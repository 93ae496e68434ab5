//! [`layer_norm`](super::layer_norm) for the CPU.

use burn::tensor::{Tensor, TensorData};

use super::LayerNormCall;
use crate::kernels::cpu::lanes::{dot, sum};
use crate::kernels::cpu::numbers;

pub fn layer_norm(x: &Tensor<2>, call: LayerNormCall) -> Tensor<2> {
    let shape @ [_, width] = x.dims();
    let (gamma, beta) = (numbers(call.gamma.clone()), numbers(call.beta.clone()));
    let mut y = numbers(x.clone()).storage::<f32>().to_vec();
    for row in y.chunks_exact_mut(width) {
        normalise(row, gamma.storage(), beta.storage(), call.epsilon);
    }
    Tensor::from_data(TensorData::new(y, shape), &x.device())
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // a width, and a small number
fn normalise(row: &mut [f32], gamma: &[f32], beta: &[f32], epsilon: f64) {
    let width = row.len() as f32;
    let mean = sum(row) / width;
    for x in row.iter_mut() {
        *x -= mean;
    }
    let scale = 1.0 / (dot(row, row) / width + epsilon as f32).sqrt();
    for ((x, gamma), beta) in row.iter_mut().zip(gamma).zip(beta) {
        *x = *x * scale * gamma + beta;
    }
}
