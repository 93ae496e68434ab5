//! Schedulers: which timesteps a picture goes through, and how a step takes noise away.
//!
//! They are those of diffusers, under its names and with its numbers, read from its `scheduler_config.json`:
//! a [`Scheduler`] has a model's tables, its [`Schedule`] the timesteps of one call, and a [`History`] what a run
//! remembers from step to step. Tables are plain f64 vectors; a step multiplies tensors by numbers from them and reads
//! nothing back. Random numbers are the caller's.
//!
//! ```text
//! scheduler_config.json → Scheduler → schedule(num_inference_steps) → Schedule
//! sample = init_noise_sigma · noise
//! for step_index: model(scale_model_input(sample, step_index), timesteps[step_index]) → step → sample
//! ```
//!
//! Source: <https://github.com/huggingface/diffusers/tree/main/src/diffusers/schedulers>.

mod class;
mod config;
mod ddim;
mod ddpm;
mod dpm_solver;
mod euler;
mod euler_ancestral;
mod keys;
mod lcm;
mod pndm;
mod prediction;
mod spacing;
mod tables;
mod unipc;

use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;

pub use class::Class;
pub use config::{
    BetaSchedule, Clip, Config, FinalSigma, PredictionType, SigmaSpacing, SolverType, TimestepSpacing,
    VarianceType,
};
pub use prediction::threshold;

use crate::error::{Error, Result};
use prediction::mix;
use tables::entry;

/// What makes one scheduler differ from another.
trait Solver {
    /// The timesteps of a call, and the noise levels when it goes by them.
    fn plan(&self, scheduler: &Scheduler, num_inference_steps: usize) -> Result<Plan>;

    /// A step. The index is one of the plan's.
    fn step(&self, schedule: &Schedule, history: &mut History, call: Call<'_>) -> Step;
}

/// The timesteps of a call, and one noise level more; or none when the scheduler does not go by them.
struct Plan {
    timesteps: Vec<f64>,
    sigmas: Vec<f64>,
}

/// What a step is given.
struct Call<'a> {
    model_output: Tensor<4>,
    step_index: usize,
    sample: Tensor<4>,
    noise: &'a mut dyn FnMut() -> Tensor<4>,
}

/// A model's noise schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheduler {
    class: Class,
    config: Config,
    betas: Vec<f64>,
    alphas_cumprod: Vec<f64>,
}

impl Scheduler {
    /// Reads a `scheduler_config.json` as the class that it names, or as `override_class`, a diffusers name such as
    /// `DDIMScheduler`: then as diffusers' `from_config` does, passing over what only other classes read.
    ///
    /// # Errors
    /// `unsupported-model` naming the class, key or value that is not known, and those that are.
    pub fn from_json(config_json: &str, override_class: Option<&str>) -> Result<Self> {
        let (class, config) = Config::from_json(config_json, override_class)?;
        let betas = tables::betas(&config);
        let keep_some = config.rescale_betas_zero_snr && class.has_sigmas();
        let alphas_cumprod = tables::alphas_cumprod(&betas, keep_some);
        let nothing_left = alphas_cumprod.iter().position(|alpha| *alpha < f64::from(f32::MIN_POSITIVE));
        if let Some(timestep) = nothing_left
            && !(config.rescale_betas_zero_snr && timestep + 1 == config.num_train_timesteps)
        {
            return Err(Error::UnsupportedModel(format!(
                "scheduler_config.json: the betas leave nothing of the picture from timestep {timestep} of {} on; \
                 smaller ones would work",
                config.num_train_timesteps
            )));
        }
        Ok(Self { class, config, betas, alphas_cumprod })
    }

    /// The class whose steps these are.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// What the configuration says.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// `[num_train_timesteps]`: the noise that each timestep adds, as a share of the variance.
    #[must_use]
    pub fn betas(&self) -> &[f64] {
        &self.betas
    }

    /// `[num_train_timesteps]`: what is left of the picture's variance at each timestep.
    #[must_use]
    pub fn alphas_cumprod(&self) -> &[f64] {
        &self.alphas_cumprod
    }

    /// `[num_train_timesteps]`: noise levels `sqrt((1 − alphas_cumprod) / alphas_cumprod)`.
    #[must_use]
    pub fn sigmas(&self) -> Vec<f64> {
        tables::sigmas(&self.alphas_cumprod)
    }

