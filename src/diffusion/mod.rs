//! Diffusion: from noise, or from a picture with noise, to a picture, step by step.
//!
//! ```text
//! options ► Call ┐
//!                ├► Run ► step: Guided (the U-Net) ► Schedule ► Constraint (a picture to keep or follow) ► previews
//! picture ► edit ┘
//! ```
//!
//! The network ([`unet`]) and the scheduler ([`schedulers`](crate::schedulers)) do not know each other; a [`Run`] puts
//! them together.

mod add_noise;
mod call;
mod classes;
mod codec;
mod condition;
mod edit;
mod guided;
mod ilvr;
mod low_pass;
mod model_index;
mod noise;
mod repaint;
mod run;
pub mod unet;
mod visit;

use std::borrow::Cow;
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

pub use add_noise::Noisy;
pub use call::{MAX_BATCH_SIZE, PreviewKind};
pub use classes::Classes;
pub use edit::Source;
pub use run::{Event, Pictures, Progress, Run};

use crate::error::{Error, Result};
use crate::options::Options;
use crate::schedulers::{Scheduler, SchedulerKind};
use crate::weights::Storage;
use call::Call;
use codec::Codec;
use model_index::ModelIndex;
use run::{Constraint, Start};
use unet::UNet;
use visit::Visit;

/// The parts of a folder that are used.
const PARTS: [&str; 2] = ["unet", "scheduler"];

/// A pipeline whose weights are still being loaded.
#[derive(Debug)]
pub struct Loading {
    /// Takes the weight files.
    pub unet: unet::Loading,
    scheduler_json: Arc<str>,
    scheduler: Scheduler,
    classes: Classes,
    codec: Codec,
    picture_size: [usize; 2],
    rows_at_once: usize,
    device: Device,
    warnings: Vec<String>,
}

impl Loading {
    /// Prepares for the weights of the pipeline that a folder's files describe: the U-Net's `config.json`, the
    /// `scheduler_config.json`, and the `model_index.json` if there is one.
    ///
    /// # Errors
    /// `unsupported-model`, also when the device has no room for a picture of the model's size.
    pub fn new(
        unet_json: &str,
        scheduler_json: &str,
        index_json: Option<&str>,
        storage: Storage,
        device: &Device,
    ) -> Result<Self> {
        let config = unet::Config::from_json(unet_json)?;
        if config.cross_attention_dim.is_some() {
            return unsupported(
                "UNet2DConditionModel attends to a text, and there is none; UNet2DModel works",
            );
        }
        let index = ModelIndex::read(index_json)?;
        let of_index = index.expect_only(PARTS)?;
        let classes = Classes::new(&index, config.class_embedding)?;
        let scheduler = Scheduler::from_json(scheduler_json, index.scheduler())?;
        let warnings =
            of_index.into_iter().chain(config.warning.clone()).chain(scheduler.warning().map(str::to_owned));
        let warnings = warnings.collect();
        let (inputs, outputs) = (config.in_channels, config.out_channels);
        if ![1, 3].contains(&inputs) || outputs != inputs {
            return unsupported(format!(
                "{inputs} channels in and {outputs} out; 1 (grey) or 3 (red, green, blue) both in and out work"
            ));
        }
        if config.time_embedding == unet::TimeEmbedding::Fourier {
            return unsupported(
                "time_embedding_type is fourier, which no scheduler here is for; positional works",
            );
        }
        let Some(picture_size) = config.sample_size else {
            return unsupported("sample_size is null; the size of the pictures must be there");
        };
        let codec = Codec::Pixels { channels: inputs };
        let [_, height, width] = codec.sample_shape(picture_size);
        let rows_at_once = guided::rows_at_once(&config, [height, width], storage)?;
        let unet = unet::Loading::new(unet_json, storage, device)?;
        let (scheduler_json, device) = (Arc::from(scheduler_json), device.clone());
        Ok(Self {
            unet,
            scheduler_json,
            scheduler,
            classes,
            codec,
            picture_size,
            rows_at_once,
            device,
            warnings,
        })
    }

