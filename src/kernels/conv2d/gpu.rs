//! [`conv2d`](super::conv2d) for the GPU: an invocation has some pixels of a row, of four outputs.

use std::fmt::Write;

use burn::tensor::Tensor;

use super::{ConvGeometry, ConvWeight, Epilogue};
use crate::kernels::Format;
use crate::kernels::gpu::{
    Adapter, MAX_GROUPS, OVER_SLICES, Shader, WORKGROUP, buffer, buffers_of, launch, number_at, unrolled,
    word,
};
use crate::kernels::weight::gpu::{Quads, weight_buffers};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ConvShader {
    quads: Quads,
    size: usize,
    geometry: ConvGeometry,
    /// Pixels of an invocation: the more there are, the more rarely numbers are read.
    pixels: usize,
    /// Invocations of a workgroup that have pixels of their own, and those that share each one's inputs.
    workers: usize,
    slices: usize,
    /// A row of the result is as long as one of the picture and a multiple of `pixels`, and the stride is 1: then only
    /// the first and the last columns under the kernels can be beside the picture.
    whole: bool,
    per_channel: bool,
    residual: bool,
}

impl Shader for ConvShader {
    fn body(&self) -> String {
        let Self { size, pixels, whole, .. } = *self;
        let ConvGeometry { stride, padding: (before, _), doubled } = self.geometry;
        let shift = usize::from(doubled);
        // The row of the picture under a row of the kernels, and each of its columns with the pixels that it adds to.
        let mut products = String::new(); // writing to it cannot fail
        for number in 0..(pixels - 1) * stride + size {
            let is_inside = whole && (before..pixels + before).contains(&number);
            let value = match number {
                _ if !is_inside => format!("number(line, left + {number})"),
                // A column of a picture that is doubled comes twice.
                _ if doubled && (number - before) % 2 == 1 => format!("v{}", number - 1),
                _ => format!("x[line + (u32(left + {number}) >> SHIFT)]"),
            };
            let _ = writeln!(products, "let v{number} = {value};");
        }
        for column in 0..size {
            let scale = match self.quads.format {
                Format::Q8 => format!(" * scale((first + {column}u * inputs) / BLOCK, output / 4u)"),
                Format::F32 | Format::F16 => String::new(),
            };
            let _ = writeln!(products, "{{ let w = quad(at, {column}u * step){scale};");
            for pixel in 0..pixels {
                let _ = writeln!(products, "sum{pixel} += v{} * w;", pixel * stride + column);
            }
            products.push_str("}\n");
        }
        [
            &format!("const PIXELS = {pixels}u;\nconst SIZE = {size}u;\nconst STRIDE = {stride}u;\n"),
            &format!("const WORKERS = {}u;\nconst SLICES = {}u;\n", self.workers, self.slices),
            &format!("const BEFORE = {before};\nconst SHIFT = {shift}u;\n"),
            &self.quads.functions(),
            &number_at("per_channel", self.per_channel, "index"),
            &number_at("residual", self.residual, "index"),
            OVER_SLICES,
            &unrolled(include_str!("conv2d.wgsl"), '#', pixels).replace("// products\n", &products),
        ]
        .concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        let mut buffers = vec![("x", "f32")];
        buffers.extend(self.quads.buffers());
        buffers.push(("bias", "f32"));
        buffers.extend(self.per_channel.then_some(("per_channel", "f32")));
        buffers.extend(self.residual.then_some(("residual", "f32")));
        buffers.push(("y", "f32"));
        buffers
    }

    fn info(&self) -> &'static [&'static str] {
        &["inputs", "in_height", "in_width", "outputs", "width", "out_height", "out_width", "groups"]
    }
}

/// `None` when the tensors are not on a GPU.
pub fn conv2d(
    x: &Tensor<4>,
    weight: &ConvWeight,
    bias: &Tensor<1>,
    epilogue: &Epilogue,
    shape: [usize; 4],
) -> Option<Tensor<4>> {
    let ([_, inputs, height, width], [rows, outputs, out_height, out_width]) = (x.dims(), shape);
    let (matrix, geometry) = (weight.kernels.matrix(), weight.geometry);
    let scale = if geometry.doubled { 2 } else { 1 };
    // A small picture has too few pixels for the many invocations that a GPU needs, so that they share inputs as well.
    let input = buffer(x)?;
    let (pixels, workers, slices) = match input.adapter() {
        Adapter::Hardware => (4, 16, 16),
        Adapter::Software => (8, WORKGROUP, 1),
    };
    let shader = ConvShader {
        quads: Quads::of(matrix),
        size: weight.kernels.size(),
        geometry,
        pixels,
        workers,
        slices,
        whole: geometry.stride == 1 && out_width == scale * width && out_width.is_multiple_of(pixels),
        per_channel: epilogue.per_channel.is_some(),
        residual: epilogue.residual.is_some(),
    };
    let mut buffers = vec![input];
    buffers.extend(weight_buffers(matrix)?);
    buffers.push(buffer(bias)?);
    buffers.extend(buffers_of(&epilogue.per_channel)?);
    buffers.extend(buffers_of(&epilogue.residual)?);
    let all = (outputs.div_ceil(4) * out_height * out_width.div_ceil(pixels)).div_ceil(workers);
    let groups = all.min(MAX_GROUPS);
    let info = [inputs, height, width, outputs, matrix.width(), out_height, out_width, groups].map(word);
    launch(shader, [groups, rows, all.div_ceil(groups)], buffers, shape, &info)
}
