//! [`adam`](super::adam) for the GPU.

use burn::tensor::Tensor;

use super::AdamStep;
use crate::kernels::gpu::{Shader, WORKGROUP, buffer, float, launch_in_place, over_two, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct AdamShader;

impl Shader for AdamShader {
    fn body(&self) -> String {
        include_str!("adam.wgsl").to_owned()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("value", "f32"), ("gradient", "f32"), ("first", "f32"), ("second", "f32")]
    }

    fn info(&self) -> &'static [&'static str] {
        &["count", "keep_first", "take_first", "keep_second", "take_second", "step_length", "root", "epsilon"]
    }
}

/// `None` when the tensors are not on a GPU.
pub fn adam(
    value: &Tensor<2>,
    gradient: &Tensor<2>,
    moments: &[Tensor<2>; 2],
    step: &AdamStep,
) -> Option<()> {
    let count = value.shape().num_elements();
    let groups = over_two(count.div_ceil(WORKGROUP));
    let [first, second] = moments;
    let buffers = vec![buffer(value)?, buffer(gradient)?, buffer(first)?, buffer(second)?];
    let info: Vec<u32> = std::iter::once(word(count)).chain(step.numbers().map(float)).collect();
    launch_in_place(AdamShader, groups, buffers, &info)
}
