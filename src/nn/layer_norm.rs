use burn::tensor::Tensor;

use crate::kernels;
use crate::weights::Parameters;

/// Layer normalisation, as PyTorch's `nn.LayerNorm`.
#[derive(Debug, Clone)]
pub struct LayerNorm {
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
}

impl LayerNorm {
    /// A layer for rows of `width` numbers.
    #[must_use]
    pub fn new(mut parameters: Parameters, width: usize, epsilon: f64) -> Self {
        Self { weight: parameters.vector("weight", width), bias: parameters.vector("bias", width), epsilon }
    }

    /// `x [rows, width]` to the same shape.
    #[must_use]
    pub fn forward(&self, x: &Tensor<2>) -> Tensor<2> {
        kernels::layer_norm(x, self.call())
    }

    /// For the kernels.
    pub(super) fn call(&self) -> kernels::LayerNormCall<'_> {
        kernels::LayerNormCall { gamma: &self.weight, beta: &self.bias, epsilon: self.epsilon }
    }
}
