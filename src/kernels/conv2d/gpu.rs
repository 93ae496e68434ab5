//! [`conv2d`](super::conv2d) for the GPU: one shader for each way to divide the work.

use burn::tensor::Tensor;

use super::patches::Patches;
use super::slices::Slices;
use super::{ConvGeometry, ConvWeight, Epilogue};
use crate::kernels::gpu::{
    Adapter, Extent, MAX_GROUPS, Shader, Tile, buffer, buffers_of, launch, number_at, unrolled, word,
};
use crate::kernels::weight::gpu::{Quads, weight_buffers};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ConvShader {
    kernels: Kernels,
    way: Way,
    per_channel: bool,
    residual: bool,
}

/// How a shader reads kernels, and how they go over a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kernels {
    pub quads: Quads,
    pub size: usize,
    pub geometry: ConvGeometry,
}

/// Which part of the result an invocation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    /// Its share of a workgroup's tile: for a GPU.
    Tiles(Tile),
    /// Some pixels of the result, whose sums divided tiles have left.
    Sums(Tile),
    /// Some pixels of a row, from a share of the channels: for a GPU too, and pictures that are small.
    Slices(Slices),
    /// A patch of pixels: for a processor that plays a GPU.
    Patches(Patches),
}

/// WGSL's `extent()`: the rows and the columns of a picture's product.
const EXTENT: &str =
    "fn extent() -> vec2<u32> { return vec2(info.outputs, info.out_height * info.out_width); }\n";

impl Shader for ConvShader {
    fn body(&self) -> String {
        let Kernels { quads, size, geometry: ConvGeometry { stride, padding: (before, _), doubled } } =
            self.kernels;
        let main = match self.way {
            Way::Tiles(tile) => {
                let write = if tile.is_divided() { "" } else { include_str!("write.wgsl") };
                tile.text() + &unrolled(include_str!("tiled.wgsl"), '$', 4) + write
            }
            Way::Sums(tile) => tile.text_of_sums() + include_str!("write.wgsl"),
            Way::Slices(slices) => slices.text(&self.kernels),
            Way::Patches(patches) => patches.text(&self.kernels),
        };
        let shift = u8::from(doubled);
        let mut text = format!(
            "const SIZE = {size}u;\nconst STRIDE = {stride}u;\nconst BEFORE = {before};\nconst SHIFT = {shift}u;\n"
        );
        if !matches!(self.way, Way::Sums(_)) {
            text += &quads.functions();
        }
        if !self.leaves_parts() {
            text += &number_at("per_channel", self.per_channel, "index");
            text += &number_at("residual", self.residual, "index");
        }
        text + EXTENT + &main
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        let mut buffers = match self.way {
            Way::Sums(_) => vec![("parts", "f32")],
            _ => [vec![("x", "f32")], self.kernels.quads.buffers()].concat(),
        };
        buffers.extend((!self.leaves_parts()).then_some(("bias", "f32")));
        buffers.extend(self.per_channel.then_some(("per_channel", "f32")));
        buffers.extend(self.residual.then_some(("residual", "f32")));
        buffers.push(("y", "f32"));
        buffers
    }

    fn info(&self) -> &'static [&'static str] {
        &["inputs", "in_height", "in_width", "outputs", "width", "out_height", "out_width", "groups"]
    }
}

impl ConvShader {
    /// Whether another shader adds up what it leaves, and then the bias and the epilogue.
    fn leaves_parts(&self) -> bool {
        matches!(self.way, Way::Tiles(tile) if tile.is_divided())
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
    let kernels = Kernels { quads: Quads::of(matrix), size: weight.kernels.size(), geometry };
    let input = buffer(x)?;
    // Each output is a row of the product, and each pixel a column.
    let depth = inputs * kernels.size * kernels.size;
    let extent = Extent { count: rows, rows: outputs, columns: out_height * out_width, inputs: depth };
    let way = match (input.adapter(), Tile::of(extent)) {
        (Adapter::Hardware, Some(tile)) => Way::Tiles(tile),
        (Adapter::Hardware, None) => Way::Slices(Slices::new(geometry, width, out_width)),
        (Adapter::Software, _) => Way::Patches(Patches::new(&kernels, x.dims(), shape)),
    };
    let groups = match way {
        Way::Tiles(tile) | Way::Sums(tile) => tile.groups(extent),
        Way::Slices(_) => spread(Slices::groups(shape), rows),
        Way::Patches(patches) => spread(patches.groups(shape), rows),
    };
    let shader = ConvShader {
        kernels,
        way,
        per_channel: epilogue.per_channel.is_some(),
        residual: epilogue.residual.is_some(),
    };
    let mut buffers = vec![input];
    buffers.extend(weight_buffers(matrix)?);
    let mut last = vec![buffer(bias)?];
    last.extend(buffers_of(&epilogue.per_channel)?);
    last.extend(buffers_of(&epilogue.residual)?);
    let info = [inputs, height, width, outputs, matrix.width(), out_height, out_width, groups[0]].map(word);
    if let Way::Tiles(tile) = way
        && tile.is_divided()
    {
        let first = ConvShader { per_channel: false, residual: false, ..shader };
        let parts = launch(first, groups, buffers, tile.parts(extent), &info)?;
        buffers = vec![buffer(&parts)?];
        buffers.extend(last);
        let second = ConvShader { way: Way::Sums(tile), ..shader };
        return launch(second, Tile::groups_of_sums(extent), buffers, shape, &info);
    }
    buffers.extend(last);
    launch(shader, groups, buffers, shape, &info)
}

/// The workgroups of each of `rows` pictures, over two dimensions: one alone has too few.
fn spread(all: usize, rows: usize) -> [usize; 3] {
    let groups = all.min(MAX_GROUPS);
    [groups, rows, all.div_ceil(groups)]
}
