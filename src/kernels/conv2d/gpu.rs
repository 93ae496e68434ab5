//! [`conv2d`](super::conv2d) for the GPU: an invocation has some places in a row of four outputs.

use std::fmt::Write;

use burn::tensor::Tensor;

use super::{Added, Kernels, Place};
use crate::kernels::gpu::{
    Adapter, MAX_GROUPS, OVER_SLICES, Shader, WORKGROUP, buffer, buffers_of, launch, number_at, unrolled,
    word,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ConvShader {
    size: usize,
    place: Place,
    /// Places in a row of an invocation: the more, the seldomer numbers are read.
    places: usize,
    /// Invocations of a workgroup that have places of their own, and those that share each one's inputs.
    workers: usize,
    slices: usize,
    /// A row of the result is as long as one of the picture and a multiple of `places`, and the stride is 1: then only
    /// the first and the last columns under the kernels can be beside the picture.
    whole: bool,
    each: bool,
    residual: bool,
}

impl Shader for ConvShader {
    fn body(&self) -> String {
        let Self { size, places, whole, .. } = *self;
        let Place { stride, padding: (before, _), doubled } = self.place;
        let shift = usize::from(doubled);
        // The row of the picture under a row of the kernels, and each of its columns with the places that it belongs to.
        let mut products = String::new(); // writing to it cannot fail
        for number in 0..(places - 1) * stride + size {
            let is_inside = whole && (before..places + before).contains(&number);
            let value = match number {
                _ if !is_inside => format!("number(line, left + {number})"),
                // A column of a picture that is doubled comes twice.
                _ if doubled && (number - before) % 2 == 1 => format!("v{}", number - 1),
                _ => format!("x[line + (u32(left + {number}) >> SHIFT)]"),
            };
            let _ = writeln!(products, "let v{number} = {value};");
        }
        for column in 0..size {
            let _ = writeln!(products, "{{ let w = weight[at + {column}u * stride];");
            for place in 0..places {
                let _ = writeln!(products, "sum{place} += v{} * w;", place * stride + column);
            }
            products.push_str("}\n");
        }
        [
            &format!("const PLACES = {places}u;\nconst SIZE = {size}u;\nconst STRIDE = {stride}u;\n"),
            &format!("const WORKERS = {}u;\nconst SLICES = {}u;\n", self.workers, self.slices),
            &format!("const BEFORE = {before};\nconst SHIFT = {shift}u;\n"),
            &number_at("each", self.each, "index"),
            &number_at("residual", self.residual, "index"),
            OVER_SLICES,
            &unrolled(include_str!("conv2d.wgsl"), '#', places).replace("// products\n", &products),
        ]
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
    let (place, scale) = (kernels.place, if kernels.place.doubled { 2 } else { 1 });
    // A small picture has too few places for the many invocations that a GPU needs, so that they share inputs as well.
    let input = buffer(x)?;
    let (places, workers, slices) = match input.adapter() {
        Adapter::Hardware => (4, 16, 16),
        Adapter::Software => (8, WORKGROUP, 1),
    };
    let shader = ConvShader {
        size: kernels.shape[2],
        place,
        places,
        workers,
        slices,
        whole: place.stride == 1 && out_width == scale * width && out_width.is_multiple_of(places),
        each: added.each.is_some(),
        residual: added.residual.is_some(),
    };
    let mut buffers = vec![input, buffer(&kernels.values)?, buffer(bias)?];
    buffers.extend(buffers_of(&added.each)?);
    buffers.extend(buffers_of(&added.residual)?);
    let all = (outputs.div_ceil(4) * out_height * out_width.div_ceil(places)).div_ceil(workers);
    let groups = all.min(MAX_GROUPS);
    let info = [inputs, height, width, outputs, out_height, out_width, groups].map(word);
    launch(shader, [groups, rows, all.div_ceil(groups)], buffers, shape, &info)
}
