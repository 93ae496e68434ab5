//! The pipeline of the GAN: options in, digits out, up to [`DIGITS_PER_STEP`] a step.

pub mod model;
pub mod train;

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData, Transaction};

use crate::batch::{count_of, labels_of, rows_of};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::readback;
use crate::rng::{Purpose, Rng};
use crate::weights::{Checkpoint, Role};
use model::{Config, Gan};

/// The most pictures that one step makes. More at once are no faster, and a step cannot be stopped.
pub const DIGITS_PER_STEP: usize = 64;

/// The most pictures that one call makes.
pub const MAX_BATCH_SIZE: usize = 4096;

/// Latents beyond this many standard deviations are drawn again when `truncation` is given, as in BigGAN.
const TRUNCATION_LIMIT: f32 = 2.0;

/// A GAN whose weights are still being loaded.
#[derive(Debug)]
pub struct Loading {
    config: Config,
    device: Device,
    /// Takes the weight files.
    pub checkpoint: Checkpoint,
}

impl Loading {
    /// Prepares for the weights of the model that `config_json` describes.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn new(config_json: &str, device: &Device) -> Result<Self> {
        let config = Config::from_json(config_json)?;
        let checkpoint = Checkpoint::new(&Gan::new(&config, device), model::key_map, device);
        let checkpoint = checkpoint.with_file_names(file_names);
        Ok(Self { config, device: device.clone(), checkpoint })
    }

    /// The pipeline, once all weights have come.
    ///
    /// # Errors
    /// `weights-mismatch` when some have not.
    pub fn finish(self) -> Result<Pipeline> {
        let warnings = self.checkpoint.warnings("model.safetensors").into();
        let networks = self.checkpoint.into_module(Gan::new(&self.config, &self.device))?;
        Ok(Pipeline { config: self.config, networks, device: self.device, warnings })
    }
}

/// Some checkpoints hold more than the two networks.
fn file_names(name: &str) -> Role {
    match name.split('.').next() {
        Some("generator" | "discriminator") => Role::Weight(name.to_owned()),
        _ => Role::Foreign,
    }
}

/// A GAN ready to draw.
#[derive(Debug, Clone)]
pub struct Pipeline {
    config: Config,
    networks: Gan,
    device: Device,
    warnings: Arc<[String]>,
}

