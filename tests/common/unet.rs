//! The U-Nets that `training/fixtures_unet.py` makes, and how they are compared with diffusers.

use burn::tensor::{Device, Tensor, TensorData};
use hearth::diffusion::unet::{ClassLabels, Conditioning, Loading, UNet};
use hearth::error::Result;
use hearth::kernels::{Format, Layout, Weight};
use hearth::weights::{Checkpoint, Header, Reader, Sink, Storage, TensorInfo};
use serde::Deserialize;

use super::kernels::rounded_kernels;
use super::{Fixture, assert_close, read};

macro_rules! unet {
    ($folder:literal) => {
        fixture!($folder, None, &[file!($folder, "diffusion_pytorch_model.safetensors")])
    };
}

/// Every U-Net that it makes.
pub const UNETS: [Fixture; 19] = [
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
    unet!("diffusion/unet/text"),
    unet!("diffusion/unet/text-linear"),
    unet!("diffusion/unet/text-distilled"),
    unet!("diffusion/unet/text-guided"),
    unet!("diffusion/unet/text-only-cross"),
    unet!("diffusion/unet/text-classes"),
    unet!("diffusion/unet/text-pixels"),
    unet!("diffusion/unet/text-half"),
];

/// What diffusers computed: a row for each timestep.
#[derive(Deserialize)]
pub struct ExpectedOutput {
    pub sample: Vec<f32>,
    pub timesteps: Vec<f64>,
    pub class_labels: Option<Vec<u32>>,
    pub class_embeddings: Option<Vec<f32>>,
    pub encoder_hidden_states: Option<Vec<f32>>,
    pub timestep_cond: Option<Vec<f32>>,
    pub output: Vec<f32>,
    /// `[rows, tokens, height, width]`, where pixels attend to a text.
    pub attentions: Option<Vec<f32>>,
}

impl ExpectedOutput {
    /// The samples, `[rows, in_channels, height, width]`.
    pub fn sample(&self, model: &UNet, device: &Device) -> Tensor<4> {
        let config = model.config();
        let [height, width] = config.sample_size.expect("a fixture has a size");
        let shape = [self.timesteps.len(), config.in_channels, height, width];
        Tensor::from_data(TensorData::new(self.sample.clone(), shape), device)
    }

    /// What conditions the model besides the timesteps, on the device.
    pub fn conditioning(&self, model: &UNet, device: &Device) -> Given {
        let tensor = |values: &Option<Vec<f32>>, width: usize| {
            let values = values.clone()?;
            let shape = [values.len() / width, width];
            Some(Tensor::from_data(TensorData::new(values, shape), device))
        };
        let (config, rows) = (model.config(), self.timesteps.len());
        Given {
            class_labels: self.class_labels.clone(),
            class_embeddings: tensor(&self.class_embeddings, config.time_embed_dim),
            encoder_hidden_states: tensor(
                &self.encoder_hidden_states,
                config.cross_attention_dim.unwrap_or(1),
            ),
            timestep_cond: tensor(&self.timestep_cond, config.time_cond_proj_dim.unwrap_or(rows)),
        }
    }
}

/// A [`Conditioning`]'s own tensors.
pub struct Given {
    class_labels: Option<Vec<u32>>,
    class_embeddings: Option<Tensor<2>>,
    encoder_hidden_states: Option<Tensor<2>>,
    timestep_cond: Option<Tensor<2>>,
}

impl Given {
    /// Those of one row.
    pub fn row(&self, row: usize, rows: usize) -> Self {
        let of = |tensor: &Option<Tensor<2>>| {
            let tensor = tensor.clone()?;
            let each = tensor.dims()[0] / rows;
            Some(tensor.narrow(0, row * each, each))
        };
        Self {
            class_labels: self.class_labels.as_ref().map(|labels| vec![labels[row]]),
            class_embeddings: of(&self.class_embeddings),
            encoder_hidden_states: of(&self.encoder_hidden_states),
            timestep_cond: of(&self.timestep_cond),
        }
    }

    pub fn borrowed(&self) -> Conditioning<'_> {
        let labels = self.class_labels.as_deref().map(ClassLabels::Indices);
        Conditioning {
            class_labels: labels.or(self.class_embeddings.as_ref().map(ClassLabels::Embeddings)),
            encoder_hidden_states: self.encoder_hidden_states.as_ref(),
            timestep_cond: self.timestep_cond.as_ref(),
        }
    }
}

