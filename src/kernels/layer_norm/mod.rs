//! Layer normalisation in one pass. Source: Ba et al., "Layer Normalization" (2016), <https://arxiv.org/abs/1607.06450>.

mod cpu;
#[cfg(gpu)]
mod gpu;

use burn::tensor::Tensor;

use super::gradients::tracks_gradients;

/// A layer norm.
#[derive(Debug, Clone, Copy)]
pub struct LayerNormCall<'a> {
    /// `[width]`, multiplies the normalised numbers.
    pub gamma: &'a Tensor<1>,
    /// `[width]`, added to them.
    pub beta: &'a Tensor<1>,
    /// Added to the variance.
    pub epsilon: f64,
}

impl LayerNormCall<'_> {
    pub(super) fn tracks_gradients(&self) -> bool {
        tracks_gradients([self.gamma, self.beta])
    }
}

/// `(x - mean) / √(variance + epsilon) · gamma + beta`, the mean and variance being those of each row of
/// `x [rows, width]`. Gives `[rows, width]`.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
#[must_use]
pub fn layer_norm(x: &Tensor<2>, call: LayerNormCall) -> Tensor<2> {
    let [_, width] = x.dims();
    assert!(call.gamma.dims() == [width] && call.beta.dims() == [width], "layer_norm: the shapes do not fit");
    if tracks_gradients([x]) || call.tracks_gradients() {
        return layer_norm_twin(x, call);
    }
    #[cfg(gpu)]
    if let Some(y) = gpu::layer_norm(x, call) {
        return y;
    }
    cpu::layer_norm(x, call)
}

/// The same as [`layer_norm`] in Burn's own operations.
#[must_use]
pub fn layer_norm_twin(x: &Tensor<2>, LayerNormCall { gamma, beta, epsilon }: LayerNormCall) -> Tensor<2> {
    let centred = x.clone() - x.clone().mean_dim(1);
    let variance = centred.clone().square().mean_dim(1);
    centred / (variance + epsilon).sqrt() * gamma.clone().unsqueeze() + beta.clone().unsqueeze()
}
