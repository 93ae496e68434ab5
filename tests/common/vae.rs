//! The autoencoders that `training/fixtures_vae.py` makes, and how they are compared with diffusers.

use burn::tensor::{Device, Tensor, TensorData};
use hearth::error::Result;
use hearth::vae::{Autoencoder, Loading};
use hearth::weights::Storage;
use serde::Deserialize;

use super::{Fixture, assert_close, read};

macro_rules! vae {
    ($folder:literal) => {
        fixture!($folder, None, &[file!($folder, "diffusion_pytorch_model.safetensors")])
    };
}

/// Every autoencoder that it makes.
pub const VAES: [Fixture; 8] = [
    vae!("vae/kl"),
    vae!("vae/kl-older"),
    vae!("vae/kl-shifted"),
    vae!("vae/kl-no-attention"),
    vae!("vae/kl-grey"),
    vae!("vae/kl-half"),
    vae!("vae/tiny"),
    vae!("vae/tiny-grey"),
];

/// What diffusers computed. Latents are as a U-Net has them.
#[derive(Deserialize)]
pub struct ExpectedPictures {
    height: usize,
    width: usize,
    pictures: Vec<f32>,
    encoded: Vec<f32>,
    noise: Option<Vec<f32>>,
    drawn: Option<Vec<f32>>,
    latents: Vec<f32>,
    pub decoded: Vec<f32>,
}

impl ExpectedPictures {
    /// The pictures, `[rows, in_channels, height, width]`.
    pub fn pictures(&self, model: &Autoencoder, device: &Device) -> Tensor<4> {
        let (rows, channels) = (self.rows(model), model.picture_channels());
        tensor(&self.pictures, [rows, channels, self.height, self.width], device)
    }

    /// The latents, `[rows, latent_channels, height / scale_factor, width / scale_factor]`.
    pub fn latents(&self, model: &Autoencoder, device: &Device) -> Tensor<4> {
        tensor(&self.latents, self.latents_shape(model), device)
    }

    fn noise(&self, model: &Autoencoder, device: &Device) -> Option<Tensor<4>> {
        self.noise.as_ref().map(|noise| tensor(noise, self.latents_shape(model), device))
    }

    fn rows(&self, model: &Autoencoder) -> usize {
        self.pictures.len() / (model.picture_channels() * self.height * self.width)
    }

    fn latents_shape(&self, model: &Autoencoder) -> [usize; 4] {
        let [height, width] = [self.height, self.width].map(|size| size / model.scale_factor());
        [self.rows(model), model.latent_channels(), height, width]
    }
}

fn tensor(numbers: &[f32], shape: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), shape), device)
}

impl Fixture {
    /// Loads the autoencoder, its file arriving in pieces of `chunk` bytes.
    pub fn load_vae(&self, storage: Storage, device: &Device, chunk: usize) -> Result<Autoencoder> {
        let mut loading = Loading::new(self.config, storage, device)?;
        self.feed(&mut loading.checkpoint, chunk)?;
        loading.finish()
    }

    /// What diffusers computed for this autoencoder.
    pub fn expected_pictures(&self) -> ExpectedPictures {
        serde_json::from_str(self.expected).expect("expected.json is valid")
    }

    /// Checks that this device encodes and decodes as diffusers does, with and without noise. `max_binding` is in bytes: with
    /// little of it, pictures are computed in bands.
    pub async fn assert_autoencodes_as_diffusers(&self, device: &Device, max_binding: u64, tolerance: f32) {
        let storage = Storage { max_binding, ..Storage::CPU };
        let model = self.load_vae(storage, device, 1000).expect("the fixture loads");
        let expected = self.expected_pictures();
        let encoded = model.encode(expected.pictures(&model, device), None);
        assert_close(self.name, "latents", &read(encoded).await, &expected.encoded, tolerance);
        if let Some(drawn) = &expected.drawn {
            let noise = expected.noise(&model, device);
            let got = model.encode(expected.pictures(&model, device), noise);
            assert_close(self.name, "drawn latents", &read(got).await, drawn, tolerance);
        }
        let decoded = model.decode(expected.latents(&model, device));
        assert_close(self.name, "pictures", &read(decoded).await, &expected.decoded, tolerance);
    }
}
