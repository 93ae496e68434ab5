//! [`linear`](super::linear) for the GPU: one shader for each layout of the weight.

use burn::tensor::Tensor;

use super::{LinearCall, many_rows};
use crate::kernels::activation::gpu::wgsl;
use crate::kernels::gpu::{
    Adapter, MAX_GROUPS, OVER_SLICES, Shader, WORKGROUP, buffer, buffers_of, float, launch, moments,
    number_at, unrolled, word,
};
use crate::kernels::weight::gpu::{Quads, weight_buffers};
use crate::kernels::{Layout, Q8_BLOCK, layer_norm};

/// Rows of one invocation when there are many: the more there are, the more rarely the weights are read.
const MANY_ROWS: usize = 8;
/// Invocations that share the inputs where those of an output lie together, so that they are read together.
const LANES: usize = Q8_BLOCK / 4;

#[allow(clippy::struct_excessive_bools)] // a part each, which the shader has or not
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct LinearShader {
    quads: Quads,
    /// Rows of `x` are a multiple of four numbers long.
    whole_x: bool,
    rows: usize,
    bias: bool,
    residual: bool,
    activation: &'static str,
    /// Invocations that share the inputs of an output.
    sharing: usize,
    /// Outputs of a workgroup, by four.
    workers: usize,
    /// A layer norm comes before.
    normed: bool,
}

impl Shader for LinearShader {
    fn body(&self) -> String {
        let x_quad = match self.quads.layout {
            Layout::InOut => "",
            Layout::OutIn => x_quad(self.whole_x),
        };
        let prepare = match (self.quads.layout, self.normed) {
            (Layout::OutIn, _) => String::new(),
            (Layout::InOut, false) => "fn prepare(local: u32) {}
                fn input(start: u32, k: u32) -> f32 { return x[start + k]; }\n"
                .to_owned(),
            (Layout::InOut, true) => moments(self.workers * self.sharing) + include_str!("normed.wgsl"),
        };
        // The inputs that an invocation takes in a row, and how many of them it reads at once. One that shares them with
        // others has few, and waits as long for one as for all of these.
        let (step, abreast) = if self.sharing > 1 { (8, 8) } else { (Q8_BLOCK, 4) };
        let (constants, sums, main) = match self.quads.layout {
            Layout::InOut => (
                format!(
                    "const SLICES = {}u;\nconst STEP = {step}u;\nconst ABREAST = {abreast}u;\n",
                    self.sharing
                ),
                OVER_SLICES,
                unrolled(include_str!("in_out.wgsl"), '$', abreast),
            ),
            Layout::OutIn => {
                let main = unrolled(include_str!("out_in.wgsl"), '$', 4);
                (format!("const LANES = {}u;\n", self.sharing), "", main)
            }
        };
        [
            &format!("const ROWS = {}u;\nconst WORKERS = {}u;\n", self.rows, self.workers),
            &constants,
            sums,
            &self.quads.functions(),
            x_quad,
            &prepare,
            // The last four columns can reach behind the end.
            &format!("\n{}", number_at("bias", self.bias, "min(index, info.outputs - 1u)")),
            &number_at("residual", self.residual, "index"),
            &wgsl(self.activation),
            &unrolled(&main, '#', self.rows),
        ]
        .concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        let quads = self.quads.layout == Layout::OutIn && self.whole_x;
        let mut buffers = vec![("x", if quads { "vec4<f32>" } else { "f32" })];
        buffers.extend(self.quads.buffers());
        buffers.extend([("gamma", "f32"), ("beta", "f32")].into_iter().filter(|_| self.normed));
        buffers.extend(self.bias.then_some(("bias", "f32")));
        buffers.extend(self.residual.then_some(("residual", "f32")));
        buffers.push(("y", "f32"));
        buffers
    }

    fn info(&self) -> &'static [&'static str] {
        &["rows", "inputs", "outputs", "width", "groups", "slope", "epsilon"]
    }

    /// A single row is short, and mostly waits for what it reads.
    fn is_fixed(&self) -> bool {
        self.rows == 1 && self.quads.layout == Layout::InOut && self.sharing > 1
    }
}

/// WGSL's `x_quad(start, k)`: four inputs of the row of `x` that starts there.
pub(super) fn x_quad(whole: bool) -> &'static str {
    if whole {
        return "fn x_quad(start: u32, k: u32) -> vec4<f32> { return x[(start + k) / 4u]; }\n";
    }
    // Behind the end the weight is zero.
    "fn x_quad(start: u32, k: u32) -> vec4<f32> {
        let last = info.inputs - 1u;
        let i = vec4(k, min(k + 1u, last), min(k + 2u, last), min(k + 3u, last)) + start;
        return vec4(x[i.x], x[i.y], x[i.z], x[i.w]);
    }\n"
}

/// `None` when the tensors are not on a GPU.
pub fn linear(x: &Tensor<2>, call: &LinearCall) -> Option<Tensor<2>> {
    let LinearCall { weight: matrix, bias, residual, activation, norm } = call;
    let (rows, inputs, outputs) = (x.dims()[0], matrix.inputs(), matrix.outputs());
    let (name, slope) = activation.name_and_slope();
    let shader_rows = rows.next_power_of_two().min(MANY_ROWS);
    let input = buffer(x)?;
    let adapter = input.adapter();
    if let Some(way) = many_rows::Way::of(adapter, rows, inputs, outputs) {
        return many_rows::linear(x, call, way);
    }
    let (workers, sharing) = match (adapter, matrix.layout()) {
        (Adapter::Software, _) => (WORKGROUP, 1),
        (Adapter::Hardware, Layout::InOut) => {
            let slices = if inputs > 1024 { 128 } else { 64 };
            (adapter.threads() / slices, slices)
        }
        (Adapter::Hardware, Layout::OutIn) => (WORKGROUP / LANES, LANES),
    };
    // With several rows, or the head's many workgroups, a dispatch of its own costs less. A software adapter
    // has slow workgroup memory: there a token of GPT-2's 124M took 830 ms and not 340.
    let is_joined = rows == 1 && matrix.layout() == Layout::InOut && adapter == Adapter::Hardware;
    let (input, norm) = match norm {
        Some(norm) if !is_joined => (buffer(&layer_norm(x, *norm))?, None),
        norm => (input, norm.as_ref()),
    };
    let shader = LinearShader {
        quads: Quads::of(matrix),
        whole_x: inputs.is_multiple_of(4),
        rows: shader_rows,
        bias: bias.is_some(),
        residual: residual.is_some(),
        activation: name,
        sharing,
        workers,
        normed: norm.is_some(),
    };
    let mut buffers = vec![input];
    buffers.extend(weight_buffers(matrix)?);
    buffers.extend(buffers_of(norm.iter().flat_map(|norm| [norm.gamma, norm.beta]))?);
    buffers.extend(buffers_of(bias)?);
    buffers.extend(buffers_of(residual)?);

    let all = outputs.div_ceil(4 * workers);
    let groups = all.min(MAX_GROUPS);

    let width = matrix.width();
    #[allow(clippy::cast_possible_truncation)] // a small number needs no more digits
    let epsilon = norm.map_or(0.0, |norm| norm.epsilon as f32);
    let mut info = [rows, inputs, outputs, width, groups].map(word).to_vec();
    info.extend([slope, epsilon].map(float));
    launch(
        shader,
        [groups, rows.div_ceil(shader_rows), all.div_ceil(groups)],
        buffers,
        [rows, outputs],
        &info,
    )
}
