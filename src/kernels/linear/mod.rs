//! `activation(norm(x) · weight + bias) + residual` in one pass.

mod cpu;
#[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
mod gpu;

use burn::backend::Flex;
use burn::module::Param;
use burn::tensor::{Tensor, TensorData};

use super::activation::{Activation, activate};
use super::layer_norm::{LayerNorm, layer_norm};
use super::weight::Weight;

/// What [`linear`] does with its input.
#[derive(Debug, Clone)]
pub struct Linear<'a> {
    /// What is done to `x` before.
    pub norm: Option<LayerNorm<'a>>,
    /// The matrix.
    pub weight: &'a Weight,
    /// `[outputs]`, added to the product.
    pub bias: Option<Tensor<1>>,
    /// Applied to the sum.
    pub activation: Activation,
    /// `[rows, outputs]`, added at last: what a residual connection carries past the layer.
    pub residual: Option<Tensor<2>>,
}

/// `activation(norm(x) · weight + bias) + residual` for `x [rows, inputs]`. Gives `[rows, outputs]`.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
pub fn linear(x: &Tensor<2>, call: &Linear) -> Tensor<2> {
    let [rows, inputs] = x.dims();
    let outputs = call.weight.outputs();
    assert!(
        inputs == call.weight.inputs()
            && call.bias.as_ref().is_none_or(|bias| bias.dims() == [outputs])
            && call.residual.as_ref().is_none_or(|residual| residual.dims() == [rows, outputs]),
        "linear: the shapes do not fit"
    );
    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    if let Some(y) = gpu::linear(x, call) {
        return y;
    }
    on_cpu(x, call).expect("linear: all tensors are on the GPU or all on the CPU")
}

fn on_cpu(x: &Tensor<2>, call: &Linear) -> Option<Tensor<2>> {
    let Linear { norm, weight, bias, activation, residual } = call;
    let floats = |tensor: Tensor<2>| Some(tensor.try_into_primitive::<Flex>().ok()?.to_contiguous());
    let ([rows, _], outputs) = (x.dims(), weight.outputs());
    let matrix = weight.on_cpu()?;
    let input = floats(norm.map_or_else(|| x.clone(), |norm| layer_norm(x, norm)))?;
    let mut y = match bias {
        Some(bias) => floats(bias.clone().unsqueeze())?.storage::<f32>().repeat(rows),
        None => vec![0.0; rows * outputs],
    };
    cpu::add_product(&mut y, input.storage(), weight, &matrix);
    activation.apply(&mut y);
    if let Some(residual) = residual {
        for (y, residual) in y.iter_mut().zip(floats(residual.clone())?.storage::<f32>()) {
            *y += residual;
        }
    }
    Some(Tensor::from_data(TensorData::new(y, [rows, outputs]), &x.device()))
}

/// [`linear`] with the weight and bias of one of Burn's layers.
pub fn linear_layer(layer: &burn::nn::Linear, x: &Tensor<2>, activation: Activation) -> Tensor<2> {
    let weight = Weight::from_tensor(layer.weight.val());
    let bias = layer.bias.as_ref().map(Param::val);
    linear(x, &Linear { norm: None, weight: &weight, bias, activation, residual: None })
}

/// The same as [`linear`] in Burn's own operations, for a weight `[inputs, outputs]`.
pub fn linear_twin(
    x: Tensor<2>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    activation: Activation,
    residual: Option<Tensor<2>>,
) -> Tensor<2> {
    let y = x.matmul(weight);
    let y = match bias {
        Some(bias) => y + bias.unsqueeze(),
        None => y,
    };
    let y = activate(y, activation);
    match residual {
        Some(residual) => y + residual,
        None => y,
    }
}
