//! A folder becomes a pipeline: its small files first, which say what the weights must be, and then the weights.

use std::borrow::Cow;
use std::sync::Arc;

use burn::tensor::Device;

use super::call::MAX_GUIDANCE;
use super::classes::Classes;
use super::codec::Codec;
use super::model_index::{Family, ModelIndex, refused};
use super::room::rows_at_once;
use super::text::TextPart;
use super::{Pipeline, Setup, stable_diffusion, unet};
use crate::clip;
use crate::config::Files;
use crate::error::{Error, Result};
use crate::kernels::Format;
use crate::schedulers::Scheduler;
use crate::vae;
use crate::weights::{Checkpoint, Storage};

/// What guidance is by default where a text says what to draw, in diffusers' pipelines.
const GUIDANCE: f64 = 7.5;
const GUIDANCE_OF_CONSISTENCY: f64 = 8.5;

/// A pipeline whose weights are still being loaded.
#[derive(Debug)]
pub struct Loading {
    unet: unet::Loading,
    latent: Option<Latent>,
    setup: Setup,
}

/// What a pipeline has that draws in latents what a text says.
#[derive(Debug)]
struct Latent {
    vae: vae::Loading,
    text_encoder: clip::Loading,
    tokenizer: clip::Tokenizer,
    guidance_scale: f64,
}

impl Loading {
    /// Prepares for the weights of the pipeline that a folder's small files describe: `unet/config.json`,
    /// `scheduler/scheduler_config.json`, and `model_index.json` if there is one; and for one that draws what a text says,
    /// `vae/config.json`, `text_encoder/config.json` and those of `tokenizer/`.
    ///
    /// # Errors
    /// `unsupported-model`, also when the parts do not fit each other, or the device has no room for a picture of the
    /// model's size.
    pub fn new(files: &Files, storage: Storage, device: &Device) -> Result<Self> {
        let index = ModelIndex::read(files.get("model_index.json").map(String::as_str))?;
        let family = index.family()?;
        let is_stable_diffusion = family == Family::Text && !index.is_latent_consistency();
        let mut scheduler_json = Cow::Borrowed(needed(files, "scheduler/scheduler_config.json")?);
        if is_stable_diffusion {
            scheduler_json = stable_diffusion::scheduler_config(&scheduler_json, index.scheduler())?.into();
        }
        let scheduler = Scheduler::from_json(&scheduler_json, index.scheduler())?;
        let unet_json = needed(files, "unet/config.json")?;
        let unet = unet::Loading::new(unet_json, storage, device)?;
        let config = unet.config();
        let mut warnings: Vec<String> = index.warning(family).into_iter().collect();
        warnings.extend(config.warning.clone());
        warnings.extend(scheduler.warning().map(str::to_owned));
        let (latent, classes) = match family {
            Family::Pixels => {
                let classes = Classes::new(&index, config.class_embedding)?;
                check_pixels(config)?;
                (None, classes)
            }
            Family::Text => {
                let latent = Latent::new(files, &index, storage, device)?;
                latent.check(config)?;
                let (vae, text_encoder) = (latent.vae.config(), latent.text_encoder.config());
                warnings.extend(vae.warning.iter().chain(&text_encoder.warning).cloned());
                (Some(latent), Classes::default())
            }
        };
        let Some(mut sample_size) = config.sample_size else {
            return unsupported("sample_size is null; the size of the pictures must be there");
        };
        if is_stable_diffusion {
            sample_size = stable_diffusion::sample_size(unet_json, sample_size)?;
        }
        rows_at_once(config, sample_size, 0, storage)?;
        let beside = latent.as_ref().map_or(0, Latent::num_weights);
        storage.check_total(unet.checkpoint.num_weights().saturating_add(beside))?;
        let factor = latent.as_ref().map_or(1, |latent| latent.vae.config().scale_factor());
        let picture_size = sample_size.map(|size| size * factor);
        if let Some(latent) = &latent {
            latent.vae.config().check_size(picture_size, storage)?;
        }
        let setup = Setup {
            scheduler_json: scheduler_json.into_owned(),
            num_inference_steps: index.steps(scheduler.config().num_train_timesteps)?,
            guidance_rescale: index.rescale()?,
            scheduler,
            classes,
            picture_size,
            spreads_strength: index.is_latent_consistency(),
            text_encoder_json: files.get("text_encoder/config.json").cloned().unwrap_or_default(),
            storage,
            device: device.clone(),
            warnings,
        };
        Ok(Self { unet, latent, setup })
    }

    /// What takes the weight files of a part, under its name in the folder: `unet`, `vae` or `text_encoder`.
    pub fn checkpoint(&mut self, part: &str) -> Option<&mut Checkpoint> {
        match (part, &mut self.latent) {
            ("unet", _) => Some(&mut self.unet.checkpoint),
            ("vae", Some(latent)) => Some(&mut latent.vae.checkpoint),
            ("text_encoder", Some(latent)) => Some(&mut latent.text_encoder.checkpoint),
            _ => None,
        }
    }