    /// The forward process at any timestep: `sqrt(alphas_cumprod) · original + sqrt(1 − alphas_cumprod) · noise`,
    /// of unit variance. See [`Schedule::add_noise`] for a sample that a step continues.
    ///
    /// # Errors
    /// `invalid-option` when there is no such timestep.
    pub fn add_noise(&self, original: Tensor<4>, noise: Tensor<4>, timestep: usize) -> Result<Tensor<4>> {
        let Some(alpha) = self.alphas_cumprod.get(timestep) else {
            return Err(Error::InvalidOption(format!(
                "timestep is {timestep}; it must be a whole number from 0 to {}",
                self.alphas_cumprod.len() - 1
            )));
        };
        Ok(mix(original, alpha.sqrt(), noise, (1.0 - alpha).sqrt()))
    }

    /// The timesteps of a call with so many steps.
    ///
    /// # Errors
    /// `invalid-option` when the schedule does not have as many, `unsupported-model` when its first timestep has
    /// nothing of the picture and the model predicts the noise.
    pub fn schedule(&self, num_inference_steps: usize) -> Result<Schedule> {
        let most = self.config.num_train_timesteps;
        if !(1..=most).contains(&num_inference_steps) {
            return Err(Error::InvalidOption(format!(
                "num_inference_steps is {num_inference_steps}; it must be a whole number from 1 to {most}"
            )));
        }
        let Plan { timesteps, sigmas } = self.class.solver().plan(self, num_inference_steps)?;
        let starts_blind = timesteps.first().is_some_and(|first| entry(&self.alphas_cumprod, *first) == 0.0);
        if starts_blind && self.config.prediction_type == PredictionType::Epsilon {
            return Err(Error::UnsupportedModel(
                "scheduler_config.json: prediction_type is \"epsilon\", and rescale_betas_zero_snr leaves nothing of \
                 the picture at the first timestep; \"v_prediction\" or timestep_spacing \"leading\" would work"
                    .to_owned(),
            ));
        }
        let scheduler = Arc::new(self.clone());
        Ok(Schedule { scheduler, num_inference_steps, timesteps, sigmas, eta: 0.0 })
    }
}

/// The timesteps of one call, from noise to picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    scheduler: Arc<Scheduler>,
    num_inference_steps: usize,
    timesteps: Vec<f64>,
    sigmas: Vec<f64>,
    eta: f64,
}

impl Schedule {
    /// The same with noise in each step of DDIM: 0 for none, 1 for as much as DDPM (Song et al., 2020, formula 16).
    ///
    /// # Errors
    /// `invalid-option` when it is out of range or the scheduler is another.
    pub fn with_eta(self, eta: f64) -> Result<Self> {
        if self.scheduler.class != Class::Ddim {
            return Err(Error::InvalidOption(format!(
                "eta is an option of DDIMScheduler, and the scheduler is {}",
                self.scheduler.class.name()
            )));
        }
        if !(0.0..=1.0).contains(&eta) {
            return Err(Error::InvalidOption(format!("eta is {eta}; it must be a number from 0 to 1")));
        }
        Ok(Self { eta, ..self })
    }

    /// Whose it is.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// As it was asked for.
    #[must_use]
    pub fn num_inference_steps(&self) -> usize {
        self.num_inference_steps
    }

    /// What the model is told at each step. PNDM has a few more steps than were asked for.
    #[must_use]
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// Noise levels: one for each step and the one after the last; empty when the scheduler does not go by them.
    #[must_use]
    pub fn sigmas(&self) -> &[f64] {
        &self.sigmas
    }

    /// The standard deviation of the noise that a run begins with.
    #[must_use]
    pub fn init_noise_sigma(&self) -> f64 {
        if !self.scheduler.class.is_variance_exploding() {
            return 1.0;
        }
        let sigma = self.sigmas.iter().copied().fold(0.0, f64::max);
        match self.config().timestep_spacing {
            TimestepSpacing::Leading => sigma.hypot(1.0),
            TimestepSpacing::Trailing | TimestepSpacing::Linspace => sigma,
        }
    }

    /// The sample as the model takes it, of unit variance.
    #[must_use]
    pub fn scale_model_input(&self, sample: Tensor<4>, step_index: usize) -> Tensor<4> {
        if self.scheduler.class.is_variance_exploding() {
            sample.div_scalar(self.sigmas[step_index].hypot(1.0))
        } else {
            sample
        }
    }

    /// Takes `sample` from `timesteps()[step_index]` to the next, and keeps what later steps need in `history`. The
    /// three tensors are `[batch, channels, height, width]`; `noise` gives unit-variance noise of that shape and is
    /// called at most once. A run begins with an empty history, at any step.
    ///
    /// # Panics
    /// When there is no such step.
    pub fn step(
        &self,
        history: &mut History,
        model_output: Tensor<4>,
        step_index: usize,
        sample: Tensor<4>,
        mut noise: impl FnMut() -> Tensor<4>,
    ) -> Step {
        let steps = self.timesteps.len();
        assert!(step_index < steps, "step {step_index} of {steps}");
        let call = Call { model_output, step_index, sample, noise: &mut noise };
        let step = self.scheduler.class.solver().step(self, history, call);
        history.steps += 1;
        step
    }

