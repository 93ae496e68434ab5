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
//! Each scheduler is a file: its name, the keys that it knows, its timesteps, its step. `solver.rs` says what such a
//! file has, `kind.rs` is the table of them, and `ddim.rs` a good one to read first.
//!
//! Source: <https://github.com/huggingface/diffusers/tree/main/src/diffusers/schedulers>.

mod config;
mod ddim;
mod ddpm;
mod dpm_solver;
mod euler;
mod euler_ancestral;
mod keys;
mod kind;
mod lcm;
mod multistep;
mod noise_schedule;
mod numpy;
mod pndm;
mod prediction;
mod schedule;
mod sigmas;
mod solver;
mod spacing;
mod unipc;

use std::sync::Arc;

pub use config::{BetaSchedule, Clip, Config, PredictionType, TimestepSpacing};
pub use kind::SchedulerKind;
pub use noise_schedule::add_noise;
pub use prediction::threshold;
pub use schedule::Schedule;
pub use solver::{History, Step};

use crate::error::{Error, Result};
use keys::{FILE, Keys};
use noise_schedule::NoiseSchedule;
use solver::Solver;

/// A scheduler with the noise schedule of a model.
#[derive(Debug, Clone)]
pub struct Scheduler {
    kind: SchedulerKind,
    solver: Arc<dyn Solver>,
    noise: Arc<NoiseSchedule>,
    warning: Option<String>,
}

impl PartialEq for Scheduler {
    fn eq(&self, other: &Self) -> bool {
        self.noise == other.noise && self.solver.equals(&*other.solver)
    }
}

impl Scheduler {
    /// Reads a `scheduler_config.json` as the class that it names, or as `override_class`, a diffusers name such as
    /// `DDIMScheduler`, as diffusers' `from_config` does.
    ///
    /// # Errors
    /// `unsupported-model` naming the class or value that is not known, and those that are.
    pub fn from_json(config_json: &str, override_class: Option<&str>) -> Result<Self> {
        let keys = Keys::from_json(config_json)?;
        let kind = SchedulerKind::named(override_class.unwrap_or(keys.class_name()))?;
        let (config, solver, warning) = kind.read(&keys)?;
        let noise = Arc::new(NoiseSchedule::new(config, kind.profile().by_sigmas)?);
        Ok(Self { kind, solver, noise, warning })
    }

    /// Which one of diffusers' schedulers it is.
    #[must_use]
    pub fn kind(&self) -> SchedulerKind {
        self.kind
    }

    /// What was passed over in the configuration.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// What the configuration says that all schedulers have in common.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.noise.config
    }

    /// `[num_train_timesteps]`: the noise that each timestep adds, as a share of the variance.
    #[must_use]
    pub fn betas(&self) -> &[f64] {
        &self.noise.betas
    }

    /// `[num_train_timesteps]`: what is left of the picture's variance at each timestep.
    #[must_use]
    pub fn alphas_cumprod(&self) -> &[f64] {
        &self.noise.alphas_cumprod
    }

    /// What is left of the picture's variance at a timestep.
    ///
    /// # Errors
    /// `invalid-option` when there is no such timestep.
    pub fn alpha_cumprod(&self, timestep: usize) -> Result<f64> {
        let alphas = self.alphas_cumprod();
        alphas.get(timestep).copied().ok_or_else(|| {
            Error::InvalidOption(format!(
                "timestep is {timestep}; it must be a whole number from 0 to {}",
                alphas.len() - 1
            ))
        })
    }

    /// `[num_train_timesteps]`: noise levels `sqrt((1 − alphas_cumprod) / alphas_cumprod)`.
    #[must_use]
    pub fn sigmas(&self) -> Vec<f64> {
        self.noise.sigmas()
    }

    /// How many steps a call takes when it does not say.
    #[must_use]
    pub fn default_steps(&self) -> usize {
        self.kind.profile().default_steps.min(self.config().num_train_timesteps)
    }

    /// The timesteps of a call with this many steps.
    ///
    /// # Errors
    /// `invalid-option` when there cannot be that many, `unsupported-model` when its first timestep has
    /// nothing of the picture and the model predicts the noise.
    pub fn schedule(&self, num_inference_steps: usize) -> Result<Schedule> {
        let most = self.config().num_train_timesteps;
        if !(1..=most).contains(&num_inference_steps) {
            return Err(Error::InvalidOption(format!(
                "num_inference_steps is {num_inference_steps}; it must be a whole number from 1 to {most}"
            )));
        }
        self.schedule_of(&self.solver, num_inference_steps)
    }

    /// The timesteps of an edit that goes through a part of the noise, as pipelines of latent consistency models have it: all
    /// steps are within the part. Other schedulers than theirs give the whole schedule, of which an edit leaves out the first
    /// steps; [`Schedule::is_partial`] says which it is.
    ///
    /// # Errors
    /// As [`Self::schedule`].
    pub fn schedule_within(&self, num_inference_steps: usize, strength: f64) -> Result<Schedule> {
        match self.solver.within(strength) {
            Some(solver) => Ok(self.schedule_of(&solver, num_inference_steps)?.partial()),
            None => self.schedule(num_inference_steps),
        }
    }

    fn schedule_of(&self, solver: &Arc<dyn Solver>, num_inference_steps: usize) -> Result<Schedule> {
        let plan = solver.plan(Arc::clone(&self.noise), num_inference_steps)?;
        let starts_blind = plan.timesteps.first().is_some_and(|first| self.noise.alpha_prod(*first) == 0.0);
        if starts_blind && self.config().prediction_type == PredictionType::Epsilon {
            return Err(Error::UnsupportedModel(format!(
                "{FILE}: prediction_type is \"epsilon\", and rescale_betas_zero_snr leaves nothing of the picture at \
                 the first timestep; \"v_prediction\" or timestep_spacing \"leading\" would work"
            )));
        }
        Ok(Schedule::new(self.kind, Arc::clone(solver), plan))
    }
}
