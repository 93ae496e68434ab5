//! [`conv2d`](super::conv2d) for the GPU: an invocation has four places in a row of four outputs.

use std::fmt::Write;

use burn::tensor::Tensor;

use super::{Added, Kernels, Place};
use crate::kernels::gpu::{MAX_GROUPS, Shader, WORKGROUP, buffer, launch, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ConvShader {
    size: usize,
    place: Place,
    each: bool,
    residual: bool,
}

impl Shader for ConvShader {
    fn body(&self) -> String {
        let Place { stride, padding: (before, _), doubled } = self.place;
        let (size, shift) = (self.size, usize::from(doubled));
        // The row of the picture under a row of the kernels, and each of its columns with the places that it belongs to.
        let mut products = String::new();
        for number in 0..3 * stride + size {
            let _ = writeln!(products, "let v{number} = number(line, left + {number});"); // to a String
        }
        for column in 0..size {
            let _ = writeln!(products, "{{ let w = weight[at + {column}u * stride];");
            for place in 0..4 {
                let _ = writeln!(products, "sum{place} += v{} * w;", place * stride + column);
            }
            products.push_str("}\n");
        }
        let read = |name: &str, there: bool, index: &str| {
            let value = if there { format!("{name}[{index}]") } else { "0.0".to_owned() };
            format!("fn {name}_at(index: u32) -> f32 {{ return {value}; }}\n")
        };
        [
            &format!("const SIZE = {size}u;\nconst STRIDE = {stride}u;\n"),
            &format!("const BEFORE = {before};\nconst SHIFT = {shift}u;\n"),
            &read("each", self.each, "index"),
            &read("residual", self.residual, "index"),
            &include_str!("conv2d.wgsl").replace("// products\n", &products),
        ]
        .map(String::as_str)
        .concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        let mut buffers = vec![("x", "f32"), ("weight", "vec4<f32>"), ("bias", "f32")];
        buffers.extend(self.each.then_some(("each", "f32")));
        buffers.extend(self.residual.then_some(("residual", "f32")));
        buffers.push(("y", "f32"));
        buffers
    }

    fn info(&self) -> &'static [&'static str] {
        &["inputs", "height", "width", "outputs", "out_height", "out_width", "groups"]
    }
}

/// `None` when the tensors are not on a GPU.
pub fn conv2d(
    x: &Tensor<4>,
    kernels: &Kernels,
    bias: &Tensor<1>,
    added: &Added,
    shape: [usize; 4],
) -> Option<Tensor<4>> {
    let ([_, inputs, height, width], [rows, outputs, out_height, out_width]) = (x.dims(), shape);
    let shader = ConvShader {
        size: kernels.shape[2],
        place: kernels.place,
        each: added.each.is_some(),
        residual: added.residual.is_some(),
    };
    let mut buffers = vec![buffer(x)?, buffer(&kernels.values)?, buffer(bias)?];
    buffers.extend(added.each.as_ref().and_then(buffer));
    buffers.extend(added.residual.as_ref().and_then(buffer));
    let all = (outputs.div_ceil(4) * out_height * out_width.div_ceil(4)).div_ceil(WORKGROUP);
    let groups = all.min(MAX_GROUPS);
    let info = [inputs, height, width, outputs, out_height, out_width, groups].map(word);
    launch(shader, [groups, rows, all.div_ceil(groups)], buffers, shape, &info)
}
