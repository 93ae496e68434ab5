//! [`cross_attention`](super::cross_attention) for the GPU, in one dispatch and without a matrix of all scores.

use burn::tensor::Tensor;

use super::{cross_attention_probs, scale_of};
use crate::kernels::gpu::{Adapter, Shader, WORKGROUP, buffer, float, launch, unrolled, word};
use crate::kernels::matmul;

/// The most fours of a query that an invocation has: with those of the result, of as many queries as it has, they stay in
/// registers.
const MAX_WIDTH: usize = 5;

/// The most keys that are copied at a time.
const MAX_KEYS: usize = 16;

/// Bytes of a workgroup's memory, which every adapter has.
const MEMORY: usize = 16_384;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct CrossAttentionShader {
    /// Queries of an invocation, 2 to 4.
    queries: usize,
    /// Invocations that share them, a power of two.
    lanes: usize,
    /// Fours of each that an invocation has.
    width: usize,
}

impl CrossAttentionShader {
    /// `None` for a head so large that not all of it meets in a workgroup.
    fn new(head_size: usize, adapter: Adapter) -> Option<Self> {
        let quads = head_size.div_ceil(4);
        let lanes = quads.div_ceil(MAX_WIDTH).next_power_of_two();
        let queries = match adapter {
            // With more, the registers that most GPUs have would not do.
            Adapter::Hardware => 2,
            Adapter::Software => 4,
        };
        (lanes <= WORKGROUP).then_some(Self { queries, lanes, width: quads.div_ceil(lanes) })
    }

    /// The size of a head in fours; with zeros, where all invocations have as many.
    fn quads(self) -> usize {
        self.lanes * self.width
    }
}

impl Shader for CrossAttentionShader {
    fn body(&self) -> String {
        let Self { queries, lanes, width } = *self;
        let quads = self.quads();
        let memory_of_key = 2 * quads * size_of::<[f32; 4]>() + queries * size_of::<[f32; WORKGROUP]>();
        let keys = MAX_KEYS.min(MEMORY / memory_of_key);
        let text = unrolled(include_str!("cross_attention.wgsl"), '$', queries);
        format!(
            "const QUERIES = {queries}u;\nalias Q = vec{queries}<f32>;\nconst LANES = {lanes}u;\n\
             const QUADS = {quads}u;\nconst KEYS = {keys}u;\n{}",
            unrolled(&text, '#', width)
        )
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
    let Some(shader) = CrossAttentionShader::new(head_size, buffer(queries)?.adapter()) else {
        return Some(head_by_head([queries, keys, values], rows, heads));
    };
    let missing = 4 * shader.quads() - head_size;
    let [queries, keys, values] = [queries, keys, values].map(|tensor| padded(tensor, heads, missing));
    let buffers = vec![buffer(&queries)?, buffer(&keys)?, buffer(&values)?];
    let info = [word(heads), word(query_count), word(key_count), float(scale_of(head_size))];
    let groups = [query_count.div_ceil(shader.queries * WORKGROUP / shader.lanes), heads, rows];
    let mixed = launch(shader, groups, buffers, queries.dims(), &info)?;
    if missing == 0 {
        return Some(mixed);
    }
    Some(mixed.reshape([all, heads, head_size + missing]).narrow(2, 0, head_size).reshape(shape))
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

/// The same with the matrix of a head's scores, for heads that are larger than any network's.
fn head_by_head(tensors: [&Tensor<2>; 3], rows: usize, heads: usize) -> Tensor<2> {
    let of_row = |row: usize| {
        let of_head = |head: usize| {
            let [queries, keys, values] = tensors.map(|tensor| {
                let [all, width] = tensor.dims();
                let (count, size) = (all / rows, width / heads);
                tensor.clone().narrow(0, row * count, count).narrow(1, head * size, size)
            });
            matmul(&cross_attention_probs(&queries, &keys, 1, 1), values)
        };
        Tensor::cat((0..heads).map(of_head).collect(), 1)
    };
    Tensor::cat((0..rows).map(of_row).collect(), 0)
}
