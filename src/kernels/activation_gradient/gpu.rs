//! [`activation_gradient`](super::activation_gradient) for the GPU.

use burn::tensor::Tensor;

use super::{Activation, unsupported};
use crate::kernels::gpu::{Shader, WORKGROUP, buffer, float, launch, over_two, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct GradientShader {
    /// Of the activation, from its result `y`.
    derivative: &'static str,
}

impl Shader for GradientShader {
    fn body(&self) -> String {
        let derivative = format!("fn derivative(y: f32) -> f32 {{ return {}; }}\n", self.derivative);
        derivative + include_str!("activation_gradient.wgsl")
    }

    fn buffers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("y", "f32"), ("gradient", "f32"), ("result", "f32")]
    }

    fn info(&self) -> &'static [&'static str] {
        &["count", "slope"]
    }
}

/// `None` when the tensors are not on a GPU.
pub fn activation_gradient(y: &Tensor<2>, gradient: &Tensor<2>, activation: Activation) -> Option<Tensor<2>> {
    let (derivative, slope) = match activation {
        Activation::Relu => ("select(0.0, 1.0, y > 0.0)", 0.0),
        Activation::LeakyRelu(slope) => ("select(bitcast<f32>(info.slope), 1.0, y > 0.0)", slope),
        Activation::Tanh => ("1.0 - y * y", 0.0),
        Activation::Sigmoid => ("y - y * y", 0.0),
        other => unsupported(other),
    };
    let count = y.shape().num_elements();
    let groups = over_two(count.div_ceil(WORKGROUP));
    let info = [word(count), float(slope)];
    launch(GradientShader { derivative }, groups, vec![buffer(y)?, buffer(gradient)?], y.dims(), &info)
}
