//! The kernels of Stable Diffusion at its shapes: thousands of rows, whose weights are read once for all of them.

use std::hint::black_box;
use std::time::Duration;

use burn::tensor::Tensor;
use hearth::kernels::{
    self, Activation, ConvGeometry, ConvKernels, ConvWeight, Epilogue, Format, GroupNormCall, Layout,
    LinearCall, Weight,
};

use crate::{Gpu, median, us, warm_up};

const FORMATS: [Format; 3] = [Format::F32, Format::F16, Format::Q8];

/// Rows, inputs and outputs of a U-Net's products at 512 × 512: attention's, and the feed-forward layer's two.
const PRODUCTS: [[usize; 3]; 9] = [
    [4096, 320, 320],
    [4096, 320, 2560],
    [4096, 1280, 320],
    [1024, 640, 640],
    [1024, 640, 5120],
    [1024, 2560, 640],
    [256, 1280, 1280],
    [256, 1280, 10240],
    [256, 5120, 1280],
];

/// Inputs, outputs and side of convolutions: a U-Net's, and then a decoder's.
const CONVOLUTIONS: [[usize; 3]; 13] = [
    [320, 320, 64],
    [960, 320, 64],
    [640, 640, 32],
    [1920, 640, 32],
    [1280, 1280, 16],
    [2560, 1280, 16],
    [1280, 1280, 8],
    [512, 512, 64],
    [512, 512, 128],
    [512, 512, 256],
    [256, 256, 256],
    [256, 256, 512],
    [128, 128, 512],
];

/// Queries, keys, width and heads of attention: a U-Net's to itself and to a text, and a decoder's.
const ATTENTIONS: [[usize; 4]; 5] = [
    [4096, 4096, 320, 5],
    [1024, 1024, 640, 10],
    [256, 256, 1280, 20],
    [4096, 77, 320, 5],
    [4096, 4096, 512, 1],
];

/// Channels and side of group norms.
const NORMS: [[usize; 2]; 4] = [[320, 64], [640, 32], [512, 128], [128, 512]];

impl Gpu {
    /// Each kernel, beside the card's peak. Convolutions are counted without what Winograd saves.
    pub fn sd_kernels(&self) {
        for [rows, inputs, outputs] in PRODUCTS {
            let (x, bias) = (self.random([rows, inputs]), self.random([outputs]));
            for format in FORMATS {
                let values = numbers(inputs * outputs);
                let weight = Weight::new(values, [outputs, inputs], Layout::OutIn, format, &self.device);
                let call = LinearCall {
                    norm: None,
                    weight: &weight,
                    bias: Some(bias.clone()),
                    residual: None,
                    activation: Activation::Identity,
                };
                let name = format!("product {rows} × {inputs} to {outputs}, {}", format.name());
                self.against_peak(&name, rows * inputs * outputs, || kernels::linear(&x, &call));
            }
        }
        for [inputs, outputs, side] in CONVOLUTIONS {
            let (x, bias) = (self.random([1, inputs, side, side]), self.random([outputs]));
            for format in FORMATS {
                let shape = [outputs, inputs, 3, 3];
                let values = numbers(shape.iter().product());
                let geometry = ConvGeometry { stride: 1, padding: (1, 1), doubled: false };
                let weight =
                    ConvWeight::new(ConvKernels::new(&values, shape, format, &self.device), geometry);
                let name = format!("convolution {inputs} to {outputs} at {side} × {side}, {}", format.name());
                let multiplications = 9 * inputs * outputs * side * side;
                self.against_peak(&name, multiplications, || {
                    kernels::conv2d(&x, &weight, &bias, &Epilogue::default())
                });
            }
        }
        for [queries, keys, width, heads] in ATTENTIONS {
            let (q, k, v) =
                (self.random([queries, width]), self.random([keys, width]), self.random([keys, width]));
            let name = format!("attention of {queries} to {keys}, {heads} heads of {}", width / heads);
            self.against_peak(&name, 2 * queries * keys * width, || {
                kernels::cross_attention(&q, &k, &v, 1, heads)
            });
        }
        for [channels, side] in NORMS {
            let (x, gamma) = (self.random([1, channels, side, side]), self.random([channels]));
            let activation = Activation::Silu;
            let call = GroupNormCall { gamma: &gamma, beta: &gamma, groups: 32, epsilon: 1e-5, activation };
            let name = format!("group norm of {channels} at {side} × {side}");
            self.against_copy(&name, 2 * channels * side * side, || kernels::group_norm(&x, &call));
        }
        let x = self.random([4096, 2560]);
        self.against_copy("GEGLU of 4096 × 2560", 4096 * (2560 + 1280), || kernels::geglu(&x));
    }

    fn against_peak<const D: usize>(&self, name: &str, multiplications: usize, work: impl Fn() -> Tensor<D>) {
        let operations = 2.0 * multiplications as f64;
        let time = self.each(operations / self.peak, work);
        let speed = operations / time.as_secs_f64();
        println!(
            "{name}: {} µs, {:.0} GFLOP/s, {:.0} % of the peak",
            us(time),
            speed / 1e9,
            100.0 * speed / self.peak
        );
    }

    fn against_copy<const D: usize>(&self, name: &str, numbers: usize, work: impl Fn() -> Tensor<D>) {
        let bytes = 4.0 * numbers as f64;
        let time = self.each(bytes / self.bandwidth, work);
        let speed = bytes / time.as_secs_f64();
        println!(
            "{name}: {} µs, {:.0} GB/s, {:.0} % of a copy's",
            us(time),
            speed / 1e9,
            100.0 * speed / self.bandwidth
        );
    }

    /// What a piece of work takes on the GPU when it follows others, and would take `least` seconds at best: as often as
    /// that takes 4 ms.
    fn each<const D: usize>(&self, least: f64, work: impl Fn() -> Tensor<D>) -> Duration {
        let times = (4e-3 / least).clamp(2.0, 200.0) as u32;
        let run = || {
            self.busy(|| {
                for _ in 0..times {
                    black_box(work());
                }
            })
        };
        warm_up(|| _ = run());
        median(5, run) / times
    }
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919) % 1000) as f32 / 1e4 - 0.05).collect()
}
