use burn::tensor::{Tensor, activation};

use crate::kernels::Activation;

/// `x` with an activation applied to each of its numbers.
#[must_use]
pub fn activate<const D: usize>(x: Tensor<D>, with: Activation) -> Tensor<D> {
    match with {
        Activation::Identity => x,
        Activation::Relu => activation::relu(x),
        Activation::LeakyRelu(slope) => activation::leaky_relu(x, f64::from(slope)),
        Activation::Tanh => activation::tanh(x),
        Activation::Sigmoid => activation::sigmoid(x),
        Activation::Silu => activation::silu(x),
        Activation::Gelu => activation::gelu(x),
        Activation::GeluTanh => activation::gelu_approximate(x),
    }
}
