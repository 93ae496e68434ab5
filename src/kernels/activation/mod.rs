//! Activations, which kernels apply to what they compute before it leaves the registers.

mod cpu;
#[cfg(gpu)]
pub(super) mod gpu;

use burn::tensor::{Tensor, activation};

/// How steep the sigmoid of [`Activation::QuickGelu`] is.
const QUICK_GELU: f32 = 1.702;

/// What happens to each output of a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `max(x, 0)`
    Relu,
    /// `x` where it is positive, else this slope times `x`.
    LeakyRelu(f32),
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `x / (1 + exp(-x))`
    Silu,
    /// `x · (1 + erf(x / √2)) / 2`
    Gelu,
    /// GELU with `tanh` instead of `erf`: `x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2`
    GeluTanh,
    /// `x / (1 + exp(-1.702 x))`, CLIP's approximation of GELU.
    QuickGelu,
}

/// `x` with an activation applied to each of its numbers, in Burn's own operations.
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
        Activation::QuickGelu => x.clone() * activation::sigmoid(x * QUICK_GELU),
    }
}
