//! [`group_norm`](super::group_norm) for the GPU: a workgroup a group, or several where a GPU has large groups.

use burn::tensor::Tensor;

use super::GroupNormCall;
use crate::kernels::activation::gpu::wgsl;
use crate::kernels::gpu::{Adapter, Buffer, Shader, buffer, float, launch, moments, shared_sums, word};

/// Numbers of a part of a group. A group of two or less is not divided.
const PART: usize = 4096;

/// Groups of a few numbers, in one dispatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct GroupNormShader {
    activation: &'static str,
    threads: usize,
}

impl Shader for GroupNormShader {
    fn body(&self) -> String {
        let (activation, moments) = (wgsl(self.activation), moments(self.threads));
        ["alias V = f32;\n", &activation, &moments, include_str!("group_norm.wgsl")].concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("x", "f32"), ("gamma", "f32"), ("beta", "f32"), ("y", "f32")]
    }

    fn info(&self) -> &'static [&'static str] {
        &["groups", "channels", "plane", "epsilon", "slope"]
    }
}

/// What is read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Span {
    One,
    Four,
}

impl Span {
    fn numbers(self) -> usize {
        if self == Self::One { 1 } else { 4 }
    }

    fn kind(self) -> &'static str {
        if self == Self::One { "f32" } else { "vec4<f32>" }
    }

    fn wgsl(self) -> String {
        format!("alias V = {};\nconst SPAN = {}u;\n", self.kind(), self.numbers())
    }
}

/// The numbers that both shaders of large groups have.
const LARGE_INFO: &[&str] = &["groups", "channels", "plane", "count", "part", "parts", "epsilon", "slope"];

/// The moments of each part of large groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct PartsShader {
    span: Span,
    threads: usize,
}

impl Shader for PartsShader {
    fn body(&self) -> String {
        let across = if self.span == Span::One { "v" } else { "(v.x + v.y) + (v.z + v.w)" };
        let across = format!("fn across(v: V) -> f32 {{ return {across}; }}\n");
        [&self.span.wgsl(), &across, &shared_sums(self.threads), include_str!("parts.wgsl")].concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("x", self.span.kind()), ("y", "vec2<f32>")]
    }

    fn info(&self) -> &'static [&'static str] {
        LARGE_INFO
    }
}

/// Large groups, from the moments of their parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct WholeShader {
    activation: &'static str,
    span: Span,
    threads: usize,
}

impl Shader for WholeShader {
    fn body(&self) -> String {
        let activation = wgsl(self.activation);
        [&self.span.wgsl(), &activation, &shared_sums(self.threads), include_str!("whole.wgsl")].concat()
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        let kind = self.span.kind();
        vec![("x", kind), ("moments", "vec2<f32>"), ("gamma", "f32"), ("beta", "f32"), ("y", kind)]
    }

    fn info(&self) -> &'static [&'static str] {
        LARGE_INFO
    }
}

/// `None` when the tensors are not on a GPU.
#[allow(clippy::cast_possible_truncation)] // a small number needs no more digits
pub fn group_norm(x: &Tensor<4>, call: &GroupNormCall) -> Option<Tensor<4>> {
    let shape @ [rows, channels, height, width] = x.dims();
    let input = buffer(x)?;
    let adapter = input.adapter();
    let (of_group, plane) = (channels / call.groups, height * width);
    if adapter == Adapter::Hardware && of_group * plane > 2 * PART {
        return large(&input, shape, call, adapter.threads());
    }
    let threads = adapter.threads();
    let buffers = vec![input, buffer(call.gamma)?, buffer(call.beta)?];
    let (activation, slope) = call.activation.name_and_slope();
    let epsilon = float(call.epsilon as f32);
    let info = [word(call.groups), word(of_group), word(plane), epsilon, float(slope)];
    let shader = GroupNormShader { activation, threads };
    launch(shader, [call.groups, rows, 1], buffers, shape, &info)
}

/// The groups are too few to fill a GPU, so that several workgroups share one. What a first dispatch finds of their parts, each
/// workgroup of a second one puts together.
#[allow(clippy::cast_possible_truncation)] // a small number needs no more digits
fn large(x: &Buffer, shape: [usize; 4], call: &GroupNormCall, threads: usize) -> Option<Tensor<4>> {
    let [rows, channels, height, width] = shape;
    let (of_group, plane) = (channels / call.groups, height * width);
    let span = if plane.is_multiple_of(4) { Span::Four } else { Span::One };
    let count = of_group * plane / span.numbers();
    let part = (PART / span.numbers()).max(count.div_ceil(threads));
    let parts = count.div_ceil(part);
    let (activation, slope) = call.activation.name_and_slope();
    let info = [
        word(call.groups),
        word(of_group),
        word(plane / span.numbers()),
        word(count),
        word(part),
        word(parts),
        float(call.epsilon as f32),
        float(slope),
    ];
    let groups = [parts, call.groups, rows];
    let (parts_shader, shape_of_moments) = (PartsShader { span, threads }, [rows, call.groups, parts, 2]);
    let moments: Tensor<4> = launch(parts_shader, groups, vec![x.clone()], shape_of_moments, &info)?;
    let buffers = vec![x.clone(), buffer(&moments)?, buffer(call.gamma)?, buffer(call.beta)?];
    launch(WholeShader { activation, span, threads }, groups, buffers, shape, &info)
}
