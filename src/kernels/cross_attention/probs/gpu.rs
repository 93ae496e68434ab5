//! [`cross_attention_probs`](super::cross_attention_probs) for the GPU.

use burn::tensor::Tensor;

use super::scale_of;
use crate::kernels::cross_attention::gpu::padded;
use crate::kernels::gpu::{Adapter, Shader, WORKGROUP, buffer, float, launch, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ProbsShader {
    quads: usize,
    /// Invocations that share the keys of a query.
    sharers: usize,
}

impl Shader for ProbsShader {
    fn body(&self) -> String {
        let Self { quads, sharers } = self;
        let text = include_str!("probs.wgsl");
        format!("const QUADS = {quads}u;\nconst SHARERS = {sharers}u;\n{text}")
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("queries", "vec4<f32>"), ("keys", "vec4<f32>"), ("y", "f32")]
    }

    fn info(&self) -> &'static [&'static str] {
        &["heads", "query_count", "key_count", "scale"]
    }
}

/// `None` when the tensors are not on a GPU.
pub fn cross_attention_probs(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    rows: usize,
    heads: usize,
) -> Option<Tensor<2>> {
    let ([all, width], [others, _]) = (queries.dims(), keys.dims());
    let (head_size, query_count, key_count) = (width / heads, all / rows, others / rows);
    let adapter = buffer(queries)?.adapter();
    let quads = head_size.div_ceil(4);
    let [queries, keys] = [queries, keys].map(|tensor| padded(tensor, heads, 4 * quads - head_size));
    let sharers = match adapter {
        Adapter::Hardware => 16,
        Adapter::Software => 1,
    };
    let info = [word(heads), word(query_count), word(key_count), float(scale_of(head_size))];
    let groups = [(query_count * sharers).div_ceil(WORKGROUP), rows, 1];
    let buffers = vec![buffer(&queries)?, buffer(&keys)?];
    launch(ProbsShader { quads, sharers }, groups, buffers, [all, key_count], &info)
}
