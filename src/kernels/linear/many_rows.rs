//! [`linear`](super::linear) for the GPU with many rows: each number that is read serves the products of several.

use burn::tensor::Tensor;

use super::LinearCall;
use super::gpu::x_quad;
use crate::kernels::activation::gpu::wgsl;
use crate::kernels::gpu::{
    Adapter, MAX_GROUPS, Shader, Tile, WORKGROUP, buffer, buffers_of, float, launch, number_at, unrolled,
    word,
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
    /// Among invocations that share nothing.
    Blocks,
}

/// Rows of an invocation's block, and its outputs by four.
const BLOCK: [usize; 2] = [8, 4];

impl Way {
    /// `None` when the rows are too few.
    pub fn of(adapter: Adapter, rows: usize, outputs: usize) -> Option<Self> {
        match adapter {
            _ if rows < MANY => None,
            Adapter::Hardware => Tile::of(rows, outputs, 1).map(Self::Tiles),
            Adapter::Software => Some(Self::Blocks),
        }
    }
}

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
            Way::Blocks => {
                let [rows, quads] = BLOCK;
                let main = unrolled(&unrolled(include_str!("blocked.wgsl"), '#', rows), '$', quads);
                format!("const ROWS = {rows}u;\nconst QUADS = {quads}u;\nconst WORKERS = {WORKGROUP}u;\n")
                    + &main
            }
        };
        [
            &self.quads.functions(),
            &self.quads.sixteens(),
            x_quad(self.whole_x),
            // The last four columns can reach behind the end.
            &number_at("bias", self.bias, "min(index, info.outputs - 1u)"),
            &number_at("residual", self.residual, "index"),
            &wgsl(self.activation),
            &main,
            include_str!("write.wgsl"),
        ]
        .concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        let mut buffers = vec![("x", if self.whole_x { "vec4<f32>" } else { "f32" })];
        buffers.extend(self.quads.buffers());
        buffers.extend(self.bias.then_some(("bias", "f32")));
        buffers.extend(self.residual.then_some(("residual", "f32")));
        buffers.push(("y", "f32"));
        buffers
    }

    fn info(&self) -> &'static [&'static str] {
        &["rows", "inputs", "outputs", "width", "groups", "slope"]
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
    buffers.extend(buffers_of(bias)?);
    buffers.extend(buffers_of(residual)?);
    let groups = match way {
        Way::Tiles(tile) => tile.groups(rows, outputs, 1),
        Way::Blocks => {
            let all = (rows.div_ceil(BLOCK[0]) * outputs.div_ceil(4 * BLOCK[1])).div_ceil(WORKGROUP);
            let groups = all.min(MAX_GROUPS);
            [groups, 1, all.div_ceil(groups)]
        }
    };
    let mut info = [rows, inputs, outputs, matrix.width(), groups[0]].map(word).to_vec();
    info.push(float(slope));
    launch(shader, groups, buffers, [rows, outputs], &info)
}
