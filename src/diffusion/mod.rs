//! Diffusion: from noise, or from a picture with noise, to a picture, step by step.
//!
//! ```text
//! options ► Call ┐
//!                ├► Run ► step: Guided (the U-Net) ► Schedule ► Constraint (a picture to keep or follow) ► previews
//! picture ► edit ┘    └► at last: Codec (an autoencoder, or nothing) ► pictures
//!
//! prompt ► Texts (tokenizer, text encoder) ► Condition of the U-Net
//! ```
//!
//! The network ([`unet`]) and the scheduler ([`schedulers`](crate::schedulers)) do not know each other; a [`Run`] puts
//! them together. What a sample is, only the codec knows: a picture's pixels, or an autoencoder's latents.

mod add_noise;
mod call;
mod classes;
mod codec;
mod condition;
mod edit;
mod event;
mod guided;
mod ilvr;
mod loading;
mod low_pass;
mod model_index;
mod noise;
mod overlay;
mod preview;
mod repaint;
mod replay;
mod room;
mod run;
mod stable_diffusion;
mod start;
mod text;
pub mod unet;
mod visit;

use std::borrow::Cow;
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

pub use add_noise::Noisy;
pub use call::{MAX_BATCH_SIZE, PreviewKind};
pub use classes::Classes;
pub use edit::Source;
pub use event::{Event, Pictures, Progress};
pub use loading::Loading;
pub use run::Run;

use crate::clip;
use crate::error::Result;
use crate::options::Options;
use crate::schedulers::{Scheduler, SchedulerKind};
use crate::weights::Storage;
use call::Call;
use codec::Codec;
use start::Start;
use text::TextPart;
use unet::UNet;
use visit::Visit;

/// What a pipeline has besides its networks.
#[derive(Debug)]
struct Setup {
    scheduler_json: String,
    scheduler: Scheduler,
    /// The folder's own for calls that name none.
    num_inference_steps: Option<usize>,
    guidance_rescale: f64,
    classes: Classes,
    /// Height and width of the pictures that the model was trained on.
    picture_size: [usize; 2],
    /// The steps of a variation are spread over a part of the noise, if the scheduler can do that.
    spreads_strength: bool,
    text_encoder_json: String,
    storage: Storage,
    device: Device,
    warnings: Vec<String>,
}

/// A diffusion model ready to draw. A clone shares the networks.
#[derive(Debug, Clone)]
pub struct Pipeline {
    unet: Arc<UNet>,
    codec: Codec,
    /// What a model has that draws what a text says.
    text: Option<Arc<TextPart>>,
    setup: Arc<Setup>,
}

impl Pipeline {
    /// Height and width of the pictures that the model was trained on, and that it draws if not asked for others.
    #[must_use]
    pub fn picture_size(&self) -> [usize; 2] {
        self.setup.picture_size
    }

    /// What height and width of a picture must be multiples of.
    #[must_use]
    pub fn size_multiple(&self) -> usize {
        self.codec.scale_factor() * self.unet.config().size_factor()
    }

    /// 1 for grey pictures, 3 for red, green and blue.
    #[must_use]
    pub fn picture_channels(&self) -> usize {
        self.codec.picture_channels()
    }

