//! What the kernels for the GPU share: a shader with its buffers, launched through Burn's own client.

use std::fmt::Debug;
use std::hash::Hash;

use burn::backend::Wgpu;
use burn::backend::wgpu::{CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate, into_contiguous};
use burn::tensor::{DType, Int, Shape, Tensor};
use cubecl::client::Client;
use cubecl::prelude::{CubeCount, ExecutionMode, KernelId};
use cubecl::server::{Handle, KernelArguments, MetadataBindingInfo};

use super::adapter::Adapter;
use super::weight::{Format, Layout, Values, Weight};

/// A WGSL shader. Its value names it in the cache of pipelines, so that the text is only made once.
pub trait Shader: Copy + Debug + Eq + Hash + Send + Sync + 'static {
    /// Its text, without the buffers: [`launch`] declares those.
    fn body(&self) -> String;

    /// Names and types of its buffers, in the order in which they are launched; `info` comes after them.
    fn buffers(&self) -> Vec<(&'static str, &'static str)>;

    /// Names of the numbers of `info`.
    fn info(&self) -> &'static [&'static str];

    /// Whether these numbers are part of the shader. That saves the time in which it reads them, before all else, and
    /// costs another shader for every other number.
    fn is_fixed(&self) -> bool {
        false
    }
}

/// Invocations of a workgroup, where nothing else is said.
pub const WORKGROUP: usize = 64;

/// WGSL's `mean_and_scale(start, count, local)` of numbers of `x`, for workgroups of so many invocations.
pub fn moments(threads: usize) -> String {
    format!("const THREADS = {threads}u;\n{}", include_str!("moments.wgsl"))
}

/// WGSL's `over_slices(part, local)`, for shaders whose invocations share sums of four outputs.
pub const OVER_SLICES: &str = include_str!("over_slices.wgsl");

/// The most workgroups in one dimension.
pub const MAX_GROUPS: usize = 65_535;

#[derive(Debug, Clone)]
struct Source<S> {
    shader: S,
    /// `info`, where it is part of the shader.
    constants: Option<Vec<u32>>,
}

