//! [`linear`](super::linear) for the GPU with many rows: each number that is read serves the products of several.

use burn::tensor::Tensor;

use super::LinearCall;
use super::gpu::x_quad;
use crate::kernels::activation::gpu::wgsl;
use crate::kernels::gpu::{
    Adapter, Extent, MAX_GROUPS, Shader, Tile, WORKGROUP, buffer, buffers_of, float, launch, number_at,
    unrolled, word,
};
use crate::kernels::weight::gpu::{Quads, weight_buffers};
use crate::kernels::{Layout, layer_norm};

/// Rows that are many.
const MANY: usize = 32;

/// How the products are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// Among workgroups, in tiles.
    Tiles(Tile),
    /// The second shader of tiles that are divided: it adds up what they leave.
    Sums(Tile),
    /// Among invocations that share nothing.
    Blocks,
}

/// Rows of an invocation's block, and its outputs by four.
const BLOCK: [usize; 2] = [8, 4];

impl Way {
    /// `None` when the rows are too few.
    pub fn of(adapter: Adapter, rows: usize, inputs: usize, outputs: usize) -> Option<Self> {
        match adapter {
            _ if rows < MANY => None,
            Adapter::Hardware => Tile::of(extent(rows, inputs, outputs)).map(Self::Tiles),
            Adapter::Software => Some(Self::Blocks),
        }
    }
}

fn extent(rows: usize, inputs: usize, outputs: usize) -> Extent {
    Extent { count: 1, rows, columns: outputs, inputs }
}

/// WGSL's `extent()`: the rows and the columns of the product.
const EXTENT: &str = "fn extent() -> vec2<u32> { return vec2(info.rows, info.outputs); }\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ManyRowsShader {
    quads: Quads,
    /// Rows of `x` are a multiple of four numbers long.
    whole_x: bool,
    bias: bool,
    residual: bool,
    activation: &'static str,
    way: Way,
}

impl Shader for ManyRowsShader {
    fn body(&self) -> String {
        let main = match self.way {
            Way::Tiles(tile) => {
                let across = self.quads.layout == Layout::InOut;
                let main = unrolled(include_str!("tiled.wgsl"), '$', 4);
                tile.text() + &format!("const ACROSS = {across};\n") + &main
            }
            Way::Sums(tile) => "alias V = vec4<f32>;\n".to_owned() + &tile.text_of_sums(),
            Way::Blocks => {
                let [rows, quads] = BLOCK;
                let main = unrolled(&unrolled(include_str!("blocked.wgsl"), '#', rows), '$', quads);
                format!("const ROWS = {rows}u;\nconst QUADS = {quads}u;\nconst WORKERS = {WORKGROUP}u;\n")
                    + &main
            }
        };
        let mut text = EXTENT.to_owned() + &main;
        if !matches!(self.way, Way::Sums(_)) {
            text += &self.quads.functions();
            text += &self.quads.sixteens();
            text += x_quad(self.whole_x);
        }
        if !self.leaves_parts() {
            // The last four columns can reach behind the end.
            text += &number_at("bias", self.bias, "min(index, info.outputs - 1u)");
            text += &number_at("residual", self.residual, "index");
            text += &wgsl(self.activation);
            text += include_str!("write.wgsl");
        }
        text
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        let mut buffers = match self.way {
            Way::Sums(_) => vec![("parts", "f32")],
            _ => [vec![("x", if self.whole_x { "vec4<f32>" } else { "f32" })], self.quads.buffers()].concat(),
        };
        buffers.extend(self.bias.then_some(("bias", "f32")));
        buffers.extend(self.residual.then_some(("residual", "f32")));
        buffers.push(("y", "f32"));
        buffers
    }

    fn info(&self) -> &'static [&'static str] {
        &["rows", "inputs", "outputs", "width", "groups", "slope"]
    }
}

impl ManyRowsShader {
    /// Whether another shader adds up what it leaves, and then the bias and the rest.
    fn leaves_parts(&self) -> bool {
        matches!(self.way, Way::Tiles(tile) if tile.is_divided())
    }
}

/// `None` when the tensors are not on a GPU.
pub fn linear(x: &Tensor<2>, call: &LinearCall, way: Way) -> Option<Tensor<2>> {
    let LinearCall { weight: matrix, bias, residual, activation, norm } = call;
    let (rows, inputs, outputs) = (x.dims()[0], matrix.inputs(), matrix.outputs());
    let (name, slope) = activation.name_and_slope();
    let shader = ManyRowsShader {
        quads: Quads::of(matrix),
        whole_x: inputs.is_multiple_of(4),
        bias: bias.is_some(),
        residual: residual.is_some(),
        activation: name,
        way,
    };
    let mut buffers = vec![match norm {
        Some(norm) => buffer(&layer_norm(x, *norm))?,
        None => buffer(x)?,
    }];
    buffers.extend(weight_buffers(matrix)?);
    let last = [buffers_of(bias)?, buffers_of(residual)?].concat();
    let extent = extent(rows, inputs, outputs);
    let groups = match way {
        Way::Tiles(tile) | Way::Sums(tile) => tile.groups(extent),
        Way::Blocks => {
            let all = (rows.div_ceil(BLOCK[0]) * outputs.div_ceil(4 * BLOCK[1])).div_ceil(WORKGROUP);
            let groups = all.min(MAX_GROUPS);
            [groups, 1, all.div_ceil(groups)]
        }
    };
    let mut info = [rows, inputs, outputs, matrix.width(), groups[0]].map(word).to_vec();
    info.push(float(slope));
    if let Way::Tiles(tile) = way
        && tile.is_divided()
    {
        let first = ManyRowsShader { bias: false, residual: false, ..shader };
        let parts = launch(first, groups, buffers, tile.parts(extent), &info)?;
        buffers = vec![buffer(&parts)?];
        buffers.extend(last);
        let second = ManyRowsShader { way: Way::Sums(tile), ..shader };
        return launch(second, Tile::groups_of_sums(extent), buffers, [rows, outputs], &info);
    }
    buffers.extend(last);
    launch(shader, groups, buffers, [rows, outputs], &info)
}
