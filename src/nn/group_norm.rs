use burn::tensor::Tensor;

use crate::kernels::{self, Activation};
use crate::weights::Parameters;

/// Group normalisation of pictures, as PyTorch's `nn.GroupNorm`: each group of channels of each picture gets mean 0 and
/// variance 1, and then each channel its own.
#[derive(Debug, Clone)]
pub struct GroupNorm {
    weight: Tensor<1>,
    bias: Tensor<1>,
    groups: usize,
    epsilon: f64,
}

impl GroupNorm {
    /// A layer for `channels` in `groups` of the same size.
    #[must_use]
    pub fn new(mut parameters: Parameters, channels: usize, groups: usize, epsilon: f64) -> Self {
        let weight = parameters.vector("weight", channels);
        Self { weight, bias: parameters.vector("bias", channels), groups, epsilon }
    }

    /// `activation(norm(x))` of `x [rows, channels, height, width]`, in the same shape.
    #[must_use]
    pub fn forward(&self, x: &Tensor<4>, activation: Activation) -> Tensor<4> {
        let Self { weight: gamma, bias: beta, groups, epsilon } = self;
        let (groups, epsilon) = (*groups, *epsilon);
        kernels::group_norm(x, &kernels::GroupNormCall { gamma, beta, groups, epsilon, activation })
    }
}
