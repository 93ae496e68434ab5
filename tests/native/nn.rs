//! Layers that networks share, against Burn's own operations: what no U-Net of `unet.rs` has in them.

use burn::tensor::activation::softmax;
use burn::tensor::module::{conv2d, linear};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};
use hearth::kernels::{Activation, ConvGeometry, GroupNormCall, group_norm_twin};
use hearth::nn::{Attention, AttentionOptions, Bands, Conv2d, GroupNorm, ResnetBlock2D, ResnetOptions};
use hearth::rng::{Purpose, Rng};
use hearth::weights::{Checkpoint, Parameters, Reader, Storage};
use pollster::block_on;

use crate::common::{assert_close, devices, random_file, read};

/// A layer of random weights and its twin of the same. They ask for tensors of the same names, or one refuses the file.
fn load<L, T>(
    layer: impl Fn(&mut Parameters) -> L,
    twin: impl Fn(&mut Parameters) -> T,
    device: &Device,
) -> (L, T) {
    let file = random_file(&Checkpoint::for_network(&layer, Storage::CPU, device));
    (filled(layer, &file, device), filled(twin, &file, device))
}

fn filled<N>(build: impl Fn(&mut Parameters) -> N, file: &[u8], device: &Device) -> N {
    let mut checkpoint = Checkpoint::for_network(&build, Storage::CPU, device);
    let mut reader = Reader::new(None);
    reader.push(file, &mut checkpoint).expect("the file is what the network asks for");
    reader.finish().expect("the file is complete");
    checkpoint.into_network(build).expect("all tensors are there")
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut rng = Rng::new(3, Purpose::Latents);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.normal()).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn assert_same<const D: usize>(what: &str, got: Tensor<D>, expected: Tensor<D>) {
    assert_eq!(got.dims(), expected.dims(), "{what}");
    assert_close(what, "numbers", &block_on(read(got)), &block_on(read(expected)), 1e-5);
}

/// A convolution that keeps a picture's size.
fn convolution(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let padding = weight.dims()[2] / 2;
    conv2d(x, weight, Some(bias), ConvOptions::new([1; 2], [padding; 2], [1; 2], 1))
}

/// As an autoencoder has it.
const NO_TIMESTEP: ResnetOptions = ResnetOptions {
    temb_channels: None,
    groups: 2,
    eps: 1e-6,
    non_linearity: Activation::Silu,
    scale_shift: false,
    output_scale_factor: 1.0,
};

#[test]
fn a_residual_block_needs_no_timestep() {
    for device in devices() {
        let x = random([2, 4, 5, 7], &device);
        let twin = |parameters: &mut Parameters| {
            let [norm1, norm2] = [("norm1", 4), ("norm2", 6)].map(|(name, channels)| {
                let mut norm = parameters.within(name);
                (norm.vector("weight", channels), norm.vector("bias", channels))
            });
            let [conv1, conv2, shortcut] =
                [("conv1", 4, 3), ("conv2", 6, 3), ("conv_shortcut", 4, 1)].map(|(name, inputs, size)| {
                    let mut conv = parameters.within(name);
                    (conv.tensor("weight", [6, inputs, size, size]), conv.vector("bias", 6))
                });
            let normed = |x: Tensor<4>, (gamma, beta): (Tensor<1>, Tensor<1>)| {
                let (gamma, beta, activation) = (&gamma, &beta, Activation::Silu);
                group_norm_twin(&x, &GroupNormCall { gamma, beta, groups: 2, epsilon: 1e-6, activation })
            };
            move |x: Tensor<4>| {
                let hidden = convolution(normed(x.clone(), norm1), conv1.0, conv1.1);
                let hidden = convolution(normed(hidden, norm2), conv2.0, conv2.1);
                convolution(x, shortcut.0, shortcut.1) + hidden
            }
        };
        let layer =
            |parameters: &mut Parameters| ResnetBlock2D::new(NO_TIMESTEP, 4, 6, parameters.within("block"));
        let (layer, twin) = load(layer, |parameters| twin(&mut parameters.within("block")), &device);
        assert_same("a residual block", layer.forward(x.clone(), None), twin(x));
    }
}

#[test]
#[should_panic(expected = "a timestep's embedding")]
fn a_timestep_is_not_passed_over() {
    let build =
        |parameters: &mut Parameters| ResnetBlock2D::new(NO_TIMESTEP, 4, 4, parameters.within("block"));
    let (block, _) = load(build, build, &Device::flex());
    let _ = block.forward(random([1, 4, 2, 2], &Device::flex()), Some(&random([1, 8], &Device::flex())));
}

/// `[rows · n, channels]` to `[rows, heads, n, head_dim]`.
fn heads_of(x: Tensor<2>, rows: usize, heads: usize) -> Tensor<4> {
    let [all, width] = x.dims();
    x.reshape([rows, all / rows, heads, width / heads]).swap_dims(1, 2)
}

