//! [`layer_norm`](super::layer_norm) for the GPU.

use burn::tensor::Tensor;

use super::LayerNormCall;
use crate::kernels::gpu::{Shader, buffer, float, launch, moments, over_two, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct LayerNormShader {
    threads: usize,
}

impl Shader for LayerNormShader {
    fn body(&self) -> String {
        moments(self.threads) + include_str!("layer_norm.wgsl")
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("x", "f32"), ("gamma", "f32"), ("beta", "f32"), ("y", "f32")]
    }

    fn info(&self) -> &'static [&'static str] {
        &["rows", "width", "epsilon"]
    }
}

/// `None` when the tensors are not on a GPU.
#[allow(clippy::cast_possible_truncation)] // a small number needs no more digits
pub fn layer_norm(x: &Tensor<2>, LayerNormCall { gamma, beta, epsilon }: LayerNormCall) -> Option<Tensor<2>> {
    let shape @ [rows, width] = x.dims();
    let x = buffer(x)?;
    let shader = LayerNormShader { threads: x.adapter().threads() };
    let buffers = vec![x, buffer(gamma)?, buffer(beta)?];
    let info = [word(rows), word(width), float(epsilon as f32)];
    launch(shader, over_two(rows), buffers, shape, &info)
}
