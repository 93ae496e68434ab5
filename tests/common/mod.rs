//! What the native tests and those in the browser share: the fixtures, and how they are loaded and compared.

#![allow(dead_code)] // each test binary uses a part

use burn::tensor::{Device, Tensor, TensorData};
use hearth::error::Result;
use hearth::gan::{Digits, Loading, Pipeline};
use hearth::kernels::{Activation, linear, linear_twin};
use hearth::options::Options;
use hearth::rng::{Purpose, Rng};
use hearth::weights::{Reader, shards_of_index};
use serde::Deserialize;
use serde_json::json;

/// A model folder under `tests/fixtures`, inside the test's binary because a browser has no files.
pub struct Fixture {
    pub name: &'static str,
    pub config: &'static str,
    expected: &'static str,
    index: Option<&'static str>,
    pub files: &'static [(&'static str, &'static [u8])],
}

macro_rules! file {
    ($fixture:literal, $file:literal) => {
        ($file, include_bytes!(concat!("../fixtures/gan/", $fixture, "/", $file)))
    };
}

macro_rules! gan {
    ($name:literal) => {
        gan!($name, None, &[file!($name, "model.safetensors")])
    };
    ($name:literal, $index:expr, $files:expr) => {
        Fixture {
            name: $name,
            config: include_str!(concat!("../fixtures/gan/", $name, "/config.json")),
            expected: include_str!(concat!("../fixtures/gan/", $name, "/expected.json")),
            index: $index,
            files: $files,
        }
    };
}

/// Every GAN that `training/fixtures.py` makes.
pub const GANS: [Fixture; 6] = [
    gan!("conditional"),
    gan!("unconditional"),
    gan!("square-rgb"),
    gan!("half"),
    gan!("bfloat"),
    gan!(
        "sharded",
        Some(include_str!("../fixtures/gan/sharded/model.safetensors.index.json")),
        &[
            file!("sharded", "model-00001-of-00003.safetensors"),
            file!("sharded", "model-00002-of-00003.safetensors"),
            file!("sharded", "model-00003-of-00003.safetensors"),
        ]
    ),
];

#[derive(Deserialize)]
struct Expected {
    latents: Vec<f32>,
    pixels: Vec<f32>,
    scores: Vec<f32>,
    class_labels: Option<Vec<u32>>,
    mixed: Option<Mixed>,
}

#[derive(Deserialize)]
struct Mixed {
    class_weights: Vec<f32>,
    pixels: Vec<f32>,
    scores: Vec<f32>,
}

impl Fixture {
    /// Loads the model, its files arriving in pieces of `chunk` bytes.
    pub fn load(&self, device: &Device, chunk: usize) -> Result<Pipeline> {
        let mut loading = Loading::new(self.config, device)?;
        if let Some(index) = self.index {
            let (files, tensors) = shards_of_index(index)?;
            loading.checkpoint.expect_all(tensors.iter().map(String::as_str))?;
            assert_eq!(files, self.files.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        }
        for (_, bytes) in self.files {
            let mut reader = Reader::new(None);
            for piece in bytes.chunks(chunk) {
                reader.push(piece, &mut loading.checkpoint)?;
            }
            reader.finish()?;
        }
        loading.finish()
    }

    /// Checks that this device computes what PyTorch did, to within `tolerance` in every number.
    pub async fn assert_agrees_with_pytorch(&self, device: &Device, tolerance: f32) {
        let pipeline = self.load(device, 1000).expect("the fixture loads");
        let expected: Expected = serde_json::from_str(self.expected).expect("expected.json is sound");
        let mut options = Options::new().with("latents", expected.latents.clone());
        if let Some(labels) = &expected.class_labels {
            options = options.with("class_labels", json!(labels));
        }
        let digits = draw(&pipeline, options).await;
        assert_close(self.name, "pixels", &digits.pixels, &expected.pixels, tolerance);
        assert_close(self.name, "scores", &digits.scores, &expected.scores, tolerance);
        if let Some(mixed) = expected.mixed {
            let options =
                Options::new().with("latents", expected.latents).with("class_weights", mixed.class_weights);
            let digits = draw(&pipeline, options).await;
            assert_close(self.name, "mixed pixels", &digits.pixels, &mixed.pixels, tolerance);
            assert_close(self.name, "mixed scores", &digits.scores, &mixed.scores, tolerance);
        }
    }
}

/// All pictures of a call, the steps joined.
pub async fn draw(pipeline: &Pipeline, options: Options) -> Digits {
    let mut run = pipeline.start(options, 0).expect("the options are sound");
    let mut all = run.step().await.expect("the step works").expect("there is a first step");
    while let Some(step) = run.step().await.expect("the step works") {
        all.pixels.extend(step.pixels);
        all.scores.extend(step.scores);
        all.latents.extend(step.latents);
        if let (Some(all), Some(step)) = (&mut all.class_labels, step.class_labels) {
            all.extend(step);
        }
    }
    all
}

/// Checks two lists of numbers entry by entry.
pub fn assert_close(fixture: &str, what: &str, got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len(), "{fixture}: number of {what}");
    let worst = got.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= tolerance, "{fixture}: {what} differ by up to {worst}");
}

/// Checks the kernel of a linear layer against its twin, for sizes around those that it treats differently.
pub async fn assert_linear_is_its_twin(device: &Device) {
    let mut rng = Rng::new(1, Purpose::Latents);
    let mut tensor = |sizes: [usize; 2]| {
        let values: Vec<f32> = (0..sizes[0] * sizes[1]).map(|_| rng.normal()).collect();
        Tensor::<2>::from_data(TensorData::new(values, sizes), device)
    };
    let activations = [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu(0.2),
        Activation::Tanh,
        Activation::Sigmoid,
    ];
    for (index, [rows, inner, columns]) in [
        [1, 1, 1],
        [1, 9, 12],
        [1, 103, 257],
        [2, 8, 4],
        [3, 5, 7],
        [4, 16, 8],
        [5, 33, 9],
        [8, 3, 1],
        [13, 64, 40],
        [67, 110, 256],
    ]
    .into_iter()
    .enumerate()
    {
        let (x, weight, bias) = (tensor([rows, inner]), tensor([inner, columns]), tensor([1, columns]));
        let bias = bias.reshape([columns]);
        // Every activation on some sizes of each kind, and a view that is not contiguous.
        for activation in [activations[index % 5], activations[(index + 2) % 5]] {
            let got = linear(x.clone(), weight.clone(), bias.clone(), activation);
            let twin = linear_twin(x.clone(), weight.clone(), bias.clone(), activation);
            assert_tensors_close(
                &format!("[{rows}, {inner}] · [{inner}, {columns}], {activation:?}"),
                got,
                twin,
            )
            .await;
        }
        let turned = weight.clone().transpose().mul_scalar(1.0).transpose();
        let got = linear(x.clone(), turned, bias.clone(), Activation::Identity);
        let twin = linear_twin(x, weight, bias, Activation::Identity);
        assert_tensors_close("a view", got, twin).await;
    }
}

async fn assert_tensors_close(what: &str, got: Tensor<2>, expected: Tensor<2>) {
    let read = |tensor: Tensor<2>| async {
        let data = tensor.into_data_async().await.expect("the device gives its data");
        data.try_into_vec::<f32>().expect("the data is f32")
    };
    assert_close("linear", what, &read(got).await, &read(expected).await, 2e-5);
}
