//! [`gather`](super::gather) for the GPU.

use burn::tensor::Tensor;

use crate::kernels::gpu::{Shader, WORKGROUP, buffers_of, int_buffer, launch, number_at, word};
use crate::kernels::weight::gpu::{Quads, weight_buffers};
use crate::kernels::{Indices, Weight};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct GatherShader {
    quads: Quads,
    sum: bool,
}

impl Shader for GatherShader {
    fn body(&self) -> String {
        self.quads.functions() + &number_at("sum", self.sum, "index") + include_str!("gather.wgsl")
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

/// `None` when the tensors are not on a GPU.
pub fn gather(table: &Weight, indices: &Indices, sum: Option<&Tensor<2>>) -> Option<Tensor<2>> {
    let mut buffers = vec![int_buffer(&indices.on_device)?];
    buffers.extend(weight_buffers(table)?);
    buffers.extend(buffers_of(sum)?);
    let shader = GatherShader { quads: Quads::of(table), sum: sum.is_some() };
    let (count, width) = (indices.values().len(), table.inputs());
    let groups = [width.div_ceil(4 * WORKGROUP), count, 1];
    launch(shader, groups, buffers, [count, width], &[word(width)])
}