impl<S: Shader> KernelSource for Source<S> {
    fn source(&self) -> SourceTemplate {
        use std::fmt::Write;
        let mut text = String::new();
        let fields: Vec<String> = self.shader.info().iter().map(|name| format!("{name}: u32")).collect();
        let _ = writeln!(text, "struct Info {{ {} }}", fields.join(", ")); // writing to a String cannot fail
        let buffers = self.shader.buffers();
        for (index, (name, kind)) in buffers.iter().enumerate() {
            let _ =
                writeln!(text, "@group(0) @binding({index}) var<storage, read_write> {name}: array<{kind}>;");
        }
        let _ = match &self.constants {
            None => writeln!(text, "@group(0) @binding({}) var<storage, read> info: Info;", buffers.len()),
            Some(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("{value}u")).collect();
                writeln!(text, "const info = Info({});", values.join(", "))
            }
        };
        SourceTemplate::new(text + &self.shader.body())
    }

    fn id(&self) -> KernelId {
        // A checked kernel counts the turns of every loop, and then a GPU's compiler unrolls none.
        KernelId::new::<Self>().info((self.shader, self.constants.clone())).mode(ExecutionMode::Unchecked)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// A tensor's buffer on the GPU.
pub struct Buffer(CubeTensor);

impl Buffer {
    /// What the tensor's device runs on.
    pub fn adapter(&self) -> Adapter {
        Adapter::of_tensor(&self.0)
    }
}

/// The buffer of a tensor; `None` when it is not on a GPU.
pub fn buffer<const D: usize>(tensor: &Tensor<D>) -> Option<Buffer> {
    Some(Buffer(into_contiguous(tensor.clone().try_into_primitive::<Wgpu>().ok()?)))
}

/// The same for whole numbers.
pub fn int_buffer<const D: usize>(tensor: &Tensor<D, Int>) -> Option<Buffer> {
    Some(Buffer(into_contiguous(tensor.clone().try_into_primitive::<Wgpu>().ok()?)))
}

/// The buffers of a weight, as [`weight_buffers`] names them.
pub fn weight(weight: &Weight) -> Option<Vec<Buffer>> {
    Some(match weight.values() {
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
        let whole = format != Format::F32 || weight.shape()[1].is_multiple_of(4);
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

    /// WGSL's `stride()`, what a row's start is counted in, and `quad(start, index)`: the numbers `4 · index` to
    /// `4 · index + 3` of the row that starts there. In `q8` they lack their scale. `info.width` is the length of a row.
    ///
    /// A loop computes the start and keeps `stride()` in a variable: what is read from `info` is read again every time.
    pub fn functions(self) -> String {
        let unpacked = match (self.format, self.whole) {
            (Format::F32, true) => "weight[start + index]",
            (Format::F32, false) => {
                return "fn stride() -> u32 { return info.width; }
                fn number(start: u32, index: u32) -> f32 {
                    return select(0.0, weight[start + min(index, info.width - 1u)], index < info.width);
                }
                fn quad(start: u32, index: u32) -> vec4<f32> {
                    let i = 4u * index;
                    return vec4(number(start, i), number(start, i + 1u), number(start, i + 2u), number(start, i + 3u));
                }\n"
                    .to_owned();
            }
            (Format::F16, _) => {
                "vec4(unpack2x16float(weight[start + index].x), unpack2x16float(weight[start + index].y))"
            }
            (Format::Q8, _) => "unpack4x8snorm(weight[start + index])",
        };
        format!(
            "fn stride() -> u32 {{ return (info.width + 3u) / 4u; }}
            fn quad(start: u32, index: u32) -> vec4<f32> {{ return {unpacked}; }}\n"
        )
    }
}

/// Memory for a kernel's result of a shape.
pub fn room<const D: usize>(client: &Client, shape: [usize; D]) -> Handle {
    client.empty(shape.iter().product::<usize>() * size_of::<f32>())
}

/// A kernel's new tensor of a shape, and its launch over `groups` workgroups. The result is the last of the buffers.
pub fn launch<const D: usize>(
    shader: impl Shader,
    groups: [usize; 3],
    inputs: Vec<Buffer>,
    shape: [usize; D],
    info: &[u32],
) -> Option<Tensor<D>> {
    let first = &inputs.first()?.0;
    let (client, device) = (first.client.clone(), first.device.clone());
    let result = room(&client, shape);
    let mut buffers: Vec<_> = inputs.into_iter().map(|Buffer(tensor)| tensor.handle.binding()).collect();
    buffers.push(result.clone().binding());
    let constants = shader.is_fixed().then(|| info.to_vec());
    let mut arguments = KernelArguments::new().with_buffers(buffers);
    if constants.is_none() {
        let words = info.chunks(2).map(|pair| match pair {
            [low, high] => u64::from(*low) | u64::from(*high) << 32,
            one => u64::from(one[0]),
        });
        arguments = arguments.with_info(MetadataBindingInfo::custom(words.collect()));
    }
    let [x, y, z] = groups.map(word);
    let kernel = SourceKernel::new(Source { shader, constants }, CubeDim::new_1d(word(WORKGROUP)));
    client.launch(Box::new(kernel), CubeCount::Static(x, y, z), arguments);
    if client.is_capturing() {
        // A recording takes memory in the order of the first time, which does not depend then on how far the device's thread is.
        let _ = client.check([]);
    }
    let tensor = CubeTensor::new_contiguous(client, device, Shape::from(shape), result, DType::F32);
    Some(Tensor::from_primitive::<Wgpu>(tensor))
}

/// A size as a shader has it.
#[allow(clippy::cast_possible_truncation)] // a tensor of 2³² rows fits on no device
pub fn word(size: usize) -> u32 {
    size as u32
}

/// A number in `info`, which the shader turns back with `bitcast`.
pub fn float(value: f32) -> u32 {
    value.to_bits()
}

/// Repeats each line of `text` that has a `mark` so many times, with the number in its place: with loops over arrays a
/// shader's sums do not stay in registers, and it takes four times as long.
pub fn unrolled(text: &str, mark: char, times: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let is_repeated = line.contains(mark) && !line.trim_start().starts_with("//");
        for number in 0..if is_repeated { times } else { 1 } {
            out.push_str(&line.replace(mark, &number.to_string()));
            out.push('\n');
        }
    }
    out
}
