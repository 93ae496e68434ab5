//! [`geglu`](super::geglu) for the GPU.

use burn::tensor::Tensor;

use crate::kernels::Activation;
use crate::kernels::activation::gpu::wgsl;
use crate::kernels::gpu::{Shader, WORKGROUP, buffer, launch, over_two, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct GegluShader {
    /// What an invocation computes: four numbers, or one where the halves do not begin at a multiple of four.
    kind: &'static str,
}

impl Shader for GegluShader {
    fn body(&self) -> String {
        let (gelu, _) = Activation::Gelu.name_and_slope();
        format!("alias V = {};\n{}{}", self.kind, wgsl(gelu), include_str!("geglu.wgsl"))
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("x", self.kind), ("y", self.kind)]
    }

    fn info(&self) -> &'static [&'static str] {
        &["width", "count"]
    }
}

/// `None` when the tensor is not on a GPU.
pub fn geglu(x: &Tensor<2>) -> Option<Tensor<2>> {
    let [rows, both] = x.dims();
    let (span, kind) = if both.is_multiple_of(8) { (4, "vec4<f32>") } else { (1, "f32") };
    let width = both / 2 / span;
    let groups = over_two((rows * width).div_ceil(WORKGROUP));
    let info = [word(width), word(rows * width)];
    launch(GegluShader { kind }, groups, vec![buffer(x)?], [rows, both / 2], &info)
}
