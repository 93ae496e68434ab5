//! Layer normalisation in one pass. Source: Ba et al., "Layer Normalization" (2016), <https://arxiv.org/abs/1607.06450>.

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};

use super::lanes::{dot, sum};

/// A layer norm.
#[derive(Debug, Clone, Copy)]
pub struct LayerNorm<'a> {
    /// `[width]`, multiplies the normalised numbers.
    pub gamma: &'a Tensor<1>,
    /// `[width]`, added to them.
    pub beta: &'a Tensor<1>,
    /// Added to the variance.
    pub epsilon: f64,
}

/// `(x - mean) / √(variance + epsilon) · gamma + beta`, the mean and variance being those of each row of
/// `x [rows, width]`. Gives `[rows, width]`.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
#[must_use]
pub fn layer_norm(x: &Tensor<2>, LayerNorm { gamma, beta, epsilon }: LayerNorm) -> Tensor<2> {
    let [rows, width] = x.dims();
    assert!(gamma.dims() == [width] && beta.dims() == [width], "layer_norm: the shapes do not fit");
    #[allow(clippy::cast_possible_truncation)] // a small number needs no more digits
    let epsilon = epsilon as f32;
    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    if let Some(y) = gpu::layer_norm(x, gamma, beta, epsilon) {
        return y;
    }
    let floats = |tensor: Tensor<2>| {
        let tensor = tensor.try_into_primitive::<Flex>();
        tensor.expect("layer_norm: all tensors are on the GPU or all on the CPU").to_contiguous()
    };
    let (input, gamma, beta) =
        (floats(x.clone()), floats(gamma.clone().unsqueeze()), floats(beta.clone().unsqueeze()));
    let mut y = input.storage::<f32>().to_vec();
    for row in y.chunks_exact_mut(width) {
        normalise(row, gamma.storage(), beta.storage(), epsilon);
    }
    Tensor::from_data(TensorData::new(y, [rows, width]), &x.device())
}

fn normalise(row: &mut [f32], gamma: &[f32], beta: &[f32], epsilon: f32) {
    #[allow(clippy::cast_precision_loss)] // a width has fewer than 24 bits
    let width = row.len() as f32;
    let mean = sum(row) / width;
    for x in row.iter_mut() {
        *x -= mean;
    }
    let scale = 1.0 / (dot(row, row) / width + epsilon).sqrt();
    for ((x, gamma), beta) in row.iter_mut().zip(gamma).zip(beta) {
        *x = *x * scale * gamma + beta;
    }
}

/// The same as [`layer_norm`] in Burn's own operations.
#[must_use]
pub fn layer_norm_twin(x: Tensor<2>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f64) -> Tensor<2> {
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().square().mean_dim(1);
    centred / (variance + epsilon).sqrt() * gamma.unsqueeze() + beta.unsqueeze()
}

#[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
mod gpu {
    use burn::tensor::Tensor;

    use crate::kernels::gpu::{Shader, buffer, float, launch, moments, word};

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    struct LayerNormShader {
        threads: usize,
    }

    impl Shader for LayerNormShader {
        fn body(&self) -> String {
            moments(self.threads) + include_str!("layer_norm.wgsl")
        }

        fn buffers(&self) -> Vec<(&'static str, &'static str)> {
            vec![("x", "f32"), ("gamma", "f32"), ("beta", "f32"), ("y", "f32")]
        }

        fn info(&self) -> &'static [&'static str] {
            &["width", "epsilon"]
        }
    }

    /// `None` when the tensors are not on a GPU.
    pub fn layer_norm(x: &Tensor<2>, gamma: &Tensor<1>, beta: &Tensor<1>, epsilon: f32) -> Option<Tensor<2>> {
        let [rows, width] = x.dims();
        let x = buffer(x)?;
        let shader = LayerNormShader { threads: x.adapter().threads() };
        let buffers = vec![x, buffer(gamma)?, buffer(beta)?];
        launch(shader, [rows, 1, 1], buffers, [rows, width], &[word(width), float(epsilon)])
    }
}
