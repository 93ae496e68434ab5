//! A shader, and its launch through Burn's own client.

use std::fmt::Debug;
use std::hash::Hash;

use burn::backend::Wgpu;
use burn::backend::wgpu::{CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate};
use burn::tensor::{DType, Shape, Tensor};
use cubecl::prelude::{CubeCount, ExecutionMode, KernelId};
use cubecl::server::{KernelArguments, MetadataBindingInfo};

use super::buffer::{Buffer, room};

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

/// The most workgroups in one dimension.
pub const MAX_GROUPS: usize = 65_535;

/// So many workgroups over two dimensions, since one has [`MAX_GROUPS`] at most; a few more where they do not divide evenly.
pub fn over_two(all: usize) -> [usize; 3] {
    let down = all.div_ceil(MAX_GROUPS).max(1);
    [all.div_ceil(down).max(1), down, 1]
}

/// A shader's text, with its buffers and numbers declared.
#[derive(Debug, Clone)]
struct Text<S> {
    shader: S,
    /// `info`, where it is part of the shader.
    constants: Option<Vec<u32>>,
}

impl<S: Shader> KernelSource for Text<S> {
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

/// A kernel's new tensor of a shape, and its launch over `groups` workgroups. The result is the last of the buffers.
pub fn launch<const D: usize>(
    shader: impl Shader,
    groups: [usize; 3],
    mut buffers: Vec<Buffer>,
    shape: [usize; D],
    info: &[u32],
) -> Option<Tensor<D>> {
    let first = &buffers.first()?.0;
    let (client, device) = (first.client.clone(), first.device.clone());
    let handle = room(&client, shape);
    let result = CubeTensor::new_contiguous(client, device, Shape::from(shape), handle, DType::F32);
    buffers.push(Buffer(result.clone()));
    launch_in_place(shader, groups, buffers, info)?;
    Some(Tensor::from_primitive::<Wgpu>(result))
}

/// The launch of a kernel that writes into buffers that are there.
pub fn launch_in_place(
    shader: impl Shader,
    groups: [usize; 3],
    buffers: Vec<Buffer>,
    info: &[u32],
) -> Option<()> {
    let client = buffers.first()?.0.client.clone();
    let buffers = buffers.into_iter().map(|Buffer(tensor)| tensor.handle.binding()).collect();
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
    let kernel = SourceKernel::new(Text { shader, constants }, CubeDim::new_1d(word(WORKGROUP)));
    client.launch(Box::new(kernel), CubeCount::Static(x, y, z), arguments);
    if client.is_capturing() {
        // A recording takes memory in the order of the first time, which does not depend then on how far the device's thread is.
        let _ = client.check([]);
    }
    Some(())
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
