//! [`linear`](super::linear) for the GPU: `linear.wgsl`, launched through Burn's own client.

use burn::backend::Wgpu;
use burn::backend::wgpu::{CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate, into_contiguous};
use burn::tensor::{DType, Shape, Tensor};
use cubecl::prelude::{CubeCount, KernelId};
use cubecl::server::{KernelArguments, MetadataBindingInfo};

use super::Activation;

/// Invocations of a workgroup; `linear.wgsl` says the same.
const WORKGROUP: usize = 64;
/// Rows of one invocation when there are many: the more, the seldomer the weights are read.
const MANY_ROWS: usize = 8;

/// The shader with its constants, which name it in the cache of pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Shader {
    rows: usize,
    vector: &'static str,
}

impl KernelSource for Shader {
    fn source(&self) -> SourceTemplate {
        let Self { rows, vector } = self;
        let mut source = format!("alias V = {vector};\nconst ROWS = {rows}u;\n");
        for line in include_str!("linear.wgsl").lines() {
            let per_row = line.contains('#') && !line.trim_start().starts_with("//");
            for row in 0..if per_row { *rows } else { 1 } {
                source.push_str(&line.replace('#', &row.to_string()));
                source.push('\n');
            }
        }
        SourceTemplate::new(source)
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(*self)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// `None` when the tensors are not on a GPU.
pub fn linear(
    x: &Tensor<2>,
    weight: &Tensor<2>,
    bias: &Tensor<1>,
    activation: Activation,
) -> Option<Tensor<2>> {
    let ([rows, inner], [_, columns]) = (x.dims(), weight.dims());
    let x = on_gpu(x.clone().try_into_primitive::<Wgpu>().ok()?);
    let weight = on_gpu(weight.clone().try_into_primitive::<Wgpu>().ok()?);
    let bias = on_gpu(bias.clone().try_into_primitive::<Wgpu>().ok()?);

    let (vector, lanes) = if columns % 4 == 0 { ("vec4<f32>", 4) } else { ("f32", 1) };
    let shader = Shader { rows: if rows == 1 { 1 } else { MANY_ROWS }, vector };
    let width = columns / lanes;
    let groups = CubeCount::Static(word(width.div_ceil(WORKGROUP)), word(rows.div_ceil(shader.rows)), 1);
    let (code, slope) = match activation {
        Activation::Identity => (0, 0.0),
        Activation::Relu => (1, 0.0),
        Activation::LeakyRelu(slope) => (2, slope),
        Activation::Tanh => (3, 0.0),
        Activation::Sigmoid => (4, 0.0),
        Activation::Silu => (5, 0.0),
        Activation::Gelu => (6, 0.0),
        Activation::GeluTanh => (7, 0.0),
    };
    let info = [word(rows), word(inner), word(width), code, f32::to_bits(slope), 0];
    let info = info.as_chunks::<2>().0.iter().map(|&[low, high]| u64::from(low) | u64::from(high) << 32);

    let (client, device) = (x.client.clone(), x.device.clone());
    let y = client.empty(rows * columns * size_of::<f32>());
    let arguments = KernelArguments::new()
        .with_buffers(vec![
            x.handle.binding(),
            weight.handle.binding(),
            bias.handle.binding(),
            y.clone().binding(),
        ])
        .with_info(MetadataBindingInfo::custom(info.collect()));
    client.launch(Box::new(SourceKernel::new(shader, CubeDim::new_1d(word(WORKGROUP)))), groups, arguments);
    let y = CubeTensor::new_contiguous(client, device, Shape::from([rows, columns]), y, DType::F32);
    Some(Tensor::from_primitive::<Wgpu>(y))
}

fn on_gpu(tensor: CubeTensor) -> CubeTensor {
    into_contiguous(tensor)
}

/// A size as the shader has it.
#[allow(clippy::cast_possible_truncation)] // a tensor of 2³² rows fits on no device
fn word(size: usize) -> u32 {
    size as u32
}
