//! The digit VAEs that `training/fixtures_vae_mnist.py` makes, and how they are compared with PyTorch.

use burn::tensor::Device;
use hearth::error::Result;
use hearth::options::Options;
use hearth::vae::digits::{Digits, Loading, Pipeline};
use hearth::weights::Storage;
use serde::Deserialize;

use super::{Fixture, assert_close};

/// Every VAE that it makes.
pub const DIGIT_VAES: [Fixture; 5] = [
    fixture!("vae-mnist/plane"),
    fixture!("vae-mnist/plane-relu"),
    fixture!("vae-mnist/five"),
    fixture!("vae-mnist/five-rgb"),
    fixture!("vae-mnist/no-hidden"),
];

/// What PyTorch computed.
#[derive(Deserialize)]
pub struct ExpectedDigits {
    /// Bytes `[batch, num_channels, image_size, image_size]`.
    pictures: Vec<u8>,
    mean: Vec<f32>,
    logvar: Vec<f32>,
    pub latents: Vec<f32>,
    /// From 0 to 1.
    decoded: Vec<f32>,
}

impl ExpectedDigits {
    /// The pictures as RGBA bytes.
    pub fn rgba(&self, pipeline: &Pipeline) -> Vec<u8> {
        let config = pipeline.config();
        let (channels, area) = (config.num_channels, config.image_size * config.image_size);
        let pixel = |picture: &[u8], at: usize| {
            let [red, green, blue] = [0, 1, 2].map(|channel| picture[channel.min(channels - 1) * area + at]);
            [red, green, blue, 255]
        };
        let pictures = self.pictures.chunks(channels * area);
        pictures.flat_map(|picture| (0..area).flat_map(move |at| pixel(picture, at))).collect()
    }
}

impl Fixture {
    /// Loads the VAE, its file arriving in pieces of `chunk` bytes.
    pub fn load_digits(&self, device: &Device, chunk: usize) -> Result<Pipeline> {
        let mut loading = Loading::new(self.config, Storage::CPU, device)?;
        self.feed(&mut loading.checkpoint, chunk)?;
        loading.finish()
    }

    /// What PyTorch computed for this VAE.
    pub fn expected_digits(&self) -> ExpectedDigits {
        serde_json::from_str(self.expected).expect("expected.json is valid")
    }

    /// Checks that this device encodes and decodes as PyTorch does, to within `tolerance` in every number.
    pub async fn assert_maps_as_pytorch(&self, device: &Device, tolerance: f32) {
        let pipeline = self.load_digits(device, 1000).expect("the fixture loads");
        let expected = self.expected_digits();
        let posterior = pipeline.encode(&expected.rgba(&pipeline)).await.expect("the pictures are whole");
        assert_close(self.name, "means", &posterior.mean, &expected.mean, tolerance);
        assert_close(self.name, "logarithms of variances", &posterior.logvar, &expected.logvar, tolerance);
        let digits = draw(&pipeline, Options::new().with("latents", expected.latents)).await;
        let pixels: Vec<f32> = digits.pixels.iter().map(|pixel| f32::midpoint(*pixel, 1.0)).collect();
        assert_close(self.name, "pixels", &pixels, &expected.decoded, tolerance);
    }
}

/// All pictures of a call, the steps joined.
pub async fn draw(pipeline: &Pipeline, options: Options) -> Digits {
    let mut run = pipeline.start(options, 0).expect("the options are valid");
    let mut all = Digits { pixels: Vec::new(), latents: Vec::new() };
    while let Some(step) = run.step().await.expect("the step works") {
        all.pixels.extend(step.pixels);
        all.latents.extend(step.latents);
    }
    all
}
