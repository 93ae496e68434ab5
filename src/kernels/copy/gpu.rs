//! [`copy_into`](super::copy_into) for the GPU.

use burn::tensor::Tensor;

use crate::kernels::gpu::{MAX_GROUPS, Shader, WORKGROUP, buffer, launch_in_place, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct CopyShader;

impl Shader for CopyShader {
    fn body(&self) -> String {
        include_str!("copy.wgsl").to_owned()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("x", "u32"), ("y", "u32")]
    }

    fn info(&self) -> &'static [&'static str] {
        &["count"]
    }
}

/// `None` when the tensors are not on a GPU.
pub fn copy_into<const D: usize>(x: &Tensor<D>, y: &Tensor<D>) -> Option<()> {
    let count = x.shape().num_elements();
    let all = count.div_ceil(WORKGROUP);
    let across = all.clamp(1, MAX_GROUPS);
    launch_in_place(
        CopyShader,
        [across, all.div_ceil(across), 1],
        vec![buffer(x)?, buffer(y)?],
        &[word(count)],
    )
}
