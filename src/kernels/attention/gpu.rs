//! [`attention`](super::attention) for the GPU: a workgroup for each query of each head.

use burn::tensor::Tensor;

use super::AttentionCall;
use crate::kernels::gpu::{Shader, buffer, float, int_buffer, launch, unrolled, word};

/// Keys whose values an invocation reads at once.
const ABREAST: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct AttentionShader {
    head_size: usize,
    threads: usize,
}

impl Shader for AttentionShader {
    fn body(&self) -> String {
        let Self { head_size, threads } = *self;
        let (kind, product) = if self.span() == 1 { ("f32", "a * b") } else { ("vec4<f32>", "dot(a, b)") };
        let width = (head_size / self.span()).next_power_of_two().min(threads);
        [
            &format!("alias V = {kind};\nconst SPAN = {}u;\nconst HEAD_SIZE = {head_size}u;\n", self.span()),
            &format!("const THREADS = {threads}u;\nconst WIDTH = {width}u;\nconst ABREAST = {ABREAST}u;\n"),
            &format!("fn product(a: V, b: V) -> f32 {{ return {product}; }}\n"),
            &unrolled(include_str!("attention.wgsl"), '$', ABREAST),
        ]
        .map(String::as_str)
        .concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("qkv", self.kind()),
            ("positions", "u32"),
            ("keys", self.kind()),
            ("values", self.kind()),
            ("y", self.kind()),
        ]
    }

    fn info(&self) -> &'static [&'static str] {
        &["n_head", "length", "capacity", "scale"]
    }
}

impl AttentionShader {
    /// Numbers of a head that are read at once.
    fn span(self) -> usize {
        if self.head_size.is_multiple_of(4) { 4 } else { 1 }
    }

    fn kind(self) -> &'static str {
        if self.span() == 4 { "vec4<f32>" } else { "f32" }
    }
}

/// `None` when the tensors are not on a GPU. `keys` and `values` are written in place.
pub fn attention(
    qkv: &Tensor<2>,
    keys: &Tensor<4>,
    values: &Tensor<4>,
    AttentionCall { positions, scale }: AttentionCall,
) -> Option<Tensor<2>> {
    let [rows, n_head, capacity, head_size] = keys.dims();
    let [tokens, width] = qkv.dims();
    let length = tokens / rows;
    let qkv = buffer(qkv)?;
    let shader = AttentionShader { head_size, threads: qkv.adapter().threads() };
    let buffers = vec![qkv, int_buffer(&positions.on_device)?, buffer(keys)?, buffer(values)?];
    let info = [word(n_head), word(length), word(capacity), float(scale)];
    launch(shader, [n_head, length, rows], buffers, [tokens, width / 3], &info)
}
