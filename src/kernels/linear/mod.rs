//! `activation(norm(x) · weight + bias) + residual` in one pass.

mod cpu;
#[cfg(gpu)]
mod gpu;
#[cfg(gpu)]
mod many_rows;

use burn::module::Param;
use burn::tensor::Tensor;

use super::activation::{Activation, activate};
use super::gradients::tracks_gradients;
use super::layer_norm::{LayerNormCall, layer_norm_twin};
use super::weight::Weight;

/// What [`linear`] does with its input.
#[derive(Debug, Clone)]
pub struct LinearCall<'a> {
    /// What is done to `x` before.
    pub norm: Option<LayerNormCall<'a>>,
    /// The matrix.
    pub weight: &'a Weight,
    /// `[outputs]`, added to the product.
    pub bias: Option<Tensor<1>>,
    /// Applied to the sum.
    pub activation: Activation,
    /// `[rows, outputs]`, added at last: what a residual connection carries past the layer.
    pub residual: Option<Tensor<2>>,
}

impl LinearCall<'_> {
    fn tracks_gradients(&self) -> bool {
        self.norm.is_some_and(|norm| norm.tracks_gradients())
            || self.weight.tracks_gradients()
            || tracks_gradients(&self.bias)
            || tracks_gradients(&self.residual)
    }
}

/// `activation(norm(x) · weight + bias) + residual` for `x [rows, inputs]`. Gives `[rows, outputs]`.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
pub fn linear(x: &Tensor<2>, call: &LinearCall) -> Tensor<2> {
    let [rows, inputs] = x.dims();
    let outputs = call.weight.outputs();
    assert!(
        inputs == call.weight.inputs()
            && call.bias.as_ref().is_none_or(|bias| bias.dims() == [outputs])
            && call.residual.as_ref().is_none_or(|residual| residual.dims() == [rows, outputs]),
        "linear: the shapes do not fit"
    );
    if tracks_gradients([x]) || call.tracks_gradients() {
        return linear_twin(x, call);
    }
    #[cfg(gpu)]
    if let Some(y) = gpu::linear(x, call) {
        return y;
    }
    cpu::linear(x, call)
}

/// `x · y`, `x [rows, inputs]` and `y [inputs, outputs]`. Burn's own product is for twins: on WebGPU it brings kernels of every
/// kind, a quarter of the wasm.
pub fn matmul(x: &Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    let weight = Weight::from_tensor(y);
    linear(
        x,
        &LinearCall {
            norm: None,
            weight: &weight,
            bias: None,
            activation: Activation::Identity,
            residual: None,
        },
    )
}

/// [`linear`] with the weight and bias of one of Burn's layers.
pub fn linear_layer(layer: &burn::nn::Linear, x: &Tensor<2>, activation: Activation) -> Tensor<2> {
    let weight = Weight::from_tensor(layer.weight.val());
    let bias = layer.bias.as_ref().map(Param::val);
    linear(x, &LinearCall { norm: None, weight: &weight, bias, activation, residual: None })
}

/// The same as [`linear`] in Burn's own operations.
#[must_use]
pub fn linear_twin(x: &Tensor<2>, call: &LinearCall) -> Tensor<2> {
    let LinearCall { norm, weight, bias, activation, residual } = call;
    let x = norm.map_or_else(|| x.clone(), |norm| layer_norm_twin(x, norm));
    let product = x.matmul(weight.to_tensor());
    let sum = match bias {
        Some(bias) => product + bias.clone().unsqueeze(),
        None => product,
    };
    let y = activate(sum, *activation);
    match residual {
        Some(residual) => y + residual.clone(),
        None => y,
    }
}
