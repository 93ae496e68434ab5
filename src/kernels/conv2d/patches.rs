//! A convolution's shader for a processor that plays a GPU: an invocation has a patch of pixels, of several outputs.

use std::fmt::Write;

use super::ConvGeometry;
use super::gpu::Kernels;
use crate::kernels::Format;
use crate::kernels::gpu::{WORKGROUP, unrolled};

/// Products of a picture from which on larger patches are worth their compiling: a shader of theirs takes SwiftShader a second.
const MANY_PRODUCTS: usize = 1 << 21;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Patches {
    /// Rows of a patch, and columns.
    side: usize,
    /// Outputs of an invocation, by four.
    quads: usize,
    /// The result is as large as the picture and whole patches, and the stride is 1: then only the first and the last lines and
    /// columns under the kernels can be beside the picture.
    whole: bool,
}

impl Patches {
    pub fn new(
        kernels: &Kernels,
        [_, inputs, in_height, in_width]: [usize; 4],
        [_, outputs, height, width]: [usize; 4],
    ) -> Self {
        let (picture, ConvGeometry { stride, doubled, .. }) = ([in_height, in_width], kernels.geometry);
        let is_large = inputs * kernels.size.pow(2) * outputs * height * width >= MANY_PRODUCTS;
        // All the products of a channel are written out, so that large kernels have small patches.
        let most = if is_large && kernels.size <= 3 { 4 } else { 2 };
        let side = height.min(width).next_power_of_two().min(most);
        let picture = picture.map(|length| if doubled { 2 * length } else { length });
        let whole = stride == 1
            && picture == [height, width]
            && [height, width].iter().all(|length| length.is_multiple_of(side));
        Self { side, quads: if is_large && outputs > 4 { 2 } else { 1 }, whole }
    }

    /// Workgroups of a picture.
    pub fn groups(self, [_, outputs, height, width]: [usize; 4]) -> usize {
        let patches = height.div_ceil(self.side) * width.div_ceil(self.side);
        (outputs.div_ceil(4 * self.quads) * patches).div_ceil(WORKGROUP)
    }

    /// Its part of the shader.
    pub fn text(self, kernels: &Kernels) -> String {
        let Self { side, quads, .. } = self;
        let text = include_str!("patches.wgsl")
            .replace("// lines and columns\n", &self.positions(kernels))
            .replace("// numbers\n", &self.numbers(kernels))
            .replace("// products\n", &self.products(kernels));
        let constants =
            format!("const SIDE = {side}u;\nconst QUADS = {quads}u;\nconst WORKERS = {WORKGROUP}u;\n");
        constants + &unrolled(&unrolled(&text, '#', side * side), '$', quads)
    }

    /// Lines of the picture under a patch, and columns.
    fn reach(self, kernels: &Kernels) -> usize {
        (self.side - 1) * kernels.geometry.stride + kernels.size
    }

    /// Whether a line or column can be beside the picture.
    fn is_at_border(self, kernels: &Kernels, number: usize) -> bool {
        let before = kernels.geometry.padding.0;
        !(self.whole && (before..self.side + before).contains(&number))
    }

    /// Where the lines and columns begin, and whether they are inside.
    fn positions(self, kernels: &Kernels) -> String {
        let mut text = String::new(); // writing to it cannot fail
        for number in 0..self.reach(kernels) {
            for (name, first, size, factor) in
                [("line", "top", "height", " * info.in_width"), ("column", "left", "width", "")]
            {
                let _ = if self.is_at_border(kernels, number) {
                    writeln!(
                        text,
                        "let {name}{number} = nearest({first} + {number}, info.in_{size}){factor};
                        let has_{name}{number} = is_inside({first} + {number}, info.in_{size});"
                    )
                } else {
                    writeln!(text, "let {name}{number} = (u32({first} + {number}) >> SHIFT){factor};")
                };
            }
        }
        text
    }

    /// The numbers of a channel under the patch.
    fn numbers(self, kernels: &Kernels) -> String {
        let ConvGeometry { stride, padding: (before, _), doubled } = kernels.geometry;
        // Two lines of a picture that is doubled are one, and two columns.
        let is_second = |number: usize| {
            doubled && (self.side * stride).is_multiple_of(2) && number > before && (number - before) % 2 == 1
        };
        let mut text = String::new(); // writing to it cannot fail
        for line in 0..self.reach(kernels) {
            for column in 0..self.reach(kernels) {
                let number = format!("x[channel + line{line} + column{column}]");
                let checks: Vec<String> = [("line", line), ("column", column)]
                    .into_iter()
                    .filter(|&(_, number)| self.is_at_border(kernels, number))
                    .map(|(name, number)| format!("has_{name}{number}"))
                    .collect();
                let value = if is_second(line) {
                    format!("v{}_{column}", line - 1)
                } else if is_second(column) {
                    format!("v{line}_{}", column - 1)
                } else if checks.is_empty() {
                    number
                } else {
                    format!("select(0.0, {number}, {})", checks.join(" & "))
                };
                let _ = writeln!(text, "let v{line}_{column} = {value};");
            }
        }
        text
    }

    /// What each position of the kernels adds to each pixel, from the patch's numbers.
    fn products(self, kernels: &Kernels) -> String {
        let (size, stride) = (kernels.size, kernels.geometry.stride);
        let mut text = String::new(); // writing to it cannot fail
        for position in 0..size * size {
            let scale = match kernels.quads.format {
                Format::Q8 => format!(" * scale(({position}u * inputs + input) / BLOCK, column + $u)"),
                Format::F32 | Format::F16 => String::new(),
            };
            let _ = writeln!(text, "let w{position}_$ = quad(at + {position}u * step, column + $u){scale};");
            for pixel in 0..self.side * self.side {
                let line = pixel / self.side * stride + position / size;
                let column = pixel % self.side * stride + position % size;
                let _ = writeln!(text, "sum{pixel}_$ += v{line}_{column} * w{position}_$;");
            }
        }
        text
    }
}
