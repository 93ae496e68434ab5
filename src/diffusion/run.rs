//! A call under way: each step is one evaluation of the network for all pictures, and a step of the schedule.

use std::sync::Arc;

use burn::tensor::{Tensor, Transaction};

use super::Pipeline;
use super::call::{Call, PreviewKind};
use super::codec::Codec;
use super::event::{Event, Pictures, Progress};
use super::guided::{Guided, Prediction, is};
use super::noise::StepNoise;
use super::start::Start;
use super::text::Texts;
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::readback;
use crate::schedulers::{History, Schedule};

/// At most this many steps wait for a GPU when no previews are read. With more, the GPU would go on long after a call was
/// stopped, and events would report steps that are not done yet.
const UNSEEN_STEPS: usize = 8;

/// A call under way.
#[derive(Debug)]
pub struct Run {
    network: Guided,
    codec: Codec,
    schedule: Schedule,
    start: Start,
    done: usize,
    history: History,
    noise: StepNoise,
    previews: Vec<PreviewKind>,
    seed: u64,
    size: [usize; 2],
    texts: Option<Texts>,
    /// Zero as long as all outputs of the network were finite, then NaN. A GPU's `clamp` may hide what is not finite.
    finite_check: Tensor<1>,
    /// What [`Event::Complete`] has. Pixels and samples are empty until then.
    pictures: Option<Pictures>,
}

impl Run {
    pub(super) fn new(pipeline: &Pipeline, call: Call, start: Start) -> Result<Self> {
        let Call { seed, size, schedule, condition, guidance, texts, latents, previews, .. } = call;
        let (shape, device) = (start.sample.dims(), &pipeline.setup.device);
        let first = schedule.timesteps().first().copied().unwrap_or_default();
        let given = condition.rows(0..call.count);
        pipeline.unet.config().check_call(shape, &vec![first; call.count], &given.conditioning())?;
        let is_without = condition.without().is_some() && is(guidance.scale, 0.0);
        let class_labels = condition.class_labels().filter(|_| !is_without).map(<[u32]>::to_vec);
        let network = Guided::new(Arc::clone(&pipeline.unet), condition, guidance, call.rows_at_once);
        let pictures = Pictures { pixels: Vec::new(), latents, samples: Vec::new(), class_labels };
        Ok(Self {
            network: network.with_attentions(call.output_attentions),
            codec: pipeline.codec.clone(),
            schedule,
            start,
            done: 0,
            history: History::default(),
            noise: StepNoise::new(seed, shape, device),
            previews,
            seed,
            size,
            texts,
            finite_check: Tensor::zeros([1], device),
            pictures: Some(pictures),
        })
    }

    /// The same with the noise of its steps given, `[draws, count, channels, height, width]`, instead of drawn from the
    /// seed: to compare a call with another implementation's.
    #[must_use]
    pub fn with_step_noise(self, noise: Vec<f32>) -> Self {
        Self { noise: self.noise.given(noise), ..self }
    }

    /// The same with all launches made anew in each step: to compare them with recorded ones.
    #[must_use]
    pub fn without_recording(mut self) -> Self {
        self.network.stop_recording();
        self
    }

