use burn::tensor::Tensor;

use super::LayerNorm;
use crate::kernels::{self, Activation, Format, Layout, Weight};
use crate::weights::Parameters;

/// A linear layer: `x · weight + bias`.
#[derive(Debug, Clone)]
pub struct Linear {
    weight: Weight,
    bias: Option<Tensor<1>>,
}

impl Linear {
    /// A layer whose checkpoint has the weight `[inputs, outputs]`, as transformers' `Conv1D`.
    #[must_use]
    pub fn conv1d(mut parameters: Parameters, inputs: usize, outputs: usize) -> Self {
        let weight = parameters.weight("weight", [inputs, outputs], Layout::InOut);
        Self { weight, bias: Some(parameters.vector("bias", outputs)) }
    }

    /// A layer whose checkpoint has the weight `[outputs, inputs]`, as PyTorch's `nn.Linear`.
    #[must_use]
    pub fn new(mut parameters: Parameters, inputs: usize, outputs: usize) -> Self {
        let weight = parameters.weight("weight", [outputs, inputs], Layout::OutIn);
        Self { weight, bias: Some(parameters.vector("bias", outputs)) }
    }

    /// The same without a bias.
    #[must_use]
    pub fn without_bias(mut parameters: Parameters, inputs: usize, outputs: usize) -> Self {
        Self::of_weight(parameters.weight("weight", [outputs, inputs], Layout::OutIn))
    }

    /// A layer without a bias, of a weight that may have other uses too.
    #[must_use]
    pub fn of_weight(weight: Weight) -> Self {
        Self { weight, bias: None }
    }

    /// How the weight is stored.
    #[must_use]
    pub fn format(&self) -> Format {
        self.weight.format()
    }

    /// `activation(x · weight + bias)` of `x [rows, inputs]`, `[rows, outputs]`.
    #[must_use]
    pub fn forward(&self, x: &Tensor<2>, activation: Activation) -> Tensor<2> {
        kernels::linear(x, &self.call(activation))
    }

    /// `activation(norm(x) · weight + bias)`
    #[must_use]
    pub fn forward_normed(&self, norm: &LayerNorm, x: &Tensor<2>, activation: Activation) -> Tensor<2> {
        kernels::linear(x, &kernels::LinearCall { norm: Some(norm.call()), ..self.call(activation) })
    }

    /// `x · weight + bias + residual`
    #[must_use]
    pub fn forward_add(&self, x: &Tensor<2>, residual: Tensor<2>) -> Tensor<2> {
        let call = self.call(Activation::Identity);
        kernels::linear(x, &kernels::LinearCall { residual: Some(residual), ..call })
    }

    fn call(&self, activation: Activation) -> kernels::LinearCall<'_> {
        let Self { weight, bias } = self;
        kernels::LinearCall { norm: None, weight, bias: bias.clone(), activation, residual: None }
    }
}
