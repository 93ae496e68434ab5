//! Group normalisation and an activation in one pass. Source: Wu and He, "Group Normalization" (2018),
//! <https://arxiv.org/abs/1803.08494>.

mod cpu;
#[cfg(gpu)]
mod gpu;

use burn::tensor::Tensor;

use super::activation::{Activation, activate};
use super::gradients::tracks_gradients;

/// What [`group_norm`] does with its input.
#[derive(Debug, Clone)]
pub struct GroupNormCall<'a> {
    /// `[channels]`
    pub gamma: &'a Tensor<1>,
    /// `[channels]`
    pub beta: &'a Tensor<1>,
    /// Of the same number of channels each.
    pub groups: usize,
    /// Keeps the scale of an even group finite.
    pub epsilon: f64,
    /// Applied at last.
    pub activation: Activation,
}

/// `activation((x - mean) / √(variance + epsilon) · gamma + beta)`, mean and variance being those of each group of
/// channels of each picture. `x [rows, channels, height, width]`, in the same shape.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
#[must_use]
pub fn group_norm(x: &Tensor<4>, call: &GroupNormCall) -> Tensor<4> {
    let [_, channels, _, _] = x.dims();
    assert!(
        call.gamma.dims() == [channels]
            && call.beta.dims() == [channels]
            && channels.is_multiple_of(call.groups),
        "group_norm: the shapes do not fit"
    );
    if tracks_gradients([x]) || tracks_gradients([call.gamma, call.beta]) {
        return group_norm_twin(x, call);
    }
    #[cfg(gpu)]
    if let Some(y) = gpu::group_norm(x, call) {
        return y;
    }
    cpu::group_norm(x, call)
}

/// The same as [`group_norm`] in Burn's own operations.
#[must_use]
pub fn group_norm_twin(x: &Tensor<4>, call: &GroupNormCall) -> Tensor<4> {
    let shape @ [rows, channels, height, width] = x.dims();
    let grouped = x.clone().reshape([rows, call.groups, channels / call.groups * height * width]);
    let centred = grouped.clone() - grouped.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    let normed = (centred / (variance + call.epsilon).sqrt()).reshape(shape);
    let of_channels = |numbers: &Tensor<1>| numbers.clone().reshape([1, channels, 1, 1]);
    activate(normed * of_channels(call.gamma) + of_channels(call.beta), call.activation)
}
