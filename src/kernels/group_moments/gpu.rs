//! [`group_moments`](super::group_moments) for the GPU.

use burn::tensor::Tensor;

use crate::kernels::gpu::{Shader, buffer, launch, mean_and_variance, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct GroupMomentsShader {
    threads: usize,
}

impl Shader for GroupMomentsShader {
    fn body(&self) -> String {
        mean_and_variance(self.threads) + include_str!("group_moments.wgsl")
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("x", "f32"), ("y", "f32")]
    }

    fn info(&self) -> &'static [&'static str] {
        &["groups", "count"]
    }
}

/// `[rows, groups, 2]`; `None` when the tensor is not on a GPU.
pub fn group_moments(x: &Tensor<4>, groups: usize) -> Option<Tensor<3>> {
    let [rows, channels, height, width] = x.dims();
    let x = buffer(x)?;
    let shader = GroupMomentsShader { threads: x.adapter().threads() };
    let info = [word(groups), word(channels / groups * height * width)];
    launch(shader, [groups, rows, 1], vec![x], [rows, groups, 2], &info)
}
