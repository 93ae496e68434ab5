//! A call under way: each step is one evaluation of the network for all pictures, and a step of the schedule.

use std::sync::Arc;

use burn::tensor::{Tensor, Transaction};

use super::Pipeline;
use super::call::{Call, PreviewKind};
use super::codec::Codec;
use super::guided::{Guided, is};
use super::ilvr::SuperResolution;
use super::noise::StepNoise;
use super::repaint::Inpainting;
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::readback;
use crate::schedulers::{History, Schedule};

/// At most this many steps wait for a GPU when no previews are read. With more, the GPU would go on long after a call was
/// stopped, and events would report steps that are not done yet.
const UNSEEN_STEPS: usize = 8;

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Counts the steps of this call from 0.
    pub step_index: usize,
    /// How many steps there are in all.
    pub num_steps: usize,
    /// The timestep that the network was given.
    pub timestep: f64,
    /// Pictures `[count, channels, height, width]` of each kind that was asked for, in that order.
    pub previews: Vec<(PreviewKind, Vec<f32>)>,
}

/// Finished pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Pictures {
    /// `[count, channels, height, width]`, of which -1 is dark and 1 is light.
    pub pixels: Vec<f32>,
    /// `[count, channels, height, width]` of samples: the noise each was made from.
    pub latents: Vec<f32>,
    /// `[count]`: the class of each, unless the model has none or none was used.
    pub class_labels: Option<Vec<u32>>,
}

/// What a step returns.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A step is done.
    Step(Progress),
    /// All steps are done.
    Complete(Pictures),
}

/// What a picture that the call was given demands of the sample after each step.
#[derive(Debug)]
pub enum Constraint {
    /// Nothing.
    None,
    /// A part of the sample is the picture's.
    Inpainting(Box<Inpainting>),
    /// The low frequencies of the sample are the picture's.
    SuperResolution(Box<SuperResolution>),
}

/// Where a run begins, and the steps that it takes.
#[derive(Debug)]
pub struct Start {
    /// `[count, channels, height, width]`, as noisy as it must be before the first step.
    pub sample: Tensor<4>,
    pub visits: Vec<Visit>,
    pub constraint: Constraint,
}

/// A call under way.
#[derive(Debug)]
pub struct Run {
    network: Guided,
    codec: Codec,
    schedule: Schedule,
    visits: Vec<Visit>,
    done: usize,
    sample: Tensor<4>,
    history: History,
    noise: StepNoise,
    constraint: Constraint,
    previews: Vec<PreviewKind>,
    seed: u64,
    /// Zero as long as all outputs of the network were finite, then NaN. A GPU's `clamp` may hide what is not finite.
    finite_check: Tensor<1>,
    /// What [`Event::Complete`] has. The pixels are empty until the last step.
    pictures: Option<Pictures>,
}

impl Run {
    pub(super) fn new(pipeline: &Pipeline, call: Call, start: Start) -> Result<Self> {
        let Call { seed, count, schedule, condition, guidance_scale, latents, previews } = call;
        let shape = start.sample.dims();
        let first = schedule.timesteps().first().copied().unwrap_or_default();
        let given = condition.rows(0..count);
        pipeline.unet.config().check_call(shape, &vec![first; count], &given)?;
        let is_without = condition.without().is_some() && is(guidance_scale, 0.0);
        let class_labels = condition.class_labels().filter(|_| !is_without).map(<[u32]>::to_vec);
        let network = Arc::clone(&pipeline.unet);
        Ok(Self {
            network: Guided::new(network, condition, guidance_scale, pipeline.rows_at_once),
            codec: pipeline.codec,
            schedule,
            visits: start.visits,
            done: 0,
            sample: start.sample,
            history: History::default(),
            noise: StepNoise::new(seed, shape, &pipeline.device),
            constraint: start.constraint,
            previews,
            seed,
            finite_check: Tensor::zeros([1], &pipeline.device),
            pictures: Some(Pictures { pixels: Vec::new(), latents, class_labels }),
        })
    }

    /// The same with the noise of its steps given, `[draws, count, channels, height, width]`, instead of drawn from the
    /// seed: to compare a call with another implementation's.
    #[must_use]
    pub fn with_step_noise(self, noise: Vec<f32>) -> Self {
        Self { noise: self.noise.given(noise), ..self }
    }