    /// The pipeline, once all weights have come.
    ///
    /// # Errors
    /// `weights-mismatch` when some have not.
    pub fn finish(self) -> Result<Pipeline> {
        let Self {
            unet,
            scheduler_json,
            scheduler,
            classes,
            codec,
            picture_size,
            rows_at_once,
            device,
            mut warnings,
        } = self;
        warnings.extend(unet.checkpoint.warnings("unet/diffusion_pytorch_model.safetensors"));
        let (unet, warnings) = (Arc::new(unet.finish()?), warnings.into());
        Ok(Pipeline {
            unet,
            scheduler_json,
            scheduler,
            classes,
            codec,
            picture_size,
            rows_at_once,
            device,
            warnings,
        })
    }
}

/// A diffusion model ready to draw. A clone shares the network.
#[derive(Debug, Clone)]
pub struct Pipeline {
    unet: Arc<UNet>,
    scheduler_json: Arc<str>,
    scheduler: Scheduler,
    classes: Classes,
    codec: Codec,
    picture_size: [usize; 2],
    rows_at_once: usize,
    device: Device,
    warnings: Arc<[String]>,
}

impl Pipeline {
    /// Height and width of the pictures.
    #[must_use]
    pub fn picture_size(&self) -> [usize; 2] {
        self.picture_size
    }

    /// 1 for grey pictures, 3 for red, green and blue.
    #[must_use]
    pub fn picture_channels(&self) -> usize {
        self.codec.picture_channels()
    }

    /// How the weights are kept: `f32`, `f16` or `q8`.
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        self.unet.format().name()
    }

    /// The classes that can be asked for.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The folder's scheduler.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// What was passed over in the folder's files, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The diffusers classes that the option `scheduler` may name.
    #[must_use]
    pub fn schedulers() -> [&'static str; SchedulerKind::ALL.len()] {
        SchedulerKind::ALL.map(SchedulerKind::name)
    }

    /// Draws pictures from noise. Takes these options, all of them optional:
    ///
    /// - `batch_size`: 1 to [`MAX_BATCH_SIZE`] pictures. Default: the number of `latents` or `class_labels`, else 1.
    /// - `seed`: a whole number up to 2⁵³ − 1. Default: `random_seed`.
    /// - `num_inference_steps`: 1 to the model's `num_train_timesteps`. Default: [`Scheduler::default_steps`].
    /// - `scheduler`: a diffusers class. Default: the folder's.
    /// - `eta`: 0 to 1, the noise in the steps of `DDIMScheduler`. Default: 0.
    /// - `class_labels`: a class for all pictures, or one for each. Default: drawn evenly from the seed.
    /// - `guidance_scale`: 0 (no class) to 100, how far to go from the output without the class to the output with it.
    ///   Default: the folder's, else 1, which costs no second evaluation.
    /// - `latents`: `[batch, channels, height, width]` of samples, unit-variance noise, instead of noise from the seed.
    /// - `preview`: what each step shows: one or both [`PreviewKind`]s, or `none`. Default: `pred_original_sample`.
    ///
    /// # Errors
    /// `invalid-option`, naming it; `unsupported-model` when the folder's configuration does not fit the scheduler.
    pub fn start(&self, mut options: Options, random_seed: u64) -> Result<Run> {
        let call = Call::read(self, &mut options, random_seed)?;
        options.finish()?;
        let sample =
            self.samples(call.latents.clone(), call.count).mul_scalar(call.schedule.init_noise_sigma());
        let visits = Visit::each(0..call.schedule.timesteps().len());
        Run::new(self, call, Start { sample, visits, constraint: Constraint::None })
    }

    /// The folder's scheduler, or another with its configuration.
    fn scheduler_as(&self, kind: Option<SchedulerKind>) -> Result<Cow<'_, Scheduler>> {
        match kind {
            Some(kind) if kind != self.scheduler.kind() => {
                Scheduler::from_json(&self.scheduler_json, Some(kind.name())).map(Cow::Owned)
            }
            _ => Ok(Cow::Borrowed(&self.scheduler)),
        }
    }

    /// How many numbers a sample has.
    fn sample_len(&self) -> usize {
        self.codec.sample_shape(self.picture_size).iter().product()
    }

    /// Samples `[rows, channels, height, width]`.
    fn samples(&self, values: Vec<f32>, rows: usize) -> Tensor<4> {
        let [channels, height, width] = self.codec.sample_shape(self.picture_size);
        Tensor::from_data(TensorData::new(values, [rows, channels, height, width]), &self.device)
    }
}

fn unsupported<T>(what: impl std::fmt::Display) -> Result<T> {
    Err(Error::UnsupportedModel(format!("unet/config.json: {what}")))
}
