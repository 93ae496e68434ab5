//! The U-Nets that `training/fixtures_unet.py` makes, and how they are compared with diffusers.

use burn::tensor::{Device, Tensor, TensorData};
use hearth::diffusion::unet::{ClassLabels, Loading, UNet2DModel};
use hearth::error::Result;
use hearth::weights::Storage;
use serde::Deserialize;

use super::{Fixture, assert_close, read};

macro_rules! unet {
    ($folder:literal) => {
        fixture!($folder, None, &[file!($folder, "diffusion_pytorch_model.safetensors")])
    };
}

/// Every U-Net that it makes.
pub const UNETS: [Fixture; 11] = [
    unet!("diffusion/unet/plain"),
    unet!("diffusion/unet/published"),
    unet!("diffusion/unet/classes"),
    unet!("diffusion/unet/timestep-classes"),
    unet!("diffusion/unet/identity"),
    unet!("diffusion/unet/fourier"),
    unet!("diffusion/unet/resnet-sampling"),
    unet!("diffusion/unet/odd-sizes"),
    unet!("diffusion/unet/scale-shift"),
    unet!("diffusion/unet/scale-shift-normed"),
    unet!("diffusion/unet/half"),
];

/// What diffusers computed: a row for each timestep.
#[derive(Deserialize)]
pub struct ExpectedOutput {
    pub sample: Vec<f32>,
    pub timesteps: Vec<f64>,
    pub class_labels: Option<Vec<u32>>,
    pub class_embeddings: Option<Vec<f32>>,
    pub output: Vec<f32>,
}

impl ExpectedOutput {
    /// The samples, `[rows, in_channels, height, width]`.
    pub fn sample(&self, model: &UNet2DModel, device: &Device) -> Tensor<4> {
        let config = model.config();
        let [height, width] = config.sample_size.expect("a fixture has a size");
        let shape = [self.timesteps.len(), config.in_channels, height, width];
        Tensor::from_data(TensorData::new(self.sample.clone(), shape), device)
    }
}

impl Fixture {
    /// Loads the U-Net, its file arriving in pieces of `chunk` bytes.
    pub fn load_unet(&self, storage: Storage, device: &Device, chunk: usize) -> Result<UNet2DModel> {
        let mut loading = Loading::new(self.config, storage, device)?;
        self.feed(&mut loading.checkpoint, chunk)?;
        loading.finish()
    }

    /// What diffusers computed for this U-Net.
    pub fn expected_output(&self) -> ExpectedOutput {
        serde_json::from_str(self.expected).expect("expected.json is valid")
    }

    /// Checks that this device computes what diffusers did, with timesteps that differ from row to row.
    pub async fn assert_agrees_with_diffusers(&self, device: &Device, tolerance: f32) {
        let model = self.load_unet(Storage::CPU, device, 1000).expect("the fixture loads");
        let expected = self.expected_output();
        let (sample, timesteps) = (expected.sample(&model, device), expected.timesteps.as_slice());
        let embeddings = expected.class_embeddings.map(|embeddings| {
            let width = embeddings.len() / timesteps.len();
            Tensor::<2>::from_data(TensorData::new(embeddings, [timesteps.len(), width]), device)
        });
        let labels = match (&expected.class_labels, &embeddings) {
            (Some(labels), _) => Some(ClassLabels::Indices(labels)),
            (_, Some(embeddings)) => Some(ClassLabels::Embeddings(embeddings)),
            _ => None,
        };
        let checked = model.config().check_call(sample.dims(), timesteps, labels.as_ref());
        assert_eq!(checked, Ok(()), "{}", self.name);
        let output = read(model.forward(sample, timesteps, labels)).await;
        assert_close(self.name, "outputs", &output, &expected.output, tolerance);
    }
}
