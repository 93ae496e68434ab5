//! The moments that a group norm takes, without the norm: for pictures that are in several tensors.

mod cpu;
#[cfg(gpu)]
mod gpu;

use burn::tensor::Tensor;

use super::gradients::tracks_gradients;

/// Mean and variance, each `[rows, groups]`, of the groups of channels of `x [rows, channels, height, width]`.
///
/// # Panics
/// When the channels are no multiple of the groups.
#[must_use]
pub fn group_moments(x: &Tensor<4>, groups: usize) -> [Tensor<2>; 2] {
    assert!(x.dims()[1].is_multiple_of(groups), "group_moments: the shapes do not fit");
    if tracks_gradients([x]) {
        return group_moments_twin(x, groups);
    }
    #[cfg(gpu)]
    if let Some(moments) = gpu::group_moments(x, groups) {
        return split(&moments);
    }
    split(&cpu::group_moments(x, groups))
}

/// Mean and variance of `[rows, groups, 2]`.
fn split(moments: &Tensor<3>) -> [Tensor<2>; 2] {
    [0, 1].map(|index| moments.clone().narrow(2, index, 1).squeeze_dim(2))
}

/// The same as [`group_moments`] in Burn's own operations.
#[must_use]
pub fn group_moments_twin(x: &Tensor<4>, groups: usize) -> [Tensor<2>; 2] {
    let [rows, channels, height, width] = x.dims();
    let grouped = x.clone().reshape([rows, groups, channels / groups * height * width]);
    let mean = grouped.clone().mean_dim(2);
    let variance = (grouped - mean.clone()).square().mean_dim(2);
    [mean, variance].map(|moment| moment.squeeze_dim(2))
}
