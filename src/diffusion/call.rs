//! The options that every call takes.

use serde_json::Value;

use super::Pipeline;
use super::condition::Condition;
use super::guided::{Guidance, is};
use super::noise::latents;
use super::room::{check_pictures, picture_size, rows_at_once, too_large};
use super::text::{TextPart, Texts};
use crate::batch::{count_of, labels_of, rows_of};
use crate::error::{Error, Result};
use crate::nn::Timesteps;
use crate::options::Options;
use crate::schedulers::{Schedule, SchedulerKind};

/// The most pictures that one call makes.
pub const MAX_BATCH_SIZE: usize = 256;

/// The largest `guidance_scale`.
pub const MAX_GUIDANCE: f64 = 100.0;

/// The options that say how many pictures there are, for messages.
const OF_PROMPTS: &str = "prompt (with num_images_per_prompt)";
const OF_BATCH: &str = "batch_size";

/// What a step can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewKind {
    /// The noisy sample, of unit variance whatever the scheduler.
    Sample,
    /// The picture that the model sees in it.
    PredOriginalSample,
}

impl PreviewKind {
    const ALL: [Self; 2] = [Self::Sample, Self::PredOriginalSample];

    /// As the option `preview` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::PredOriginalSample => "pred_original_sample",
        }
    }

    fn named(value: &Value) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| value == kind.name())
    }

    /// `none`, or one or both of the names.
    fn list(value: &Value) -> Option<Vec<Self>> {
        match value {
            Value::String(none) if none == "none" => Some(Vec::new()),
            Value::Array(names) => {
                let kinds: Vec<Self> = names.iter().map(Self::named).collect::<Option<_>>()?;
                let twice = kinds.len() == 2 && kinds[0] == kinds[1];
                ((1..=2).contains(&kinds.len()) && !twice).then_some(kinds)
            }
            name => Some(vec![Self::named(name)?]),
        }
    }
}

/// The options of a call that has been checked.
#[derive(Debug)]
pub struct Call {
    pub seed: u64,
    pub count: usize,
    /// Height and width of the pictures.
    pub size: [usize; 2],
    pub schedule: Schedule,
    pub condition: Condition,
    pub guidance: Guidance,
    pub texts: Option<Texts>,
    pub output_attentions: bool,
    /// `[count, channels, height, width]` of a sample.
    pub latents: Vec<f32>,
    pub previews: Vec<PreviewKind>,
    /// Rows that the network is given at once.
    pub rows_at_once: usize,
}

impl Call {
    /// Takes the options that every call has, and leaves the rest. With a `strength`, the steps are spread over the part of the
    /// noise that an edit goes through, if the scheduler can do that.
    ///
    /// # Errors
    /// `invalid-option`, naming it; `unsupported-model` when the folder's configuration does not fit the scheduler, or when
    /// the device has no room for pictures of the size.
    pub fn read(
        pipeline: &Pipeline,
        options: &mut Options,
        random_seed: u64,
        strength: Option<f64>,
    ) -> Result<Self> {
        let seed = options.seed(random_seed)?;
        let given = options.floats("latents")?;
        let previews = options.parsed(
            "preview",
            "\"sample\", \"pred_original_sample\", an array of both, or \"none\"",
            PreviewKind::list,
        )?;
        let schedule = schedule(pipeline, options, strength)?;
        let subject = match &pipeline.text {
            Some(text) => Subject::of_text(pipeline, text, options)?,
            None => Subject::of_classes(pipeline, options, seed, given.as_deref())?,
        };
        let Subject { count, size, condition, guidance, texts, output_attentions } = subject;
        let [channels, height, width] = pipeline.codec.sample_shape(size);
        let numbers = channels * height * width;
        let of_latents = rows_of("latents", given.as_deref(), numbers)?;
        let by = if texts.is_some() { OF_PROMPTS } else { OF_BATCH };
        count_of(&[("latents", of_latents), (by, Some(count))], MAX_BATCH_SIZE)?;
        let tokens = pipeline.max_prompt_tokens().filter(|_| output_attentions).unwrap_or(0);
        Ok(Self {
            seed,
            count,
            size,
            schedule,
            condition,
            guidance,
            texts,
            output_attentions,
            latents: given.unwrap_or_else(|| latents(seed, count, numbers)),
            previews: previews.unwrap_or_else(|| vec![PreviewKind::PredOriginalSample]),
            rows_at_once: rows_at_once(
                pipeline.unet.config(),
                [height, width],
                tokens,
                pipeline.setup.storage,
            )
            .map_err(too_large)?,
        })
    }
}

/// What the pictures are of, and how many there are.
struct Subject {
    count: usize,
    size: [usize; 2],
    condition: Condition,
    guidance: Guidance,
    texts: Option<Texts>,
    output_attentions: bool,
}

