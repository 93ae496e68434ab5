//! An activation's part in the chain rule.

mod cpu;
#[cfg(gpu)]
mod gpu;

use burn::tensor::Tensor;

use super::Activation;

/// The gradient of a loss by what went into an activation: `gradient`, that by its result, times the activation's derivative.
/// This is computed from the result `y` itself, so that nobody has to keep what went in: it works for
/// [`Activation::Identity`], [`Activation::Relu`], [`Activation::LeakyRelu`] with a slope from 0 on, [`Activation::Tanh`] and [`Activation::Sigmoid`].
///
/// # Panics
/// When the shapes differ, or for another activation.
#[must_use]
pub fn activation_gradient(y: &Tensor<2>, gradient: Tensor<2>, activation: Activation) -> Tensor<2> {
    assert_eq!(y.dims(), gradient.dims(), "activation_gradient: the shapes differ");
    if activation == Activation::Identity {
        return gradient;
    }
    #[cfg(gpu)]
    if let Some(result) = gpu::activation_gradient(y, &gradient, activation) {
        return result;
    }
    cpu::activation_gradient(y, gradient, activation)
}

/// The same as [`activation_gradient`] in Burn's own operations.
#[must_use]
pub fn activation_gradient_twin(y: &Tensor<2>, gradient: Tensor<2>, activation: Activation) -> Tensor<2> {
    let y = y.clone();
    match activation {
        Activation::Identity => gradient,
        Activation::Relu => gradient * y.greater_elem(0.0).float(),
        Activation::LeakyRelu(slope) => {
            let positive = y.greater_elem(0.0).float();
            gradient * (positive * (1.0 - slope) + slope)
        }
        Activation::Tanh => gradient * (y.clone() * y - 1.0).neg(),
        Activation::Sigmoid => gradient * (y.clone() - y.clone() * y),
        other => unsupported(other),
    }
}

fn unsupported(activation: Activation) -> ! {
    panic!("the derivative of {activation:?} does not follow from its result")
}
