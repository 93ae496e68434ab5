//! Attention of any places to any others, without order: those of a picture to each other, or to the words of a text.
//!
//! Source: Vaswani et al., "Attention Is All You Need" (2017), <https://arxiv.org/abs/1706.03762>.

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData, activation::softmax};

use super::lanes::{add_scaled, exp_of_differences};

/// `softmax(scale · queries · keysᵀ) · values` in every head. `queries [rows · n, heads · head_size]`, `keys` and `values`
/// `[rows · m, heads · head_size]`; gives `[rows · n, heads · head_size]`.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
#[must_use]
pub fn cross_attention(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    values: &Tensor<2>,
    rows: usize,
    heads: usize,
) -> Tensor<2> {
    let ([all, width], [others, _]) = (queries.dims(), keys.dims());
    assert!(
        keys.dims() == [others, width]
            && values.dims() == [others, width]
            && [all, others].iter().all(|count| count.is_multiple_of(rows))
            && width.is_multiple_of(heads),
        "cross_attention: the shapes do not fit"
    );
    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    if let Some(y) = gpu::cross_attention(queries, keys, values, rows, heads) {
        return y;
    }
    let floats = |tensor: &Tensor<2>| Some(tensor.clone().try_into_primitive::<Flex>().ok()?.to_contiguous());
    let (Some(q), Some(k), Some(v)) = (floats(queries), floats(keys), floats(values)) else {
        // A head that the shader does not take.
        return cross_attention_twin(queries, keys, values, rows, heads);
    };
    let mixed = on_cpu(q.storage(), k.storage(), v.storage(), [rows, heads, width]);
    Tensor::from_data(TensorData::new(mixed, [all, width]), &queries.device())
}

/// A head of a row at a time, whose keys are turned so that a query meets four of them at once.
fn on_cpu(queries: &[f32], keys: &[f32], values: &[f32], [rows, heads, width]: [usize; 3]) -> Vec<f32> {
    let (head_size, others) = (width / heads, keys.len() / width / rows);
    let scale = scale_of(head_size);
    let mut mixed = vec![0.0; queries.len()];
    let mut turned = vec![0.0; head_size * others];
    let mut scores = vec![0.0; others];
    let of_rows = |all: usize| (all / rows).max(1);
    let (queries, keys, values) = (
        queries.chunks_exact(of_rows(queries.len())),
        keys.chunks_exact(of_rows(keys.len())),
        values.chunks_exact(of_rows(values.len())),
    );
    let of_row = of_rows(mixed.len());
    for (((mixed, queries), keys), values) in
        mixed.chunks_exact_mut(of_row).zip(queries).zip(keys).zip(values)
    {
        for head in 0..heads {
            let part = head * head_size..(head + 1) * head_size;
            for (place, key) in keys.chunks_exact(width).enumerate() {
                for (dim, number) in key[part.clone()].iter().enumerate() {
                    turned[dim * others + place] = scale * number;
                }
            }
            for (to, query) in mixed.chunks_exact_mut(width).zip(queries.chunks_exact(width)) {
                scores.fill(0.0);
                for (number, keys) in query[part.clone()].iter().zip(turned.chunks_exact(others)) {
                    add_scaled(&mut scores, *number, keys);
                }
                let total = exp_of_differences(&mut scores);
                for (score, value) in scores.iter().zip(values.chunks_exact(width)) {
                    add_scaled(&mut to[part.clone()], score / total, &value[part.clone()]);
                }
            }
        }
    }
    mixed
}

/// `1 / √head_size`
#[allow(clippy::cast_precision_loss)] // a size has fewer than 24 bits
fn scale_of(head_size: usize) -> f32 {
    1.0 / (head_size as f32).sqrt()
}

/// The same as [`cross_attention`] in Burn's own operations.
#[must_use]
pub fn cross_attention_twin(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    values: &Tensor<2>,
    rows: usize,
    heads: usize,
) -> Tensor<2> {
    let shape @ [_, width] = queries.dims();
    let parts = |tensor: &Tensor<2>| {
        let places = tensor.dims()[0] / rows;
        tensor.clone().reshape([rows, places, heads, width / heads]).swap_dims(1, 2)
    };
    let scores = parts(queries).mul_scalar(scale_of(width / heads)).matmul(parts(keys).swap_dims(2, 3));
    softmax(scores, 3).matmul(parts(values)).swap_dims(1, 2).reshape(shape)
}

#[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
mod gpu {
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
            &["heads", "places", "others", "scale"]
        }
    }

    /// `None` when the tensors are not on a GPU, or a head is not of whole fours.
    pub fn cross_attention(
        queries: &Tensor<2>,
        keys: &Tensor<2>,
        values: &Tensor<2>,
        rows: usize,
        heads: usize,
    ) -> Option<Tensor<2>> {
        let shape @ [all, width] = queries.dims();
        let (head_size, places, others) = (width / heads, all / rows, keys.dims()[0] / rows);
        if !head_size.is_multiple_of(4) {
            return None;
        }
        let quads = head_size / 4;
        let part = (1..=MAX_PART.min(quads)).rev().find(|part| quads.is_multiple_of(*part))?;
        let buffers = vec![buffer(queries)?, buffer(keys)?, buffer(values)?];
        let info = [word(heads), word(places), word(others), float(scale_of(head_size))];
        let groups = [(places * quads / part).div_ceil(WORKGROUP), heads, rows];
        launch(CrossAttentionShader { quads, part }, groups, buffers, shape, &info)
    }
}
