//! [`activation_gradient`](super::activation_gradient) for the CPU.

use burn::backend::Flex;
use burn::tensor::Tensor;

use super::{Activation, unsupported};
use crate::kernels::cpu::numbers;

pub fn activation_gradient(y: &Tensor<2>, gradient: Tensor<2>, activation: Activation) -> Tensor<2> {
    let (y, mut result) = (numbers(y.clone()), numbers(gradient));
    let (y, to) = (y.storage::<f32>(), result.storage_mut::<f32>());
    match activation {
        Activation::Identity => {}
        Activation::Relu => scale(to, y, |y| if y > 0.0 { 1.0 } else { 0.0 }),
        Activation::LeakyRelu(slope) => scale(to, y, |y| if y > 0.0 { 1.0 } else { slope }),
        Activation::Tanh => scale(to, y, |y| 1.0 - y * y),
        Activation::Sigmoid => scale(to, y, |y| y - y * y),
        other => unsupported(other),
    }
    Tensor::from_primitive::<Flex>(result)
}

#[inline]
fn scale(gradient: &mut [f32], y: &[f32], derivative: impl Fn(f32) -> f32) {
    for (gradient, y) in gradient.iter_mut().zip(y) {
        *gradient *= derivative(*y);
    }
}
