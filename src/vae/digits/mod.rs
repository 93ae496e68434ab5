//! A map of digits: latents to digits, and digits to the latents that stand for them.
//!
//! This VAE is a model of its own, unlike the autoencoders beside it, which are parts of latent diffusion.

pub mod model;

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData, Transaction};

use crate::batch::{count_of, rows_of};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::rng::{Purpose, Rng};
use crate::weights::{Checkpoint, Parameters, Role, Storage};
use crate::{picture, readback};
use model::{Config, Vae};

/// The most pictures that go through a network at once: more are no faster, and a step cannot be stopped.
pub const DIGITS_PER_STEP: usize = 256;

/// The most pictures that one call makes.
pub const MAX_BATCH_SIZE: usize = 4096;

/// The most parameters (1 GiB).
const MAX_PARAMETERS: u64 = 1 << 28;

/// A VAE whose weights are still being loaded.
#[derive(Debug)]
pub struct Loading {
    config: Config,
    device: Device,
    /// Takes the weight files.
    pub checkpoint: Checkpoint,
}

impl Loading {
    /// Prepares for the weights of the model that `config_json` describes. Matrices are kept as `storage` says, all else in
    /// `f32`.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn new(config_json: &str, storage: Storage, device: &Device) -> Result<Self> {
        let config = Config::from_json(config_json)?;
        let build = |parameters: &mut Parameters| Vae::new(&config, parameters);
        let checkpoint = Checkpoint::for_network(build, storage, device).with_file_names(file_names);
        checkpoint.check_total(Config::FILE, MAX_PARAMETERS)?;
        Ok(Self { config, device: device.clone(), checkpoint })
    }

    /// The pipeline, once all weights have come.
    ///
    /// # Errors
    /// `weights-mismatch` when some have not.
    pub fn finish(self) -> Result<Pipeline> {
        let Self { config, device, checkpoint } = self;
        let mut warnings = checkpoint.warnings("model.safetensors");
        warnings.extend(config.warning.clone());
        let network = checkpoint.into_network(|parameters| Vae::new(&config, parameters))?;
        Ok(Pipeline { config, network, device, warnings: warnings.into() })
    }
}

/// Some checkpoints hold more than the two networks.
fn file_names(name: &str) -> Role {
    match name.split('.').next() {
        Some("encoder" | "decoder") => Role::Weight(name.to_owned()),
        _ => Role::Foreign,
    }
}

/// A VAE ready to draw, and to say where on its map a digit is.
#[derive(Debug, Clone)]
pub struct Pipeline {
    config: Config,
    network: Vae,
    device: Device,
    warnings: Arc<[String]>,
}

/// Pictures that one step has made, in the order asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Digits {
    /// Pixels `[count, num_channels, image_size, image_size]` in [-1, 1].
    pub pixels: Vec<f32>,
    /// `[count, latent_dim]`: what each was made from.
    pub latents: Vec<f32>,
}

/// The normal distribution of each picture's latents, which are independent of each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// `[count, latent_dim]`
    pub mean: Vec<f32>,
    /// The logarithms of the variances, `[count, latent_dim]`.
    pub logvar: Vec<f32>,
}

impl Pipeline {
    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What was passed over in the folder's files, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Starts a call. Takes these options, all of them optional:
    ///
    /// - `batch_size`: 1 to [`MAX_BATCH_SIZE`] pictures. Default: the number of `latents`, else 1.
    /// - `seed`: a whole number up to 2⁵³ − 1. Default: `random_seed`.
    /// - `latents`: `[batch, latent_dim]`, instead of latents of the unit normal that the seed draws.
    ///
    /// # Errors
    /// `invalid-option`, naming it.
    pub fn start(&self, mut options: Options, random_seed: u64) -> Result<Run> {
        let batch_size = options.integer("batch_size", 1..=MAX_BATCH_SIZE as u64)?;
        let seed = options.seed(random_seed)?;
        let latents = options.floats("latents")?;
        options.finish()?;
        #[allow(clippy::cast_possible_truncation)] // at most 4096
        let rows = [
            ("batch_size", batch_size.map(|size| size as usize)),
            ("latents", rows_of("latents", latents.as_deref(), self.config.latent_dim)?),
        ];
        let count = count_of(&rows, MAX_BATCH_SIZE)?;
        let latents = latents.unwrap_or_else(|| {
            let mut noise = Rng::new(seed, Purpose::Latents);
            (0..count * self.config.latent_dim).map(|_| noise.normal()).collect()
        });
        Ok(Run { pipeline: self.clone(), seed, count, done: 0, latents })
    }

