//! [`group_norm`](super::group_norm) for the CPU.

use burn::tensor::{Tensor, TensorData};

use super::GroupNormCall;
use crate::kernels::cpu::lanes::{dot, sum};
use crate::kernels::cpu::numbers;

pub fn group_norm(x: &Tensor<4>, call: &GroupNormCall) -> Tensor<4> {
    let shape @ [rows, channels, height, width] = x.dims();
    let (gamma, beta) = (numbers(call.gamma.clone()), numbers(call.beta.clone()));
    let (gamma, beta): (&[f32], &[f32]) = (gamma.storage(), beta.storage());
    let mut y = numbers(x.clone()).storage::<f32>().to_vec();
    let (plane, of_group) = (height * width, channels / call.groups);
    let groups = y.chunks_exact_mut((of_group * plane).max(1)).take(rows * call.groups).enumerate();
    for (index, group) in groups {
        let first = index % call.groups * of_group;
        let channels = first..first + of_group;
        normalise(group, &gamma[channels.clone()], &beta[channels], call.epsilon);
        call.activation.apply(group);
    }
    Tensor::from_data(TensorData::new(y, shape), &x.device())
}

/// A group of as many channels as there are `gamma`s.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // a count, and a small number
fn normalise(group: &mut [f32], gamma: &[f32], beta: &[f32], epsilon: f64) {
    let count = group.len() as f32;
    let mean = sum(group) / count;
    for x in group.iter_mut() {
        *x -= mean;
    }
    let scale = 1.0 / (dot(group, group) / count + epsilon as f32).sqrt();
    let plane = group.len() / gamma.len();
    for ((channel, gamma), beta) in group.chunks_exact_mut(plane).zip(gamma).zip(beta) {
        let factor = scale * gamma;
        for x in channel {
            *x = *x * factor + beta;
        }
    }
}
