//! [`conv2d`](super::conv2d) for the GPU: one shader for each way to divide the work.

use burn::tensor::Tensor;

use super::patches::Patches;
use super::slices::Slices;
use super::{ConvGeometry, ConvWeight, Epilogue};
use crate::kernels::gpu::{
    Adapter, MAX_GROUPS, Shader, Tile, buffer, buffers_of, launch, number_at, unrolled, word,
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
    /// Some pixels of a row, from a share of the channels: for a GPU too, and pictures that are small.
    Slices(Slices),
    /// A patch of pixels: for a processor that plays a GPU.
    Patches(Patches),
}

impl Shader for ConvShader {
    fn body(&self) -> String {
        let Kernels { quads, size, geometry: ConvGeometry { stride, padding: (before, _), doubled } } =
            self.kernels;
        let main = match self.way {
            Way::Tiles(tile) => tile.text() + &unrolled(include_str!("tiled.wgsl"), '$', 4),
            Way::Slices(slices) => slices.text(&self.kernels),
            Way::Patches(patches) => patches.text(&self.kernels),
        };
        [
            format!("const SIZE = {size}u;\nconst STRIDE = {stride}u;\n").as_str(),
            &format!("const BEFORE = {before};\nconst SHIFT = {}u;\n", u8::from(doubled)),
            &quads.functions(),
            &number_at("per_channel", self.per_channel, "index"),
            &number_at("residual", self.residual, "index"),
            &main,
        ]
        .concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        let mut buffers = vec![("x", "f32")];
        buffers.extend(self.kernels.quads.buffers());
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
    let kernels = Kernels { quads: Quads::of(matrix), size: weight.kernels.size(), geometry };
    let input = buffer(x)?;
    // Each output is a row of the product, and each pixel a column.
    let tile = Tile::of(outputs, out_height * out_width, rows);
    let way = match (input.adapter(), tile) {
        (Adapter::Hardware, Some(tile)) => Way::Tiles(tile),
        (Adapter::Hardware, None) => Way::Slices(Slices::new(geometry, width, out_width)),
        (Adapter::Software, _) => Way::Patches(Patches::new(&kernels, x.dims(), shape)),
    };
    let groups = match way {
        Way::Tiles(tile) => tile.groups(outputs, out_height * out_width, rows),
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
    buffers.push(buffer(bias)?);
    buffers.extend(buffers_of(&epilogue.per_channel)?);
    buffers.extend(buffers_of(&epilogue.residual)?);
    let info = [inputs, height, width, outputs, matrix.width(), out_height, out_width, groups[0]].map(word);
    launch(shader, groups, buffers, shape, &info)
}

/// The workgroups of each of `rows` pictures, over two dimensions: one alone has too few.
fn spread(all: usize, rows: usize) -> [usize; 3] {
    let groups = all.min(MAX_GROUPS);
    [groups, rows, all.div_ceil(groups)]
}