    /// Where pictures of the model's size are on the map: RGBA bytes `[count, image_size, image_size, 4]`, strokes white on
    /// black. A grey model takes their luminance.
    ///
    /// # Errors
    /// `invalid-option` when they are not whole pictures; `device-lost` when the device fails, `weights-invalid` when the
    /// network gives no finite numbers.
    pub async fn encode(&self, rgba: &[u8]) -> Result<Posterior> {
        let Config { image_size, num_channels, latent_dim, .. } = self.config;
        let len = 4 * image_size * image_size;
        if rgba.is_empty() || !rgba.len().is_multiple_of(len) {
            return Err(Error::InvalidOption(format!(
                "the pictures have {} bytes; this model takes RGBA pictures of {image_size} × {image_size}, which have \
                 {len} each",
                rgba.len()
            )));
        }
        let mut posterior = Posterior { mean: Vec::new(), logvar: Vec::new() };
        for rgba in rgba.chunks(len * DIGITS_PER_STEP) {
            let pictures = rgba.chunks(len).flat_map(|rgba| picture::from_rgba(rgba, num_channels));
            let pictures =
                self.matrix(pictures.map(|pixel| f32::midpoint(pixel, 1.0)).collect(), self.config.pixels());
            let moments = self.read(self.network.encode(pictures)).await?;
            for moments in moments.chunks(2 * latent_dim) {
                let (mean, logvar) = moments.split_at(latent_dim);
                posterior.mean.extend(mean);
                posterior.logvar.extend(logvar);
            }
        }
        Ok(posterior)
    }

    /// Numbers `[rows, width]` on the device.
    fn matrix(&self, values: Vec<f32>, width: usize) -> Tensor<2> {
        let shape = [values.len() / width, width];
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    async fn read(&self, tensor: Tensor<2>) -> Result<Vec<f32>> {
        let read = readback::read(Transaction::default().register(tensor)).await?;
        read.into_iter()
            .next()
            .ok_or_else(|| Error::Internal("the device did not give back the tensor".to_owned()))
    }
}

/// A call under way.
#[derive(Debug)]
pub struct Run {
    pipeline: Pipeline,
    seed: u64,
    count: usize,
    done: usize,
    latents: Vec<f32>,
}

impl Run {
    /// The seed in use: the caller's, or the random one.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many pictures the call makes.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Makes the next pictures; `None` when all are made.
    ///
    /// # Errors
    /// `device-lost` when the device fails, `weights-invalid` when the network gives no finite numbers.
    pub async fn step(&mut self) -> Result<Option<Digits>> {
        let width = self.pipeline.config.latent_dim;
        let rows = self.done..self.count.min(self.done + DIGITS_PER_STEP);
        if rows.is_empty() {
            return Ok(None);
        }
        let latents = self.latents[rows.start * width..rows.end * width].to_vec();
        let pictures = self.pipeline.network.decode(self.pipeline.matrix(latents.clone(), width));
        let pixels = self.pipeline.read(pictures).await?;
        self.done = rows.end;
        // The network's pixels are from 0 to 1, those of all pipelines from -1.
        Ok(Some(Digits { pixels: pixels.into_iter().map(|pixel| 2.0 * pixel - 1.0).collect(), latents }))
    }
}