    /// What a picture looks like on its way at `timesteps()[step_index]`, to go on from there. After the last step, at
    /// `timesteps().len()`, it is the picture itself.
    ///
    /// # Panics
    /// When there is no such step.
    #[must_use]
    pub fn add_noise(&self, original: Tensor<4>, noise: Tensor<4>, step_index: usize) -> Tensor<4> {
        if step_index == self.timesteps.len() {
            return original;
        }
        let (alpha, sigma) = self.scales(step_index);
        mix(original, alpha, noise, sigma)
    }

    /// The way back: what a sample before step `from` may have been like before the earlier step `to`, with as much
    /// unit-variance `noise` in it as that had. The steps between are taken back all at once, which has the same
    /// distribution as one by one (formula 1 of DDPM; Lugmayr et al., "`RePaint`", 2022).
    ///
    /// # Panics
    /// When there is no such step.
    #[must_use]
    pub fn undo_steps(&self, sample: Tensor<4>, noise: Tensor<4>, from: usize, to: usize) -> Tensor<4> {
        let (alpha_to, sigma_to) = self.scales(to);
        let (alpha, sigma) = if from == self.timesteps.len() { (1.0, 0.0) } else { self.scales(from) };
        let kept = alpha_to / alpha;
        let added = (sigma_to * sigma_to - kept * kept * sigma * sigma).max(0.0).sqrt();
        mix(sample, kept, noise, added)
    }

    /// Says that the sample of the last step was changed before the next: UniPC would correct it as if it had not been.
    pub fn sample_was_changed(&self, history: &mut History) {
        if self.scheduler.class == Class::UniPc {
            history.sample = None;
        }
    }

    fn config(&self) -> &Config {
        &self.scheduler.config
    }

    /// How much of the picture and of the noise a sample has at a step.
    fn scales(&self, step_index: usize) -> (f64, f64) {
        if self.sigmas.is_empty() {
            let alpha = self.alpha_prod(self.timesteps[step_index]);
            (alpha.sqrt(), (1.0 - alpha).sqrt())
        } else if self.scheduler.class.is_variance_exploding() {
            (1.0, self.sigmas[step_index])
        } else {
            unit_variance(self.sigmas[step_index])
        }
    }

    /// What is left of the picture's variance; before timestep 0 all of it, unless `set_alpha_to_one` is false.
    fn alpha_prod(&self, timestep: f64) -> f64 {
        if timestep < 0.0 && self.config().set_alpha_to_one {
            1.0
        } else {
            entry(&self.scheduler.alphas_cumprod, timestep)
        }
    }

    /// The picture that a model means whose samples have unit variance, kept in range.
    fn picture(&self, model_output: Tensor<4>, sample: Tensor<4>, (alpha, sigma): (f64, f64)) -> Tensor<4> {
        let config = self.config();
        let picture = prediction::original_sample(config.prediction_type, model_output, sample, alpha, sigma);
        prediction::clipped(picture, config.clip)
    }
}

/// Picture and noise in a sample of unit variance at a noise level.
fn unit_variance(sigma: f64) -> (f64, f64) {
    let alpha = 1.0 / sigma.hypot(1.0);
    (alpha, sigma * alpha)
}

/// What a run remembers from step to step. Empty at first; a copy of it is a way back.
#[derive(Clone, Default)]
pub struct History {
    /// Outputs of earlier steps, the latest last, as the scheduler converts them.
    outputs: Vec<Tensor<4>>,
    /// The sample of an earlier step.
    sample: Option<Tensor<4>>,
    /// A sum of outputs that is not complete.
    sum: Option<Tensor<4>>,
    /// Steps so far.
    steps: usize,
}

impl History {
    /// Keeps an output, and of the earlier ones as many as make `most`.
    fn keep(&mut self, output: Tensor<4>, most: usize) {
        self.outputs.push(output);
        let surplus = self.outputs.len().saturating_sub(most);
        self.outputs.drain(..surplus);
    }

    /// The output `back` steps ago: 0 is the latest.
    fn output(&self, back: usize) -> Tensor<4> {
        self.outputs[self.outputs.len() - 1 - back].clone()
    }
}

impl fmt::Debug for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "History {{ steps: {}, outputs: {} }}", self.steps, self.outputs.len())
    }
}

/// What a step gives.
#[derive(Debug, Clone)]
pub struct Step {
    /// The sample at the next timestep.
    pub prev_sample: Tensor<4>,
    /// The picture that the model sees in the sample, for a preview.
    pub pred_original_sample: Tensor<4>,
}
