//! [`cross_attention`](super::cross_attention) for the GPU: an invocation has a part of one query's result.

use burn::tensor::Tensor;

use super::scale_of;
use crate::kernels::gpu::{Shader, WORKGROUP, buffer, float, launch, unrolled, word};

/// The most fours of a result that an invocation has: as many as stay in registers.
const MAX_PART: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct CrossAttentionShader {
    quads: usize,
    /// Divides `quads`.
    part: usize,
}

impl Shader for CrossAttentionShader {
    fn body(&self) -> String {
        let text = unrolled(include_str!("cross_attention.wgsl"), '#', self.part);
        format!("const QUADS = {}u;\nconst PART = {}u;\n{text}", self.quads, self.part)
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        ["queries", "keys", "values", "y"].map(|name| (name, "vec4<f32>")).to_vec()
    }

    fn info(&self) -> &'static [&'static str] {
        &["heads", "query_count", "key_count", "scale"]
    }
}

/// `None` when the tensors are not on a GPU.
pub fn cross_attention(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    values: &Tensor<2>,
    rows: usize,
    heads: usize,
) -> Option<Tensor<2>> {
    let shape @ [all, width] = queries.dims();
    let (head_size, query_count, key_count) = (width / heads, all / rows, keys.dims()[0] / rows);
    let missing = head_size.next_multiple_of(4) - head_size;
    if missing > 0 {
        buffer(queries)?; // before anything is made for the shader
        let [queries, keys, values] = [queries, keys, values].map(|tensor| padded(tensor, heads, missing));
        let scale = scale_of(head_size);
        let mixed = mix(&queries, &keys, &values, [rows, heads, query_count, key_count], scale)?;
        return Some(mixed.reshape([all, heads, head_size + missing]).narrow(2, 0, head_size).reshape(shape));
    }
    mix(queries, keys, values, [rows, heads, query_count, key_count], scale_of(head_size))
}

/// The tensor with as many zeros behind each head: the shaders read fours.
pub fn padded(tensor: &Tensor<2>, heads: usize, missing: usize) -> Tensor<2> {
    if missing == 0 {
        return tensor.clone();
    }
    let [all, width] = tensor.dims();
    let of_heads = tensor.clone().reshape([all, heads, width / heads]);
    let zeros = Tensor::zeros([all, heads, missing], &tensor.device());
    Tensor::cat(vec![of_heads, zeros], 2).reshape([all, width + heads * missing])
}

/// The same for heads whose size is a multiple of four.
fn mix(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    values: &Tensor<2>,
    [rows, heads, query_count, key_count]: [usize; 4],
    scale: f32,
) -> Option<Tensor<2>> {
    let shape @ [_, width] = queries.dims();
    let buffers = vec![buffer(queries)?, buffer(keys)?, buffer(values)?];
    let quads = width / heads / 4;
    let part = (1..=MAX_PART.min(quads)).rev().find(|part| quads.is_multiple_of(*part))?;
    let info = [word(heads), word(query_count), word(key_count), float(scale)];
    let groups = [(query_count * quads / part).div_ceil(WORKGROUP), heads, rows];
    launch(CrossAttentionShader { quads, part }, groups, buffers, shape, &info)
}