    /// How the U-Net's weights are kept: `f32`, `f16` or `q8`.
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        self.unet.format().name()
    }

    /// The classes that can be asked for.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.setup.classes
    }

    /// The most tokens of a prompt, with those that begin and end it; `None` for a model that takes no prompts.
    #[must_use]
    pub fn max_prompt_tokens(&self) -> Option<usize> {
        self.text.as_ref().map(|text| text.max_length())
    }

    /// The `guidance_scale` of a call that names none.
    #[must_use]
    pub fn guidance_scale(&self) -> f64 {
        self.text.as_ref().map_or(self.setup.classes.guidance_scale, |text| text.guidance_scale())
    }

    /// The `num_inference_steps` of a call that names none: the folder's, or [`Scheduler::default_steps`].
    #[must_use]
    pub fn num_inference_steps(&self) -> usize {
        self.steps_of(self.scheduler())
    }

    fn steps_of(&self, scheduler: &Scheduler) -> usize {
        self.setup.num_inference_steps.unwrap_or_else(|| scheduler.default_steps())
    }

    /// The `guidance_rescale` of a call that names none and is guided: the folder's, or 0.
    #[must_use]
    pub fn guidance_rescale(&self) -> f64 {
        self.setup.guidance_rescale
    }

    /// The folder's scheduler.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.setup.scheduler
    }

    /// What was passed over in the folder's files, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.setup.warnings
    }

    /// The diffusers classes that the option `scheduler` may name.
    #[must_use]
    pub fn schedulers() -> [&'static str; SchedulerKind::ALL.len()] {
        SchedulerKind::ALL.map(SchedulerKind::name)
    }

    /// Draws pictures from noise. Takes these options, all of them optional but `prompt`:
    ///
    /// - `seed`: a whole number up to 2⁵³ − 1. Default: `random_seed`.
    /// - `num_inference_steps`: 1 to the model's `num_train_timesteps`. Default: [`Self::num_inference_steps`].
    /// - `scheduler`: a diffusers class. Default: the folder's.
    /// - `eta`: 0 to 1, the noise in the steps of `DDIMScheduler`. Default: 0.
    /// - `guidance_scale`: 0 to 100, how far to go from the output without the condition to the output with it. Default:
    ///   [`Self::guidance_scale`]. For classes, 1 costs no second evaluation, and 0 is no class; for a prompt, up to 1 is no
    ///   guidance.
    /// - `latents`: `[batch, channels, height, width]` of samples, unit-variance noise, instead of noise from the seed.
    /// - `preview`: what each step shows: one or both [`PreviewKind`]s, or `none`. Default: `pred_original_sample`.
    ///
    /// A model that takes no prompts:
    ///
    /// - `batch_size`: 1 to [`MAX_BATCH_SIZE`] pictures. Default: the number of `latents` or `class_labels`, else 1.
    /// - `class_labels`: a class for all pictures, or one for each. Default: drawn evenly from the seed.
    ///
    /// A model that draws what a text says:
    ///
    /// - `prompt`: a text, or a list of texts. One that has too many tokens is cut, and [`Run::truncated`] says so.
    /// - `negative_prompt`: what the pictures are not to show, one for all prompts or one for each; needs guidance.
    /// - `num_images_per_prompt`: at most [`MAX_BATCH_SIZE`] pictures of all prompts, and fewer where they are large. Default: 1.
    /// - `height`, `width`: multiples of [`Self::size_multiple`]. Default: [`Self::picture_size`].
    /// - `guidance_rescale`: 0 to 1, how much of the contrast that guidance adds is taken back. Default:
    ///   [`Self::guidance_rescale`].
    /// - `clip_skip`: layers of the text encoder that are left out, from the last. Default: 0.
    /// - `output_attentions`: whether steps have [`Progress::attentions`]. Default: false.
    ///
    /// # Errors
    /// `invalid-option`, naming it; `unsupported-model` when the folder's configuration does not fit the scheduler, or
    /// the device has no room for pictures of the size.
    pub fn start(&self, mut options: Options, random_seed: u64) -> Result<Run> {
        let call = Call::read(self, &mut options, random_seed, None)?;
        options.finish()?;
        let noise = self.samples(call.latents.clone(), &call);
        let sample = noise.mul_scalar(call.schedule.init_noise_sigma());
        let visits = Visit::each(0..call.schedule.timesteps().len());
        Run::new(self, call, Start::new(sample, visits))
    }

    /// Takes the text encoder away, whose memory is then free. It must be [attached](Self::attach) again before a call that
    /// [lacks](Self::lacks_text_encoder) it.
    pub fn offload_text_encoder(&self) {
        if let Some(text) = &self.text {
            text.set_encoder(None);
        }
    }

    /// Whether a call with these options needs the text encoder, and it is away. Texts of earlier calls need none.
    #[must_use]
    pub fn lacks_text_encoder(&self, options: &Options) -> bool {
        self.text.as_ref().is_some_and(|text| text.lacks_encoder_for(options))
    }

    /// Prepares for the weights of the text encoder once more. `None` where there is none.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn text_encoder_loading(&self) -> Result<Option<clip::Loading>> {
        let Setup { text_encoder_json, storage, device, .. } = &*self.setup;
        self.text.as_ref().map(|_| clip::Loading::new(text_encoder_json, *storage, device)).transpose()
    }

    /// Puts a text encoder in the place of the one that was taken away.
    pub fn attach(&self, encoder: clip::ClipTextModel) {
        if let Some(text) = &self.text {
            text.set_encoder(Some(encoder));
        }
    }

    /// The folder's scheduler, or another with its configuration.
    fn scheduler_as(&self, kind: Option<SchedulerKind>) -> Result<Cow<'_, Scheduler>> {
        let Setup { scheduler, scheduler_json, .. } = &*self.setup;
        match kind {
            Some(kind) if kind != scheduler.kind() => {
                Scheduler::from_json(scheduler_json, Some(kind.name())).map(Cow::Owned)
            }
            _ => Ok(Cow::Borrowed(scheduler)),
        }
    }

    /// A call's samples `[count, channels, height, width]`.
    fn samples(&self, values: Vec<f32>, call: &Call) -> Tensor<4> {
        let [channels, height, width] = self.codec.sample_shape(call.size);
        let values = TensorData::new(values, [call.count, channels, height, width]);
        Tensor::from_data(values, &self.setup.device)
    }
}
