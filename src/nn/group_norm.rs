use burn::tensor::Tensor;

use super::Bands;
use crate::kernels::{self, Activation, activate, group_moments};
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

    /// The same for bands of `x`, one at a time and each perhaps with rows of its neighbours: it has the mean and the variance
    /// of all bands together.
    pub fn over<'a>(
        &'a self,
        x: &Bands,
        activation: Activation,
    ) -> impl Fn(Tensor<4>) -> Tensor<4> + use<'a> {
        let scale_and_shift = x.whole().is_none().then(|| self.scale_and_shift(x));
        move |band| match &scale_and_shift {
            None => self.forward(&band, activation),
            Some([scale, shift]) => activate(band * scale.clone() + shift.clone(), activation),
        }
    }

    /// Both `[rows, channels, 1, 1]`, so that the norm of the whole picture is `x · scale + shift`.
    #[allow(clippy::cast_precision_loss)] // numbers of rows
    fn scale_and_shift(&self, x: &Bands) -> [Tensor<4>; 2] {
        let height: usize = x.iter().map(|band| band.dims()[2]).sum();
        let share = |band: &Tensor<4>| band.dims()[2] as f64 / height as f64;
        let moments: Vec<_> = x.iter().map(|band| (group_moments(band, self.groups), share(band))).collect();
        // The variance around the common mean is that around a band's own, and how far the two means are apart.
        let mean = moments.iter().map(|([mean, _], share)| mean.clone() * *share).reduce(|a, b| a + b);
        let mean = mean.expect("a picture has a band");
        let around = |[own, variance]: &[Tensor<2>; 2]| {
            let apart = own.clone() - mean.clone();
            variance.clone() + apart.clone() * apart
        };
        let variance = moments.iter().map(|(moments, share)| around(moments) * *share).reduce(|a, b| a + b);
        let variance = variance.expect("a picture has a band");
        let [rows, groups] = mean.dims();
        let of_channels =
            |numbers: &Tensor<1>| numbers.clone().reshape([1, groups, self.weight.dims()[0] / groups]);
        let scale =
            (variance + self.epsilon).sqrt().recip().unsqueeze_dim::<3>(2) * of_channels(&self.weight);
        let shift = of_channels(&self.bias) - mean.unsqueeze_dim(2) * scale.clone();
        [scale, shift].map(|numbers| numbers.reshape([rows, self.weight.dims()[0], 1, 1]))
    }
}
