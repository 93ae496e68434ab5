//! The options that every call takes.

use serde_json::Value;

use super::Pipeline;
use super::condition::Condition;
use super::guided::is;
use super::noise::latents;
use crate::batch::{count_of, labels_of, rows_of};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::schedulers::{Schedule, SchedulerKind};

/// The most pictures that one call makes.
pub const MAX_BATCH_SIZE: usize = 256;

/// The largest `guidance_scale`.
pub const MAX_GUIDANCE: f64 = 100.0;

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
    pub schedule: Schedule,
    pub condition: Condition,
    pub guidance_scale: f64,
    /// `[count, channels, height, width]` of a sample.
    pub latents: Vec<f32>,
    pub previews: Vec<PreviewKind>,
}

impl Call {
    /// Takes the options that every call has, and leaves the rest.
    ///
    /// # Errors
    /// `invalid-option`, naming it; `unsupported-model` when the folder's configuration does not fit the scheduler.
    pub fn read(pipeline: &Pipeline, options: &mut Options, random_seed: u64) -> Result<Self> {
        let batch_size = options.integer("batch_size", 1..=MAX_BATCH_SIZE as u64)?;
        let seed = options.seed(random_seed)?;
        let given = options.floats("latents")?;
        let previews = options.parsed(
            "preview",
            "\"sample\", \"pred_original_sample\", an array of both, or \"none\"",
            PreviewKind::list,
        )?;
        let schedule = schedule(pipeline, options)?;
        let classes = &pipeline.classes;
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

        let numbers = pipeline.sample_len();
        #[allow(clippy::cast_possible_truncation)] // at most MAX_BATCH_SIZE
        let rows = [
            ("batch_size", batch_size.map(|size| size as usize)),
            ("latents", rows_of("latents", given.as_deref(), numbers)?),
            ("class_labels", labels.as_ref().map(Vec::len).filter(|&len| len != 1)),
        ];
        let count = count_of(&rows, MAX_BATCH_SIZE)?;
        let condition = match classes.count {
            0 => Condition::None,
            classes_count => Condition::Classes {
                labels: labels_of(labels.as_deref(), classes_count, count, seed),
                none: classes.none,
            },
        };
        Ok(Self {
            seed,
            count,
            schedule,
            condition,
            guidance_scale,
            latents: given.unwrap_or_else(|| latents(seed, count, numbers)),
            previews: previews.unwrap_or_else(|| vec![PreviewKind::PredOriginalSample]),
        })
    }
}

fn schedule(pipeline: &Pipeline, options: &mut Options) -> Result<Schedule> {
    let kind = options
        .parsed("scheduler", &SchedulerKind::names(), |name| SchedulerKind::named(name.as_str()?).ok())?;
    let scheduler = pipeline.scheduler_as(kind)?;
    let most = scheduler.config().num_train_timesteps;
    #[allow(clippy::cast_possible_truncation)] // at most num_train_timesteps
    let steps = options.integer("num_inference_steps", 1..=most as u64)?.map(|steps| steps as usize);
    let schedule = scheduler.schedule(steps.unwrap_or_else(|| scheduler.default_steps()))?;
    match options.number("eta", 0.0..=1.0)? {
        Some(eta) => schedule.with_eta(eta),
        None => Ok(schedule),
    }
}
