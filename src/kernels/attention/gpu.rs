//! [`attention`](super::attention) for the GPU: a workgroup for each query of each head.

use burn::tensor::Tensor;

use super::Attention;
use crate::kernels::gpu::{Shader, WORKGROUP, buffer, float, launch, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct AttentionShader {
    head_size: usize,
}

impl Shader for AttentionShader {
    fn body(&self) -> String {
        let head_size = self.head_size;
        format!(
            "const HEAD_SIZE = {head_size}u;\nconst DIMS = {}u;\n{}",
            head_size.div_ceil(WORKGROUP),
            include_str!("attention.wgsl")
        )
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("qkv", "f32"), ("keys", "f32"), ("values", "f32"), ("y", "f32")]
    }

    fn info(&self) -> &'static [&'static str] {
        &["n_head", "length", "capacity", "position", "scale"]
    }
}

/// `None` when the tensors are not on a GPU. `keys` and `values` are written in place.
pub fn attention(
    qkv: &Tensor<2>,
    keys: &Tensor<4>,
    values: &Tensor<4>,
    Attention { position, scale }: Attention,
) -> Option<Tensor<2>> {
    let [rows, n_head, capacity, head_size] = keys.dims();
    let [tokens, width] = qkv.dims();
    let length = tokens / rows;
    let buffers = vec![buffer(qkv)?, buffer(keys)?, buffer(values)?];
    let info = [word(n_head), word(length), word(capacity), word(position), float(scale)];
    launch(AttentionShader { head_size }, [n_head, length, rows], buffers, [tokens, width / 3], &info)
}
