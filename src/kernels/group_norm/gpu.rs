//! [`group_norm`](super::group_norm) for the GPU.

use burn::tensor::Tensor;

use super::GroupNormCall;
use crate::kernels::activation::gpu::wgsl;
use crate::kernels::gpu::{Shader, buffer, float, launch, moments, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct GroupNormShader {
    activation: &'static str,
    threads: usize,
}

impl Shader for GroupNormShader {
    fn body(&self) -> String {
        let (activation, moments) = (wgsl(self.activation), moments(self.threads));
        ["alias V = f32;\n", &activation, &moments, include_str!("group_norm.wgsl")].concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("x", "f32"), ("gamma", "f32"), ("beta", "f32"), ("y", "f32")]
    }

    fn info(&self) -> &'static [&'static str] {
        &["groups", "channels", "plane", "epsilon", "slope"]
    }
}

/// `None` when the tensors are not on a GPU.
#[allow(clippy::cast_possible_truncation)] // a small number needs no more digits
pub fn group_norm(x: &Tensor<4>, call: &GroupNormCall) -> Option<Tensor<4>> {
    let shape @ [rows, channels, height, width] = x.dims();
    let x = buffer(x)?;
    let threads = x.adapter().threads();
    let buffers = vec![x, buffer(call.gamma)?, buffer(call.beta)?];
    let (activation, slope) = call.activation.name_and_slope();
    let info = [
        word(call.groups),
        word(channels / call.groups),
        word(height * width),
        float(call.epsilon as f32),
        float(slope),
    ];
    let shader = GroupNormShader { activation, threads };
    launch(shader, [call.groups, rows, 1], buffers, shape, &info)
}