    /// Whether the next step's launches are recorded ones.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.network.is_recorded()
    }

    /// The seed in use: the caller's, or the random one.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Height and width of the pictures.
    #[must_use]
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Height and width of their samples.
    #[must_use]
    pub fn sample_size(&self) -> [usize; 2] {
        let [_, _, height, width] = self.start.sample.dims();
        [height, width]
    }

    /// The words of each prompt, which attentions are given for; nothing for a model without prompts.
    #[must_use]
    pub fn words(&self) -> Vec<Vec<String>> {
        self.texts.as_ref().map(Texts::words).unwrap_or_default()
    }

    /// What was cut off each prompt that was too long.
    #[must_use]
    pub fn truncated(&self) -> Vec<Option<String>> {
        self.texts.as_ref().map(Texts::truncated).unwrap_or_default()
    }

    /// How many steps the call takes: evaluations of the network, two at once with guidance.
    #[must_use]
    pub fn num_steps(&self) -> usize {
        self.start.visits.len()
    }

    /// Takes a step; after the last one, decodes the pictures. `None` after [`Event::Complete`].
    ///
    /// # Errors
    /// `device-lost` when the device fails, `weights-invalid` when a network gives no finite numbers.
    pub async fn step(&mut self) -> Result<Option<Event>> {
        let Some(&Visit { step_index, back_to }) = self.start.visits.get(self.done) else {
            let pictures = self.finish().await.map_err(|error| self.seen_now(error))?;
            return Ok(pictures.map(Event::Complete));
        };
        let timestep = self.schedule.timesteps()[step_index];
        let (picture, attentions) = self.advance(step_index, timestep);
        self.done += 1;
        let read = self.read(picture, attentions, step_index + 1).await;
        let (previews, attentions) = read.map_err(|error| self.seen_now(error))?;
        if let Some(earlier) = back_to {
            let (sample, noise) = (self.start.sample.clone(), self.noise.draw());
            self.start.sample = self.schedule.undo_steps(sample, noise, step_index + 1, earlier);
            // What a multistep solver remembers belongs to other samples.
            self.history = History::default();
        }
        let (step_index, num_steps) = (self.done - 1, self.num_steps());
        Ok(Some(Event::Step(Progress { step_index, num_steps, timestep, previews, attentions })))
    }

    /// The error with the step after which it was seen.
    fn seen_now(&self, error: Error) -> Error {
        match error {
            Error::WeightsInvalid(message) => Error::WeightsInvalid(format!(
                "{message}, seen after step {} of {}",
                self.done,
                self.num_steps()
            )),
            other => other,
        }
    }

    /// Takes the sample one step of the schedule further. Returns the picture that the network saw in it, and what it paid
    /// attention to.
    fn advance(&mut self, step_index: usize, timestep: f64) -> (Tensor<4>, Option<Tensor<4>>) {
        let Self { schedule, noise, start, .. } = self;
        let input = schedule.scale_model_input(start.sample.clone(), step_index);
        let Prediction { output, attentions } = self.network.predict(input, timestep);
        self.finite_check = self.finite_check.clone() + output.clone().sum().mul_scalar(0.0);
        let step =
            schedule.step(&mut self.history, output, step_index, start.sample.clone(), || noise.draw());
        let sample = step.prev_sample;
        let changed = start.constraint.apply(schedule, &sample, step_index + 1, noise);
        if changed.is_some() && start.constraint.is_told() {
            schedule.sample_was_changed(&mut self.history);
        }
        start.sample = changed.unwrap_or(sample);
        (step.pred_original_sample, attentions)
    }

    /// Reads the previews of this step, and the attentions, in one readback.
    async fn read(
        &self,
        picture: Tensor<4>,
        attentions: Option<Tensor<4>>,
        next_step: usize,
    ) -> Result<(Vec<(PreviewKind, Vec<f32>)>, Option<Vec<f32>>)> {
        let is_due = self.done.is_multiple_of(UNSEEN_STEPS);
        if self.previews.is_empty() && attentions.is_none() && !is_due {
            return Ok((Vec::new(), None));
        }
        let mut transaction = Transaction::default().register(self.finite_check.clone());
        for kind in &self.previews {
            let sample = self.start.sample.clone();
            transaction = transaction.register(match kind {
                PreviewKind::PredOriginalSample => picture.clone(),
                // Some schedulers' samples are not of unit variance. Scaled, all are shown alike.
                PreviewKind::Sample if next_step < self.schedule.timesteps().len() => {
                    self.schedule.scale_model_input(sample, next_step)
                }
                PreviewKind::Sample => sample,
            });
        }
        let tokens = attentions.as_ref().map(|maps| maps.dims()[1]);
        if let Some(attentions) = attentions {
            transaction = transaction.register(attentions);
        }
        let mut read = readback::read(transaction).await?.into_iter().skip(1);
        let mut next =
            || read.next().ok_or_else(|| Error::Internal("the device gave back too little".to_owned()));
        let mut previews = Vec::new();
        for kind in &self.previews {
            previews.push((*kind, self.codec.previews(&self.start.sample, next()?).await?));
        }
        let attentions = match (&self.texts, tokens) {
            (Some(texts), Some(tokens)) => {
                Some(texts.attentions_to_words(&next()?, tokens, self.sample_size()))
            }
            _ => None,
        };
        Ok((previews, attentions))
    }

    /// The finished pictures, the first time.
    async fn finish(&mut self) -> Result<Option<Pictures>> {
        let Some(mut pictures) = self.pictures.take() else {
            return Ok(None);
        };
        // The next run may begin before this one is dropped, and records in the same memory.
        self.network.stop_recording();
        let sample = self.start.sample.clone();
        let transaction = Transaction::default().register(self.finite_check.clone()).register(sample.clone());
        pictures.samples = readback::read(transaction).await?.pop().unwrap_or_default();
        pictures.pixels = self.codec.decode(&sample, &pictures.samples).await?;
        if let Some(overlay) = &self.start.overlay {
            overlay.put_over(&mut pictures.pixels);
        }
        Ok(Some(pictures))
    }
}