impl Fixture {
    /// Loads the U-Net, its file arriving in pieces of `chunk` bytes.
    pub fn load_unet(&self, storage: Storage, device: &Device, chunk: usize) -> Result<UNet> {
        let mut loading = Loading::new(self.config, storage, device)?;
        self.feed(&mut loading.checkpoint, chunk)?;
        loading.finish()
    }

    /// What diffusers computed for this U-Net.
    pub fn expected_output(&self) -> ExpectedOutput {
        serde_json::from_str(self.expected).expect("expected.json is valid")
    }

    /// The same in `f32`, its weights rounded as a format rounds them before they come: all matrices and kernels but those of
    /// the convolutions from and to a picture.
    fn load_rounded_unet(&self, format: Format, device: &Device) -> UNet {
        let storage = Storage { format: Some(Format::F32), ..Storage::CPU };
        let mut loading = Loading::new(self.config, storage, device).expect("the fixture loads");
        for (_, bytes) in self.files {
            let mut reader = Reader::new(None);
            let mut rounding = Rounding { checkpoint: &mut loading.checkpoint, format };
            reader.push(bytes, &mut rounding).expect("the fixture is sound");
            reader.finish().expect("the fixture is whole");
        }
        loading.finish().expect("all weights have come")
    }

    /// Checks that this device computes what diffusers did, with timesteps that differ from row to row.
    pub async fn assert_agrees_with_diffusers(&self, device: &Device, tolerance: f32) {
        let model = self.load_unet(Storage::CPU, device, 1000).expect("the fixture loads");
        let output = self.output(&model, device).await;
        let expected = self.expected_output();
        assert_close(self.name, "outputs", &output, &expected.output, tolerance);
        if let Some(attentions) = &expected.attentions {
            let given = expected.conditioning(&model, device);
            let sample = expected.sample(&model, device);
            let (output, maps) =
                model.forward_with_attentions(sample, &expected.timesteps, &given.borrowed());
            assert_close(
                self.name,
                "outputs beside the maps",
                &read(output).await,
                &expected.output,
                tolerance,
            );
            assert_close(self.name, "attention maps", &read(maps).await, attentions, tolerance);
        }
    }

    /// Checks that the network computes with packed weights what it does with the numbers that they stand for, and nearly
    /// what diffusers did with those of the file.
    pub async fn assert_computes_with_packed_weights(
        &self,
        format: Format,
        device: &Device,
        tolerance: f32,
        of_diffusers: f32,
    ) {
        let storage = Storage { format: Some(format), ..Storage::CPU };
        let model = self.load_unet(storage, device, 1000).expect("the fixture loads");
        assert_eq!(model.format(), format);
        let output = self.output(&model, device).await;
        let rounded = self.output(&self.load_rounded_unet(format, device), device).await;
        let what = format!("outputs in {}", format.name());
        assert_close(self.name, &what, &output, &rounded, tolerance);
        assert_close(self.name, &what, &output, &self.expected_output().output, of_diffusers);
    }

    /// What the network makes of the samples that diffusers was given.
    async fn output(&self, model: &UNet, device: &Device) -> Vec<f32> {
        let expected = self.expected_output();
        let (sample, timesteps) = (expected.sample(model, device), expected.timesteps.as_slice());
        let given = expected.conditioning(model, device);
        let checked = model.config().check_call(sample.dims(), timesteps, &given.borrowed());
        assert_eq!(checked, Ok(()), "{}", self.name);
        read(model.forward(sample, timesteps, &given.borrowed())).await
    }
}

/// Rounds tensors on their way to a checkpoint.
struct Rounding<'a> {
    checkpoint: &'a mut Checkpoint,
    format: Format,
}

impl Sink for Rounding<'_> {
    fn header(&mut self, header: &Header) -> Result<()> {
        self.checkpoint.header(header)
    }

    fn wants(&self, info: &TensorInfo) -> bool {
        self.checkpoint.wants(info)
    }

    fn tensor(&mut self, info: &TensorInfo, values: Vec<f32>) -> Result<()> {
        let is_exact = info.name.starts_with("conv_in.") || info.name.starts_with("conv_out.");
        let values = match info.shape[..] {
            [rows, columns] => Weight::rounded(&values, [rows, columns], Layout::OutIn, self.format),
            [outputs, inputs, height, width] if !is_exact => {
                rounded_kernels(&values, [outputs, inputs, height, width], self.format)
            }
            _ => values,
        };
        self.checkpoint.tensor(info, values)
    }
}
