use burn::tensor::Tensor;

use super::activate;
use crate::kernels::Activation;
use crate::weights::Parameters;

/// Group normalisation of pictures, as PyTorch's `nn.GroupNorm`: each group of channels of each picture gets mean 0 and
/// variance 1, and then each channel its own. Source: Wu and He (2018), <https://arxiv.org/abs/1803.08494>.
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
    pub fn forward(&self, x: Tensor<4>, activation: Activation) -> Tensor<4> {
        let shape @ [rows, channels, height, width] = x.dims();
        let grouped = x.reshape([rows, self.groups, channels / self.groups * height * width]);
        let centred = grouped.clone() - grouped.mean_dim(2);
        let variance = centred.clone().square().mean_dim(2);
        let normed = (centred / (variance + self.epsilon).sqrt()).reshape(shape);
        let of_channels = |numbers: &Tensor<1>| numbers.clone().reshape([1, channels, 1, 1]);
        activate(normed * of_channels(&self.weight) + of_channels(&self.bias), activation)
    }
}
