//! Rows of a table: the embeddings of tokens and of positions.

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};

use super::Indices;
use super::weight::{Layout, Weight};

/// The rows of `table [outputs, inputs]` that `indices` name, each added to that of `sum [indices, inputs]` if there is
/// one. Gives `[indices, inputs]`.
///
/// # Panics
/// When an index is beyond the table, or the shapes do not fit.
#[must_use]
pub fn gather(table: &Weight, indices: &Indices, sum: Option<&Tensor<2>>) -> Tensor<2> {
    let (rows, width) = (table.outputs(), table.inputs());
    let values = indices.values();
    let shape = [values.len(), width];
    assert_eq!(table.layout(), Layout::OutIn, "gather: a table has its rows one after the other");
    assert!(values.iter().all(|&index| index < rows), "gather: the table has {rows} rows");
    assert!(sum.is_none_or(|sum| sum.dims() == shape), "gather: the shapes do not fit");
    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    if let Some(gathered) = gpu::gather(table, indices, sum) {
        return gathered;
    }
    let matrix = table.on_cpu().expect("gather: the table is on the GPU or on the CPU");
    let mut gathered = match sum {
        Some(sum) => {
            let sum = sum.clone().try_into_primitive::<Flex>();
            sum.expect("gather: all tensors are on one device").to_contiguous().storage::<f32>().to_vec()
        }
        None => vec![0.0; values.len() * width],
    };
    let mut scratch = vec![0.0; width];
    for (&index, to) in values.iter().zip(gathered.chunks_exact_mut(width)) {
        for (to, value) in to.iter_mut().zip(matrix.rows(index..index + 1, table, &mut scratch)) {
            *to += value;
        }
    }
    Tensor::from_data(TensorData::new(gathered, shape), &table.device())
}

#[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
mod gpu {
    use burn::tensor::Tensor;

    use super::{Indices, Weight};
    use crate::kernels::gpu::{Quads, Shader, WORKGROUP, buffer, int_buffer, launch, weight, word};
    use crate::kernels::weight::{Format, Q8_BLOCK};

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    struct GatherShader {
        quads: Quads,
        sum: bool,
    }

    impl Shader for GatherShader {
        fn body(&self) -> String {
            let scale = match self.quads.format {
                Format::Q8 => format!(
                    "scales[row * ((info.width + {0}u) / {Q8_BLOCK}u) + 4u * index / {Q8_BLOCK}u]",
                    Q8_BLOCK - 1
                ),
                _ => "1.0".to_owned(),
            };
            let before = if self.sum { "sum[at + i]" } else { "0.0" };
            format!(
                "{}
                @compute @workgroup_size(64)
                fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
                    let index = id.x;
                    let first = 4u * index;
                    if first >= info.width {{ return; }}
                    let row = indices[id.y];
                    let values = quad(row * stride(), index) * {scale};
                    let at = id.y * info.width + first;
                    for (var i = 0u; i < min(4u, info.width - first); i++) {{
                        y[at + i] = values[i] + {before};
                    }}
                }}\n",
                self.quads.functions()
            )
        }

        fn buffers(&self) -> Vec<(&'static str, &'static str)> {
            let mut buffers = vec![("indices", "u32")];
            buffers.extend(self.quads.buffers());
            buffers.extend(self.sum.then_some(("sum", "f32")));
            buffers.push(("y", "f32"));
            buffers
        }

        fn info(&self) -> &'static [&'static str] {
            &["width"]
        }
    }

    /// `None` when the table is not on a GPU.
    pub fn gather(table: &Weight, indices: &Indices, sum: Option<&Tensor<2>>) -> Option<Tensor<2>> {
        let mut buffers = vec![int_buffer(&indices.on_device)?];
        buffers.extend(weight(table)?);
        buffers.extend(sum.and_then(buffer));
        let shader = GatherShader { quads: Quads::of(table), sum: sum.is_some() };
        let (count, width) = (indices.values().len(), table.inputs());
        let groups = [width.div_ceil(4 * WORKGROUP), count, 1];
        launch(shader, groups, buffers, [count, width], &[word(width)])
    }
}
