//! Kernels on the CPU or, with the feature `wgpu`, on this machine's GPU. In the browser, `tests/web` runs the same on both
//! devices.

use burn::tensor::{Device, Tensor};
use hearth::kernels::{
    Activation, AttentionCall, ConvGeometry, ConvKernels, ConvWeight, Epilogue, Format, GroupNormCall,
    Indices, KeyValues, LayerNormCall, Layout, LinearCall, Weight, attention, conv2d, cross_attention,
    cross_attention_probs, gather, geglu, group_norm, layer_norm, linear,
};
use pollster::block_on;

use crate::common::kernels::{FORMATS, Numbers};
use crate::common::{assert_close, devices, kernels, read};

#[allow(clippy::needless_pass_by_value)] // a call reads better with the closure it makes
fn on_each_device(test: impl AsyncFn(&Device)) {
    for device in devices() {
        block_on(test(&device));
    }
}

#[test]
fn linear_is_its_twin_in_every_layout_and_format() {
    on_each_device(async |device| kernels::assert_linear_is_its_twin(device).await);
}

#[test]
fn a_weight_that_is_turned_over_is_read_as_it_looks() {
    on_each_device(async |device| kernels::assert_a_turned_weight_is_read_as_it_looks(device).await);
}

#[test]
fn gather_takes_rows_of_every_format() {
    on_each_device(async |device| kernels::assert_gather_takes_rows(device).await);
}

#[test]
fn recorded_launches_read_what_is_there_then() {
    on_each_device(async |device| kernels::assert_recorded_launches_read_what_is_there(device).await);
}

#[test]
fn copies_are_the_same_bits_in_memory_of_their_own() {
    on_each_device(async |device| kernels::assert_copies_are_the_same_bits(device).await);
}

#[test]
fn layer_norm_is_its_twin() {
    on_each_device(async |device| kernels::assert_layer_norm_is_its_twin(device).await);
}

#[test]
fn attention_is_its_twin_at_once_and_token_by_token() {
    on_each_device(async |device| kernels::assert_attention_is_its_twin(device).await);
}

#[test]
fn cross_attention_is_its_twin() {
    on_each_device(async |device| kernels::assert_cross_attention_is_its_twin(device).await);
}

#[test]
fn conv2d_is_its_twin_with_every_kernel_stride_and_format() {
    on_each_device(async |device| kernels::assert_conv2d_is_its_twin(device).await);
}

#[test]
fn activation_gradient_is_its_twin() {
    on_each_device(async |device| kernels::assert_activation_gradient_is_its_twin(device).await);
}

#[test]
fn adam_is_its_twin() {
    on_each_device(async |device| kernels::assert_adam_is_its_twin(device).await);
}

#[test]
fn geglu_is_its_twin() {
    on_each_device(async |device| kernels::assert_geglu_is_its_twin(device).await);
}

#[test]
fn group_norm_is_its_twin() {
    on_each_device(async |device| kernels::assert_group_norm_is_its_twin(device).await);
}

#[test]
fn group_moments_are_their_twin() {
    on_each_device(async |device| kernels::assert_group_moments_are_their_twin(device).await);
}

#[test]
fn kernels_are_their_twins_where_gradients_are_tracked() {
    on_each_device(async |device| {
        let device = &device.clone().autodiff();
        kernels::assert_linear_is_its_twin(device).await;
        kernels::assert_a_turned_weight_is_read_as_it_looks(device).await;
        kernels::assert_gather_takes_rows(device).await;
        kernels::assert_layer_norm_is_its_twin(device).await;
        kernels::assert_attention_is_its_twin(device).await;
        kernels::assert_cross_attention_is_its_twin(device).await;
        kernels::assert_conv2d_is_its_twin(device).await;
        kernels::assert_geglu_is_its_twin(device).await;
        kernels::assert_group_norm_is_its_twin(device).await;
    });
}

