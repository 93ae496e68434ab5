//! Group normalisation and an activation in one pass. Source: Wu and He, "Group Normalization" (2018),
//! <https://arxiv.org/abs/1803.08494>.

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};

use super::activation::{Activation, activate};
use super::lanes::{dot, sum};

/// What [`group_norm`] does with its input.
#[derive(Debug, Clone)]
pub struct GroupNorm<'a> {
    /// `[channels]`
    pub gamma: &'a Tensor<1>,
    /// `[channels]`
    pub beta: &'a Tensor<1>,
    /// Of the same number of channels each.
    pub groups: usize,
    /// Keeps the scale of an even group finite.
    pub epsilon: f64,
    /// Applied at last.
    pub activation: Activation,
}

/// `activation((x - mean) / √(variance + epsilon) · gamma + beta)`, mean and variance being those of each group of
/// channels of each picture. `x [rows, channels, height, width]`, in the same shape.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
#[must_use]
pub fn group_norm(x: &Tensor<4>, call: &GroupNorm) -> Tensor<4> {
    let shape @ [rows, channels, height, width] = x.dims();
    assert!(
        call.gamma.dims() == [channels]
            && call.beta.dims() == [channels]
            && channels.is_multiple_of(call.groups),
        "group_norm: the shapes do not fit"
    );
    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    if let Some(y) = gpu::group_norm(x, call) {
        return y;
    }
    let floats = |tensor: Tensor<4>| {
        let tensor = tensor.try_into_primitive::<Flex>();
        tensor.expect("group_norm: all tensors are on the GPU or all on the CPU").to_contiguous()
    };
    let (input, gamma, beta) =
        (floats(x.clone()), floats(call.gamma.clone().unsqueeze()), floats(call.beta.clone().unsqueeze()));
    let mut y = input.storage::<f32>().to_vec();
    let (plane, of_group) = (height * width, channels / call.groups);
    let groups = y.chunks_exact_mut((of_group * plane).max(1)).take(rows * call.groups).enumerate();
    for (index, group) in groups {
        let first = index % call.groups * of_group;
        let channels = first..first + of_group;
        let (gamma, beta): (&[f32], &[f32]) = (gamma.storage(), beta.storage());
        normalise(group, &gamma[channels.clone()], &beta[channels], call.epsilon);
        call.activation.apply(group);
    }
    Tensor::from_data(TensorData::new(y, shape), &x.device())
}

/// A group of as many channels as there are `gamma`s.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // a count, and a small number
fn normalise(group: &mut [f32], gamma: &[f32], beta: &[f32], epsilon: f64) {
    let count = group.len() as f32;
    let mean = sum(group) / count;
    for x in group.iter_mut() {
        *x -= mean;
    }
    let scale = 1.0 / (dot(group, group) / count + epsilon as f32).sqrt();
    let plane = group.len() / gamma.len();
    for ((channel, gamma), beta) in group.chunks_exact_mut(plane).zip(gamma).zip(beta) {
        let factor = scale * gamma;
        for x in channel {
            *x = *x * factor + beta;
        }
    }
}

/// The same as [`group_norm`] in Burn's own operations.
#[must_use]
pub fn group_norm_twin(x: Tensor<4>, call: &GroupNorm) -> Tensor<4> {
    let shape @ [rows, channels, height, width] = x.dims();
    let grouped = x.reshape([rows, call.groups, channels / call.groups * height * width]);
    let centred = grouped.clone() - grouped.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    let normed = (centred / (variance + call.epsilon).sqrt()).reshape(shape);
    let of_channels = |numbers: &Tensor<1>| numbers.clone().reshape([1, channels, 1, 1]);
    activate(normed * of_channels(call.gamma) + of_channels(call.beta), call.activation)
}

#[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
mod gpu {
    use burn::tensor::Tensor;

    use super::GroupNorm;
    use crate::kernels::activation::wgsl;
    use crate::kernels::gpu::{Shader, buffer, float, launch, moments, word};

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

    /// `None` when the tensors are not on a GPU.
    #[allow(clippy::cast_possible_truncation)] // a small number needs no more digits
    pub fn group_norm(x: &Tensor<4>, call: &GroupNorm) -> Option<Tensor<4>> {
        let shape @ [rows, channels, height, width] = x.dims();
        let x = buffer(x)?;
        let threads = x.adapter().threads();
        let buffers = vec![x, buffer(call.gamma)?, buffer(call.beta)?];
        let (activation, slope) = call.activation.name_and_slope();
        let info = [
            word(call.groups),
            word(channels / call.groups),
            word(height * width),
            float(call.epsilon as f32),
            float(slope),
        ];
        let shader = GroupNormShader { activation, threads };
        launch(shader, [call.groups, rows, 1], buffers, shape, &info)
    }
}
