//! `activation(x · weight + bias)` in one pass.

mod cpu;
#[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
mod gpu;

use burn::backend::Flex;
use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData, activation};

/// What happens to each output of a linear layer.
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
    /// GELU with `tanh` in place of `erf`: `x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2`
    GeluTanh,
}

/// `activation(x · weight + bias)` for `x [rows, inner]`, `weight [inner, columns]` and `bias [columns]`,
/// all `f32` on one device. Gives `[rows, columns]`.
///
/// # Panics
/// When the shapes do not fit.
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, activation: Activation) -> Tensor<2> {
    let ([rows, inner], [weight_inner, columns]) = (x.dims(), weight.dims());
    assert_eq!((weight_inner, columns), (inner, bias.dims()[0]), "linear: the shapes do not fit");
    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    if let Some(y) = gpu::linear(&x, &weight, &bias, activation) {
        return y;
    }
    let device = x.device();
    let primitive =
        |tensor: Tensor<2>| tensor.try_into_primitive::<Flex>().map(|tensor| tensor.to_contiguous());
    let (Ok(x_data), Ok(weight_data), Ok(bias_data)) =
        (primitive(x.clone()), primitive(weight.clone()), primitive(bias.clone().unsqueeze()))
    else {
        return linear_twin(x, weight, bias, activation);
    };
    let y = cpu::linear(x_data.storage(), weight_data.storage(), bias_data.storage(), activation);
    Tensor::from_data(TensorData::new(y, [rows, columns]), &device)
}

/// [`linear`] with the weight and bias of Burn's layer; one that has no bias adds nothing.
pub fn linear_layer(layer: &Linear, x: Tensor<2>, activation: Activation) -> Tensor<2> {
    let Linear { weight, bias } = layer;
    let bias = bias.as_ref().map_or_else(|| Tensor::zeros([weight.dims()[1]], &x.device()), Param::val);
    linear(x, weight.val(), bias, activation)
}

/// The same as [`linear`] in Burn's own operations.
pub fn linear_twin(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, activation: Activation) -> Tensor<2> {
    let y = x.matmul(weight) + bias.unsqueeze();
    match activation {
        Activation::Identity => y,
        Activation::Relu => activation::relu(y),
        Activation::LeakyRelu(slope) => activation::leaky_relu(y, f64::from(slope)),
        Activation::Tanh => activation::tanh(y),
        Activation::Sigmoid => activation::sigmoid(y),
        Activation::Silu => activation::silu(y),
        Activation::Gelu => activation::gelu(y),
        Activation::GeluTanh => activation::gelu_approximate(y),
    }
}