/// Pictures that one step has made, in the order asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Digits {
    /// Pixels `[count, num_channels, image_size, image_size]` in [-1, 1].
    pub pixels: Vec<f32>,
    /// `[count]`: the discriminator's probability that the picture is real.
    pub scores: Vec<f32>,
    /// `[count]`: the class asked for or drawn, where one class was.
    pub class_labels: Option<Vec<u32>>,
    /// `[count, latent_dim]`: the noise each was made from.
    pub latents: Vec<f32>,
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
    /// - `batch_size`: 1 to [`MAX_BATCH_SIZE`] pictures. Default: the number of `latents` or `class_labels`, else 1.
    /// - `seed`: a whole number up to 2⁵³ − 1. Default: `random_seed`.
    /// - `class_labels`: a class for all pictures, or one for each. Default: drawn evenly from the seed.
    /// - `class_weights`: `[batch, num_classes]`, instead of `class_labels`: the share of each class's embedding.
    /// - `latents`: `[batch, latent_dim]`, unit-variance noise, instead of noise from the seed.
    /// - `truncation`: above 0 and up to 1. Noise beyond ±2 is drawn again, and all noise is scaled by this: less
    ///   variety, cleaner pictures. Not together with `latents`.
    ///
    /// # Errors
    /// `invalid-option`, naming it.
    pub fn start(&self, mut options: Options, random_seed: u64) -> Result<Run> {
        let classes = self.config.num_classes;
        let batch_size = options.integer("batch_size", 1..=MAX_BATCH_SIZE as u64)?;
        let seed = options.seed(random_seed)?;
        let truncation = options.number_above("truncation", 0.0..=1.0)?;
        let latents = options.floats("latents")?;
        let (labels, weights) = if classes > 0 {
            let labels = options.integers("class_labels", 0..=classes as u64 - 1)?;
            (labels, options.floats("class_weights")?)
        } else {
            (None, None)
        };
        options.finish()?;
        let invalid = |what: String| Err(Error::InvalidOption(what));
        if truncation.is_some() && latents.is_some() {
            return invalid(
                "truncation changes drawn noise, and latents were given: leave one out".to_owned(),
            );
        }
        if labels.is_some() && weights.is_some() {
            return invalid("class_labels and class_weights both say the class: leave one out".to_owned());
        }

        #[allow(clippy::cast_possible_truncation)] // at most 4096
        let rows = [
            ("batch_size", batch_size.map(|size| size as usize)),
            ("latents", rows_of("latents", latents.as_deref(), self.config.latent_dim)?),
            ("class_labels", labels.as_ref().map(Vec::len).filter(|&len| len != 1)),
            ("class_weights", rows_of("class_weights", weights.as_deref(), classes)?.filter(|&len| len != 1)),
        ];
        let count = count_of(&rows, MAX_BATCH_SIZE)?;

        let mut noise = Rng::new(seed, Purpose::Latents);
        let latents = latents.unwrap_or_else(|| {
            (0..count * self.config.latent_dim)
                .map(|_| match truncation {
                    None => noise.normal(),
                    #[allow(clippy::cast_possible_truncation)] // at most 1
                    Some(truncation) => truncation as f32 * noise.truncated_normal(TRUNCATION_LIMIT),
                })
                .collect()
        });
        let labels =
            (classes > 0 && weights.is_none()).then(|| labels_of(labels.as_deref(), classes, count, seed));
        let weights = match (&labels, weights) {
            (Some(labels), _) => Some(one_hot(labels, classes)),
            (None, Some(row)) if row.len() == classes => Some(row.repeat(count)),
            (None, rows) => rows,
        };
        Ok(Run { pipeline: self.clone(), seed, count, done: 0, latents, labels, weights })
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
    labels: Option<Vec<u32>>,
    weights: Option<Vec<f32>>,
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
    /// `device-lost` when the device fails, `weights-invalid` when the networks give no finite numbers.
    pub async fn step(&mut self) -> Result<Option<Digits>> {
        let Pipeline { config, networks, device, .. } = &self.pipeline;
        let rows = self.done..self.count.min(self.done + DIGITS_PER_STEP);
        if rows.is_empty() {
            return Ok(None);
        }
        let slice = |values: &[f32], width: usize| values[rows.start * width..rows.end * width].to_vec();
        let matrix = |values: Vec<f32>, width| {
            Tensor::<2>::from_data(TensorData::new(values, [rows.len(), width]), device)
        };
        let latents = slice(&self.latents, config.latent_dim);
        let class_weights = self
            .weights
            .as_ref()
            .map(|weights| matrix(slice(weights, config.num_classes), config.num_classes));

        let pictures =
            networks.generator.forward(matrix(latents.clone(), config.latent_dim), class_weights.clone());
        let scores = networks.discriminator.forward(pictures.clone(), class_weights);

        let read = readback::read(Transaction::default().register(pictures).register(scores)).await?;
        let Ok([pixels, scores]) = <[Vec<f32>; 2]>::try_from(read) else {
            return Err(Error::Internal("the device did not give back both tensors".to_owned()));
        };
        let class_labels = self.labels.as_ref().map(|labels| labels[rows.clone()].to_vec());
        self.done = rows.end;
        Ok(Some(Digits { pixels, scores, class_labels, latents }))
    }
}

fn one_hot(labels: &[u32], classes: usize) -> Vec<f32> {
    let mut rows = vec![0.0; labels.len() * classes];
    for (row, &label) in rows.chunks_mut(classes).zip(labels) {
        row[label as usize] = 1.0;
    }
    rows
}
