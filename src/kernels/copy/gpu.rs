//! [`copy_into`](super::copy_into) for the GPU.

use burn::tensor::Tensor;

use crate::kernels::gpu::{Shader, WORKGROUP, buffer, launch_in_place, over_two, word};

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
    let groups = over_two(count.div_ceil(WORKGROUP));
    launch_in_place(CopyShader, groups, vec![buffer(x)?, buffer(y)?], &[word(count)])
}