    /// The pipeline, once all weights have come.
    ///
    /// # Errors
    /// `weights-mismatch` when some have not.
    pub fn finish(self) -> Result<Pipeline> {
        let Self { unet, latent, mut setup } = self;
        let warnings = &mut setup.warnings;
        warnings.extend(unet.checkpoint.warnings("unet/diffusion_pytorch_model.safetensors"));
        let channels = unet.config().in_channels;
        let unet = Arc::new(unet.finish()?);
        let (codec, text) = match latent {
            None => (Codec::Pixels { channels }, None),
            Some(Latent { vae, text_encoder, tokenizer, guidance_scale }) => {
                warnings.extend(vae.checkpoint.warnings("vae/diffusion_pytorch_model.safetensors"));
                warnings.extend(text_encoder.checkpoint.warnings("text_encoder/model.safetensors"));
                let embeds_guidance = unet.config().time_cond_proj_dim.is_some();
                let encoder = text_encoder.finish()?;
                let text = TextPart::new(tokenizer, encoder, guidance_scale, embeds_guidance);
                (Codec::latents(vae.finish()?), Some(Arc::new(text)))
            }
        };
        Ok(Pipeline { unet, codec, text, setup: Arc::new(setup) })
    }
}

impl Latent {
    fn new(files: &Files, index: &ModelIndex, storage: Storage, device: &Device) -> Result<Self> {
        let of_tokenizer = |(file, text): (&String, &String)| {
            file.strip_prefix("tokenizer/").map(|name| (name.to_owned(), text.clone()))
        };
        let tokenizer = clip::Tokenizer::from_files(&files.iter().filter_map(of_tokenizer).collect())?;
        let text_encoder = clip::Loading::new(needed(files, "text_encoder/config.json")?, storage, device)?;
        tokenizer.check_model(text_encoder.config())?;
        // What a decoder rounds shows in every pixel, and it has few weights: bytes would save little.
        let exact = match storage.format {
            Some(Format::Q8) => Storage { format: Some(Format::F16), ..storage },
            _ => storage,
        };
        let vae = vae::Loading::new(needed(files, "vae/config.json")?, exact, device)?.without_shift_factor();
        let default = if index.is_latent_consistency() { GUIDANCE_OF_CONSISTENCY } else { GUIDANCE };
        let guidance_scale = index.guidance_scale.unwrap_or(default);
        if !(0.0..=MAX_GUIDANCE).contains(&guidance_scale) {
            return refused(format!("guidance_scale is {guidance_scale}; 0 to {MAX_GUIDANCE} works"));
        }
        Ok(Self { vae, text_encoder, tokenizer, guidance_scale })
    }

    fn num_weights(&self) -> u64 {
        self.vae.checkpoint.num_weights().saturating_add(self.text_encoder.checkpoint.num_weights())
    }

    /// Checks that the parts fit each other.
    fn check(&self, unet: &unet::Config) -> Result<()> {
        let (latents, hidden) = (self.vae.config().latent_channels, self.text_encoder.config().hidden_size);
        let (inputs, outputs) = (unet.in_channels, unet.out_channels);
        if inputs == 9 && outputs == 4 {
            return unsupported(
                "9 channels in: a model that was trained for inpainting alone. Others can repaint a part of a picture too, and work",
            );
        }
        if inputs != latents || outputs != latents {
            return unsupported(format!(
                "{inputs} channels in and {outputs} out, and the latents of vae/config.json have {latents}"
            ));
        }
        if unet.cross_attention_dim != Some(hidden) {
            let dim = unet.cross_attention_dim.map_or_else(
                || "no block attends to a text".to_owned(),
                |dim| format!("cross_attention_dim is {dim}"),
            );
            return unsupported(format!("{dim}, and text_encoder/config.json has hidden_size {hidden}"));
        }
        if unet.class_embedding != unet::ClassEmbedding::None {
            return unsupported("it has classes, and the pipeline has nothing to give for them");
        }
        let channels = self.vae.config().in_channels;
        if ![1, 3].contains(&channels) {
            return Err(Error::UnsupportedModel(format!(
                "vae/config.json: pictures of {channels} channels; 1 (grey) or 3 (red, green, blue) work"
            )));
        }
        Ok(())
    }
}

/// The text of a file that the folder must have.
fn needed<'a>(files: &'a Files, file: &str) -> Result<&'a str> {
    let text = files.get(file).map(String::as_str);
    text.ok_or_else(|| Error::UnsupportedModel(format!("the folder has no {file}")))
}

/// Checks a network that takes noise from pictures themselves.
fn check_pixels(config: &unet::Config) -> Result<()> {
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
    if config.cross_attention_dim.is_some() {
        return unsupported("it draws what a text says, and the folder has no text_encoder");
    }
    Ok(())
}

fn unsupported<T>(what: impl std::fmt::Display) -> Result<T> {
    Err(Error::UnsupportedModel(format!("unet/config.json: {what}")))
}