/// Checks a kernel whose parameters are on a device without gradients, as a frozen network's: with gradients tracked for its
/// input it computes the same, and the gradient says how the kernel's own numbers change.
async fn assert_passes_gradients<const D: usize, const E: usize>(
    what: &str,
    device: &Device,
    shape: [usize; D],
    kernel: impl Fn(&Tensor<D>) -> Tensor<E>,
) {
    const STEP: f64 = 1e-2;
    let mut numbers = Numbers::new(device);
    let (x, direction): (Tensor<D>, Tensor<D>) = (numbers.tensor(shape), numbers.tensor(shape));
    let y = kernel(&x);
    let weights: Tensor<E> = numbers.tensor(y.dims());
    let tracked = x.clone().autodiff().require_grad();
    let tracked_y = kernel(&tracked);
    assert_close(what, "numbers", &read(tracked_y.clone().inner()).await, &read(y).await, 2e-3);

    let gradients = (tracked_y * weights.clone()).sum().backward();
    let gradient = tracked.grad(&gradients).expect("the input has a gradient");
    let slope = read((gradient * direction.clone()).sum()).await[0];
    let sum_at = |step: f64| (kernel(&(x.clone() + direction.clone() * step)) * weights.clone()).sum();
    let measured = read((sum_at(STEP) - sum_at(-STEP)) / (2.0 * STEP)).await[0];
    assert!((slope - measured).abs() < 0.02 * measured.abs().max(1.0), "{what}: {slope} and not {measured}");
}

#[test]
fn gradients_pass_through_every_kernel() {
    on_each_device(async |device| {
        let mut numbers = Numbers::new(device);
        let (gamma, beta) = (&numbers.tensor([8]), &numbers.tensor([8]));
        let norm = LayerNormCall { gamma, beta, epsilon: 1e-5 };
        for layout in [Layout::InOut, Layout::OutIn] {
            for format in FORMATS {
                let shape = if layout == Layout::InOut { [8, 6] } else { [6, 8] };
                let weight = &Weight::new(numbers.list(48), shape, layout, format, device);
                let (bias, residual) = (Some(numbers.tensor([6])), Some(numbers.tensor([3, 6])));
                let activation = Activation::GeluTanh;
                let call = LinearCall { norm: Some(norm), weight, bias, activation, residual };
                let what = format!("linear, {layout:?}, {format:?}");
                assert_passes_gradients(&what, device, [3, 8], |x| linear(x, &call)).await;
            }
        }

        let table = Weight::new(numbers.list(40), [5, 8], Layout::OutIn, Format::F16, device);
        let indices = Indices::new(vec![4, 0, 4], device);
        assert_passes_gradients("gather", device, [3, 8], |sum| gather(&table, &indices, Some(sum))).await;

        assert_passes_gradients("layer_norm", device, [3, 8], |x| layer_norm(x, norm)).await;

        let call = GroupNormCall { gamma, beta, groups: 4, epsilon: 1e-5, activation: Activation::Silu };
        assert_passes_gradients("group_norm", device, [2, 8, 3, 3], |x| group_norm(x, &call)).await;

        let geometry = ConvGeometry { stride: 1, padding: (1, 1), doubled: true };
        let (bias, per_channel) = (numbers.tensor([6]), Some(numbers.tensor([2, 6])));
        let epilogue = Epilogue { per_channel, residual: Some(numbers.tensor([2, 6, 8, 8])) };
        for format in FORMATS {
            let kernels = ConvKernels::new(&numbers.list(6 * 8 * 9), [6, 8, 3, 3], format, device);
            let weight = ConvWeight::new(kernels, geometry);
            let convolution = |x: &Tensor<4>| conv2d(x, &weight, &bias, &epilogue);
            assert_passes_gradients(&format!("conv2d, {format:?}"), device, [2, 8, 4, 4], convolution).await;
        }

        let (keys, values) = (numbers.tensor([10, 8]), numbers.tensor([10, 8]));
        let attends = |queries: &Tensor<2>| cross_attention(queries, &keys, &values, 2, 2);
        assert_passes_gradients("cross_attention", device, [6, 8], attends).await;
        let probs = |queries: &Tensor<2>| cross_attention_probs(queries, &keys, 2, 2);
        assert_passes_gradients("cross_attention_probs", device, [6, 8], probs).await;
        assert_passes_gradients("geglu", device, [3, 8], geglu).await;

        // Two tokens, and one more that sees them in the cache.
        let first = Indices::new(vec![0, 1], device);
        let second = Indices::new(vec![2], device);
        let attends = |qkv: &Tensor<2>| {
            let mut cache = KeyValues::new(1, 2, 4, 4, device);
            let call = |positions| AttentionCall { positions, scale: 0.5 };
            let before = attention(&qkv.clone().narrow(0, 0, 2), &mut cache, call(&first));
            let after = attention(&qkv.clone().narrow(0, 2, 1), &mut cache, call(&second));
            Tensor::cat(vec![before, after], 0)
        };
        assert_passes_gradients("attention", device, [3, 24], attends).await;
    });
}
