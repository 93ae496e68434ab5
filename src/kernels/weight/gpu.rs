//! A [`Weight`] as a shader reads it.

use super::{Format, Layout, Q8_BLOCK, Values, Weight};
use crate::kernels::gpu::{Buffer, buffer, int_buffer};

impl Weight {
    /// Numbers in a row, which lie together.
    pub(in crate::kernels) fn width(&self) -> usize {
        self.shape[1]
    }
}

/// The buffers of a weight, in the order in which [`Quads::buffers`] names them.
pub fn weight_buffers(weight: &Weight) -> Option<Vec<Buffer>> {
    Some(match &weight.values {
        Values::F32(values) => vec![buffer(values)?],
        Values::Panels(_) => return None, // never on a GPU
        Values::F16(words) => vec![int_buffer(words)?],
        Values::Q8(words, scales) => vec![int_buffer(words)?, buffer(scales)?],
    })
}

/// How a shader reads four numbers of a row of a weight at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quads {
    pub format: Format,
    /// Rows are a multiple of four numbers long. Packed ones always are.
    pub whole: bool,
    /// Which way they lie: the scales of four columns lie together, or those of a row.
    pub layout: Layout,
}

impl Quads {
    pub fn of(weight: &Weight) -> Self {
        let format = weight.format();
        let whole = format != Format::F32 || weight.width().is_multiple_of(4);
        Self { format, whole, layout: weight.layout() }
    }

    /// Names and types of the weight's buffers.
    pub fn buffers(self) -> Vec<(&'static str, &'static str)> {
        match (self.format, self.whole) {
            (Format::F32, true) => vec![("weight", "vec4<f32>")],
            (Format::F32, false) => vec![("weight", "f32")],
            (Format::F16, _) => vec![("weight", "vec2<u32>")],
            (Format::Q8, _) => {
                let scales = if self.layout == Layout::InOut { "vec4<f32>" } else { "f32" };
                vec![("weight", "u32"), ("scales", scales)]
            }
        }
    }

    /// WGSL's `stride()`, what a row's start is counted in; `quad(start, index)`, the numbers `4 · index` to
    /// `4 · index + 3` of the row that starts there; and what they lack in `q8`, their scale: `scale(block, column)` of four
    /// columns that lie together, or `scale(row, block)`, for blocks of BLOCK inputs. `info.width` is the length of a row.
    ///
    /// A loop computes the start and keeps `stride()` in a variable: what is read from `info` is read again every time.
    pub fn functions(self) -> String {
        let stride = if self.whole { "(info.width + 3u) / 4u" } else { "info.width" };
        let quad = match (self.format, self.whole) {
            (Format::F32, true) => "return weight[start + index];",
            (Format::F32, false) => {
                "let i = 4u * index;
                return vec4(number(start, i), number(start, i + 1u), number(start, i + 2u), number(start, i + 3u));"
            }
            (Format::F16, _) => {
                "return vec4(unpack2x16float(weight[start + index].x), unpack2x16float(weight[start + index].y));"
            }
            (Format::Q8, _) => "return unpack4x8snorm(weight[start + index]);",
        };
        let number = if self.whole {
            ""
        } else {
            "fn number(start: u32, index: u32) -> f32 {
                return select(0.0, weight[start + min(index, info.width - 1u)], index < info.width);
            }"
        };
        let scale = match (self.format, self.layout) {
            (Format::Q8, Layout::InOut) => {
                "fn scale(block: u32, column: u32) -> vec4<f32> {
                    return scales[block * ((info.width + 3u) / 4u) + column];
                }"
            }
            (Format::Q8, Layout::OutIn) => {
                "fn scale(row: u32, block: u32) -> f32 {
                    return scales[row * ((info.width + BLOCK - 1u) / BLOCK) + block];
                }"
            }
            _ => "fn scale(a: u32, b: u32) -> f32 { return 1.0; }",
        };
        format!(
            "const BLOCK = {Q8_BLOCK}u;
            fn stride() -> u32 {{ return {stride}; }}
            {number}
            fn quad(start: u32, index: u32) -> vec4<f32> {{ {quad} }}
            {scale}\n"
        )
    }

    /// For products of many rows, after [`Self::functions`]: WGSL's `four_scales(block, column)`, those of the outputs
    /// `4 · column` to `4 · column + 3`, and `sixteen(k, column, scales)`, the inputs `k` to `k + 3` of these outputs, a vector
    /// for each input, in either layout. `k` is a multiple of four; inputs behind the last are zero.
    pub fn sixteens(self) -> String {
        let scaled = if self.format == Format::Q8 { "scale * " } else { "" };
        match self.layout {
            Layout::InOut => format!(
                "fn four_scales(block: u32, column: u32) -> vec4<f32> {{ return vec4<f32>(scale(block, column)); }}
                fn four(k: u32, column: u32, scale: vec4<f32>) -> vec4<f32> {{
                    return select(vec4<f32>(), {scaled}quad(k * stride(), column), k < info.inputs);
                }}
                fn sixteen(k: u32, column: u32, s: vec4<f32>) -> mat4x4<f32> {{
                    return mat4x4(
                        four(k, column, s), four(k + 1u, column, s), four(k + 2u, column, s), four(k + 3u, column, s)
                    );
                }}\n"
            ),
            // Outputs behind the last are the last one.
            Layout::OutIn => format!(
                "fn four_scales(block: u32, column: u32) -> vec4<f32> {{
                    let row = min(vec4(4u * column) + vec4(0u, 1u, 2u, 3u), vec4(info.outputs - 1u));
                    return vec4(scale(row.x, block), scale(row.y, block), scale(row.z, block), scale(row.w, block));
                }}
                fn four(k: u32, row: u32, scale: f32) -> vec4<f32> {{
                    return {scaled}quad(min(row, info.outputs - 1u) * stride(), k / 4u);
                }}
                fn sixteen(k: u32, column: u32, s: vec4<f32>) -> mat4x4<f32> {{
                    let row = 4u * column;
                    return transpose(mat4x4(
                        four(k, row, s.x), four(k, row + 1u, s.y), four(k, row + 2u, s.z), four(k, row + 3u, s.w)
                    ));
                }}\n"
            ),
        }
    }
}
