//! A convolution's shader for small pictures on a GPU: an invocation has some pixels of a row, of four outputs.

use std::fmt::Write;

use super::ConvGeometry;
use super::gpu::Kernels;
use crate::kernels::Format;
use crate::kernels::gpu::{OVER_SLICES, unrolled};

/// Pixels of an invocation: the more there are, the more rarely numbers are read.
const PIXELS: usize = 4;
/// Invocations of a workgroup that have pixels of their own, and those that share each one's inputs.
const WORKERS: usize = 16;
const SLICES: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slices {
    /// A row of the result is as long as one of the picture and a multiple of [`PIXELS`], and the stride is 1: then only
    /// the first and the last columns under the kernels can be beside the picture.
    whole: bool,
}

impl Slices {
    pub fn new(geometry: ConvGeometry, width: usize, out_width: usize) -> Self {
        let width = if geometry.doubled { 2 * width } else { width };
        Self { whole: geometry.stride == 1 && out_width == width && out_width.is_multiple_of(PIXELS) }
    }

    /// Workgroups of a picture.
    pub fn groups([_, outputs, height, width]: [usize; 4]) -> usize {
        (outputs.div_ceil(4) * height * width.div_ceil(PIXELS)).div_ceil(WORKERS)
    }

    /// Its part of the shader.
    pub fn text(self, kernels: &Kernels) -> String {
        let Kernels { quads, size, geometry: ConvGeometry { stride, padding: (before, _), doubled } } =
            *kernels;
        // The row of the picture under a row of the kernels, and each of its columns with the pixels that it adds to.
        let mut products = String::new(); // writing to it cannot fail
        for number in 0..(PIXELS - 1) * stride + size {
            let is_inside = self.whole && (before..PIXELS + before).contains(&number);
            let value = match number {
                _ if !is_inside => format!("number(line, left + {number})"),
                // A column of a picture that is doubled comes twice.
                _ if doubled && (number - before) % 2 == 1 => format!("v{}", number - 1),
                _ => format!("x[line + (u32(left + {number}) >> SHIFT)]"),
            };
            let _ = writeln!(products, "let v{number} = {value};");
        }
        for column in 0..size {
            let scale = match quads.format {
                Format::Q8 => format!(" * scale((first + {column}u * inputs) / BLOCK, output / 4u)"),
                Format::F32 | Format::F16 => String::new(),
            };
            let _ = writeln!(products, "{{ let w = quad(at, {column}u * step){scale};");
            for pixel in 0..PIXELS {
                let _ = writeln!(products, "sum{pixel} += v{} * w;", pixel * stride + column);
            }
            products.push_str("}\n");
        }
        [
            &format!("const PIXELS = {PIXELS}u;\nconst WORKERS = {WORKERS}u;\nconst SLICES = {SLICES}u;\n"),
            OVER_SLICES,
            &unrolled(include_str!("slices.wgsl"), '#', PIXELS).replace("// products\n", &products),
        ]
        .concat()
    }
}