impl Subject {
    /// Of nothing that is said, or of classes.
    fn of_classes(
        pipeline: &Pipeline,
        options: &mut Options,
        seed: u64,
        latents: Option<&[f32]>,
    ) -> Result<Self> {
        let batch_size = options.integer("batch_size", 1..=MAX_BATCH_SIZE as u64)?;
        let classes = pipeline.classes();
        let (mut labels, mut guidance_scale) = (None, classes.guidance_scale);
        if classes.count > 0 {
            labels = options.integers("class_labels", 0..=classes.count as u64 - 1)?;
            guidance_scale = options.number("guidance_scale", 0.0..=MAX_GUIDANCE)?.unwrap_or(guidance_scale);
            if classes.none.is_none() && !is(guidance_scale, 1.0) {
                return Err(Error::InvalidOption(format!(
                    "guidance_scale is {guidance_scale}; it must be 1, because this model has no class that means \
                     no class (one more than id2label of its model_index.json has)"
                )));
            }
        }
        let size = pipeline.picture_size();
        let numbers = pipeline.codec.sample_shape(size).iter().product();
        #[allow(clippy::cast_possible_truncation)] // at most MAX_BATCH_SIZE
        let rows = [
            (OF_BATCH, batch_size.map(|size| size as usize)),
            ("latents", rows_of("latents", latents, numbers)?),
            ("class_labels", labels.as_ref().map(Vec::len).filter(|&len| len != 1)),
        ];
        let count = count_of(&rows, MAX_BATCH_SIZE)?;
        check_pictures(pipeline, OF_BATCH, count, size, 0)?;
        let condition = match classes.count {
            0 => Condition::None,
            classes_count => Condition::Classes {
                labels: labels_of(labels.as_deref(), classes_count, count, seed),
                none: classes.none,
            },
        };
        let guidance = Guidance { scale: guidance_scale, rescale: 0.0 };
        Ok(Self { count, size, condition, guidance, texts: None, output_attentions: false })
    }

    fn of_text(pipeline: &Pipeline, text: &TextPart, options: &mut Options) -> Result<Self> {
        let texts = Texts::read(text, options)?;
        let rescale = options.number("guidance_rescale", 0.0..=1.0)?;
        let output_attentions = options.flag("output_attentions")?.unwrap_or(false);
        let size = picture_size(pipeline, options)?;
        let tokens = if output_attentions { text.max_length() } else { 0 };
        check_pictures(pipeline, OF_PROMPTS, texts.count(), size, tokens)?;
        let mut condition = texts.condition(text)?;
        let is_guided = condition.without.is_some();
        if let Some(rescale) = rescale.filter(|rescale| *rescale > 0.0 && !is_guided) {
            return Err(Error::InvalidOption(format!(
                "guidance_rescale is {rescale}, and there is no guidance that it could change: it needs a guidance_scale \
                 above 1, and a model that is not guided by a number alone"
            )));
        }
        // Without guidance only the prompt counts, whatever the scale.
        let scale = if is_guided { texts.guidance_scale } else { 1.0 };
        if let Some(num_channels) = pipeline.unet.config().time_cond_proj_dim {
            // Source: diffusers' get_guidance_scale_embedding.
            let waves = Timesteps { num_channels, flip_sin_to_cos: false, downscale_freq_shift: 1.0 };
            let scales = vec![(texts.guidance_scale - 1.0) * 1000.0; texts.count()];
            condition.timestep_cond = Some(waves.forward(&scales, &pipeline.setup.device));
        }
        Ok(Self {
            count: texts.count(),
            size,
            condition: Condition::Text(Box::new(condition)),
            guidance: Guidance { scale, rescale: rescale.unwrap_or_else(|| pipeline.guidance_rescale()) },
            texts: Some(texts),
            output_attentions,
        })
    }
}

fn schedule(pipeline: &Pipeline, options: &mut Options, strength: Option<f64>) -> Result<Schedule> {
    let kind = options
        .parsed("scheduler", &SchedulerKind::names(), |name| SchedulerKind::named(name.as_str()?).ok())?;
    let scheduler = pipeline.scheduler_as(kind)?;
    let most = scheduler.config().num_train_timesteps;
    #[allow(clippy::cast_possible_truncation)] // at most num_train_timesteps
    let steps = options.integer("num_inference_steps", 1..=most as u64)?.map(|steps| steps as usize);
    let steps = steps.unwrap_or_else(|| pipeline.steps_of(&scheduler));
    let schedule = match strength {
        Some(strength) => scheduler.schedule_within(steps, strength)?,
        None => scheduler.schedule(steps)?,
    };
    match options.number("eta", 0.0..=1.0)? {
        Some(eta) => schedule.with_eta(eta),
        None => Ok(schedule),
    }
}