#[test]
fn attention_looks_at_its_context_or_else_at_itself() {
    let (rows, heads, head_dim) = (2, 3, 4);
    for device in devices() {
        let (x, words) = (random([rows * 5, 10], &device), random([rows * 7, 9], &device));
        for (bias, context) in [(false, Some(&words)), (true, Some(&words)), (false, None), (true, None)] {
            let context_channels = context.map_or(10, |context| context.dims()[1]);
            let options = AttentionOptions { channels: 10, context_channels, heads, head_dim, bias };
            let twin = |parameters: &mut Parameters| {
                let mut matrix = |name: &str, inputs: usize, outputs: usize, bias: bool| {
                    let mut part = parameters.within(name);
                    let weight: Tensor<2> = part.tensor("weight", [outputs, inputs]);
                    (weight.transpose(), bias.then(|| part.vector("bias", outputs)))
                };
                let inner = heads * head_dim;
                let to_q = matrix("to_q", 10, inner, bias);
                let to_k = matrix("to_k", context_channels, inner, bias);
                let to_v = matrix("to_v", context_channels, inner, bias);
                let to_out = matrix("to_out.0", inner, 10, true);
                let of = |x: &Tensor<2>, (weight, bias): (Tensor<2>, Option<Tensor<1>>)| {
                    linear(x.clone(), weight, bias)
                };
                move |x: &Tensor<2>, context: &Tensor<2>| {
                    let queries = heads_of(of(x, to_q), rows, heads);
                    let keys = heads_of(of(context, to_k), rows, heads);
                    let values = heads_of(of(context, to_v), rows, heads);
                    let scores = queries.matmul(keys.swap_dims(2, 3)) / 2.0; // the root of head_dim
                    let mixed = softmax(scores, 3).matmul(values).swap_dims(1, 2);
                    of(&mixed.reshape([rows * 5, inner]), to_out)
                }
            };
            let layer = |parameters: &mut Parameters| Attention::new(options, parameters.within("attn2"));
            let (layer, twin) = load(layer, |parameters| twin(&mut parameters.within("attn2")), &device);
            let what = format!("attention with {options:?}");
            assert_same(&what, layer.forward(&x, context, rows), twin(&x, context.unwrap_or(&x)));
        }
    }
}

#[test]
fn a_convolution_needs_no_bias() {
    for device in devices() {
        let x = random([2, 3, 6, 8], &device);
        for stride in [1, 2] {
            let geometry = ConvGeometry { stride, padding: (1, 1), doubled: false };
            let layer = |parameters: &mut Parameters| {
                Conv2d::without_bias(parameters.within("conv"), 3, 5, 3, geometry)
            };
            let twin = |parameters: &mut Parameters| parameters.within("conv").tensor("weight", [5, 3, 3, 3]);
            let (layer, weight) = load(layer, twin, &device);
            let options = ConvOptions::new([stride; 2], [1; 2], [1; 2], 1);
            assert_same("a convolution", layer.forward(&x), conv2d(x.clone(), weight, None, options));
        }
    }
}

#[test]
fn a_picture_in_bands_is_convolved_as_a_whole() {
    let geometry = |stride, padding, doubled| ConvGeometry { stride, padding, doubled };
    for device in devices() {
        for (size, geometry) in [
            (1, geometry(1, (0, 0), false)),
            (3, geometry(1, (1, 1), false)),
            (3, geometry(1, (1, 1), true)),
            (5, geometry(1, (2, 2), false)),
            (3, geometry(2, (0, 1), false)),
            (3, geometry(2, (1, 1), false)),
        ] {
            let what = format!("{size} × {size}, {geometry:?}");
            let build = |parameters: &mut Parameters| {
                Conv2d::with_geometry(parameters.within("conv"), 3, 5, size, geometry)
            };
            let (conv, _) = load(build, build, &device);
            for heights in [&[15][..], &[4, 2, 6, 3], &[2, 2, 2, 2, 7]] {
                let x = random([2, 3, 15, 7], &device);
                let doubled = |x: Tensor<4>| x * 2.0;
                let bands = conv.over(&Bands::split(x.clone(), heights), doubled);
                assert_eq!(bands.iter().count(), heights.len(), "{what}");
                assert_same(&what, bands.join(), conv.forward(&doubled(x)));
            }
        }
    }
}

#[test]
fn a_picture_in_bands_is_normed_as_a_whole() {
    for device in devices() {
        let build = |parameters: &mut Parameters| GroupNorm::new(parameters.within("norm"), 6, 3, 1e-5);
        let (norm, _) = load(build, build, &device);
        // The bands' own means are far from each other.
        let slope = Tensor::<1>::from_floats([-3.0, -1.0, 0.0, 1.0, 2.0, 5.0, 7.0], &device);
        let x = random([2, 6, 7, 5], &device) + slope.reshape([1, 1, 7, 1]);
        for heights in [&[7][..], &[1, 1, 3, 2], &[6, 1]] {
            let bands = Bands::split(x.clone(), heights);
            let normed = norm.over(&bands, Activation::Silu);
            let what = format!("bands of {heights:?}");
            assert_same(&what, bands.map(normed).join(), norm.forward(&x, Activation::Silu));
        }
    }
}

#[test]
fn a_residual_block_gives_the_same_in_bands() {
    for device in devices() {
        let x = random([1, 4, 9, 6], &device);
        for outputs in [4, 6] {
            let build = |parameters: &mut Parameters| {
                ResnetBlock2D::new(NO_TIMESTEP, 4, outputs, parameters.within("resnet"))
            };
            let (block, _) = load(build, build, &device);
            for heights in [&[9][..], &[3, 1, 5], &[1; 9]] {
                let bands = block.over(Bands::split(x.clone(), heights));
                assert_same(&format!("bands of {heights:?}"), bands.join(), block.forward(x.clone(), None));
            }
        }
    }
}