    /// The seed in use: the caller's, or the random one.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many steps the call takes: evaluations of the network, two at once with guidance.
    #[must_use]
    pub fn num_steps(&self) -> usize {
        self.visits.len()
    }

    /// Takes a step; `None` after [`Event::Complete`].
    ///
    /// # Errors
    /// `device-lost` when the device fails, `weights-invalid` when the network gives no finite numbers.
    pub async fn step(&mut self) -> Result<Option<Event>> {
        let Some(&Visit { step_index, back_to }) = self.visits.get(self.done) else {
            return Ok(self.pictures.take().map(Event::Complete));
        };
        let timestep = self.schedule.timesteps()[step_index];
        let picture = self.advance(step_index, timestep);
        let previews = self.read(picture, step_index + 1).await.map_err(|error| match error {
            Error::WeightsInvalid(message) => Error::WeightsInvalid(format!(
                "{message}, seen after step {} of {} (timestep {timestep})",
                self.done + 1,
                self.visits.len()
            )),
            other => other,
        })?;
        if let Some(earlier) = back_to {
            let noise = self.noise.draw();
            self.sample = self.schedule.undo_steps(self.sample.clone(), noise, step_index + 1, earlier);
            // What a multistep solver remembers belongs to other samples.
            self.history = History::default();
        }
        let progress = Progress { step_index: self.done, num_steps: self.visits.len(), timestep, previews };
        self.done += 1;
        Ok(Some(Event::Step(progress)))
    }

    /// Takes the sample one step of the schedule further. Returns the picture that the network saw in it.
    fn advance(&mut self, step_index: usize, timestep: f64) -> Tensor<4> {
        let Self { schedule, noise, .. } = self;
        let input = schedule.scale_model_input(self.sample.clone(), step_index);
        let output = self.network.predict(input, timestep);
        self.finite_check = self.finite_check.clone() + output.clone().sum().mul_scalar(0.0);
        let step = schedule.step(&mut self.history, output, step_index, self.sample.clone(), || noise.draw());
        let (sample, next) = (step.prev_sample, step_index + 1);
        let changed = match &self.constraint {
            Constraint::None => None,
            Constraint::Inpainting(inpainting) => Some(inpainting.put_back(schedule, &sample, next, noise)),
            Constraint::SuperResolution(resolution) => resolution.follow(schedule, &sample, next, noise),
        };
        if changed.is_some() {
            schedule.sample_was_changed(&mut self.history);
        }
        self.sample = changed.unwrap_or(sample);
        step.pred_original_sample
    }

    /// Reads the previews of this step and, after the last, the finished pictures: all in one readback.
    async fn read(&mut self, picture: Tensor<4>, next_step: usize) -> Result<Vec<(PreviewKind, Vec<f32>)>> {
        let is_last = self.done + 1 == self.visits.len();
        let is_due = (self.done + 1).is_multiple_of(UNSEEN_STEPS);
        if self.previews.is_empty() && !is_last && !is_due {
            return Ok(Vec::new());
        }
        let mut transaction = Transaction::default().register(self.finite_check.clone());
        for kind in &self.previews {
            let sample = match kind {
                PreviewKind::PredOriginalSample => picture.clone(),
                // Some schedulers' samples are not of unit variance. Scaled, all are shown alike.
                PreviewKind::Sample if next_step < self.schedule.timesteps().len() => {
                    self.schedule.scale_model_input(self.sample.clone(), next_step)
                }
                PreviewKind::Sample => self.sample.clone(),
            };
            transaction = transaction.register(self.codec.preview(sample));
        }
        if is_last {
            transaction = transaction.register(self.codec.decode(self.sample.clone()));
        }
        let mut read = readback::read(transaction).await?.into_iter().skip(1);
        let mut next =
            || read.next().ok_or_else(|| Error::Internal("the device gave back too little".to_owned()));
        let previews = self.previews.iter().map(|kind| Ok((*kind, next()?))).collect::<Result<Vec<_>>>()?;
        if is_last && let Some(pictures) = &mut self.pictures {
            pictures.pixels = next()?;
        }
        Ok(previews)
    }
}
