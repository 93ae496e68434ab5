//! The timesteps of one call, and the way from noise to picture along them.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::config::{Config, TimestepSpacing};
use super::kind::SchedulerKind;
use super::prediction::mix;
use super::solver::{History, Plan, Solver, Step, StepInput};
use crate::error::{Error, Result};

/// The timesteps of one call, from noise to picture.
#[derive(Debug, Clone)]
pub struct Schedule {
    kind: SchedulerKind,
    solver: Arc<dyn Solver>,
    plan: Plan,
    eta: f64,
    is_partial: bool,
}

impl Schedule {
    pub(super) fn new(kind: SchedulerKind, solver: Arc<dyn Solver>, plan: Plan) -> Self {
        Self { kind, solver, plan, eta: 0.0, is_partial: false }
    }

    pub(super) fn partial(self) -> Self {
        Self { is_partial: true, ..self }
    }

    /// Whether all steps are within the part of the noise that an edit goes through.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// The same with noise in each step, if the scheduler takes `eta`: 0 for none, 1 for as much as DDPM (Song et al.,
    /// 2020, formula 16).
    ///
    /// # Errors
    /// `invalid-option` when it is out of range or the scheduler does not take it.
    pub fn with_eta(self, eta: f64) -> Result<Self> {
        if !self.kind.profile().takes_eta {
            return Err(Error::InvalidOption(format!(
                "eta is an option of {}, and the scheduler is {}",
                SchedulerKind::names_with_eta(),
                self.kind.name()
            )));
        }
        if !(0.0..=1.0).contains(&eta) {
            return Err(Error::InvalidOption(format!("eta is {eta}; it must be a number from 0 to 1")));
        }
        Ok(Self { eta, ..self })
    }

    /// Which of diffusers' schedulers takes the steps.
    #[must_use]
    pub fn kind(&self) -> SchedulerKind {
        self.kind
    }

    /// The configuration of the scheduler.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.plan.config()
    }

    /// The number of steps that was asked for.
    #[must_use]
    pub fn num_inference_steps(&self) -> usize {
        self.plan.num_inference_steps
    }

    /// What the model is given at each step. There may be a few more than were asked for.
    #[must_use]
    pub fn timesteps(&self) -> &[f64] {
        &self.plan.timesteps
    }

    /// Noise levels: one for each step and the one after the last; empty when the scheduler does not go by them.
    #[must_use]
    pub fn sigmas(&self) -> &[f64] {
        &self.plan.sigmas
    }

    /// The standard deviation of the noise that a run begins with.
    #[must_use]
    pub fn init_noise_sigma(&self) -> f64 {
        if !self.is_variance_exploding() {
            return 1.0;
        }
        let sigma = self.sigmas().iter().copied().fold(0.0, f64::max);
        match self.config().timestep_spacing {
            TimestepSpacing::Leading => sigma.hypot(1.0),
            TimestepSpacing::Trailing | TimestepSpacing::Linspace => sigma,
        }
    }

    /// The sample as the model takes it, of unit variance.
    #[must_use]
    pub fn scale_model_input(&self, sample: Tensor<4>, step_index: usize) -> Tensor<4> {
        if self.is_variance_exploding() {
            sample.div_scalar(self.sigmas()[step_index].hypot(1.0))
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
        let steps = self.timesteps().len();
        assert!(step_index < steps, "step {step_index} of {steps}");
        let input = StepInput { model_output, step_index, sample, eta: self.eta, noise: &mut noise };
        let step = self.solver.step(&self.plan, history, input);
        history.steps += 1;
        step
    }

    /// A picture with the noise of `timesteps()[step_index]`, to continue from there. After the last step, at
    /// `timesteps().len()`, it is the picture itself.
    ///
    /// # Panics
    /// When there is no such step.
    #[must_use]
    pub fn add_noise(&self, original: Tensor<4>, noise: Tensor<4>, step_index: usize) -> Tensor<4> {
        if step_index == self.timesteps().len() {
            return original;
        }
        let (alpha, sigma) = self.scales(step_index);
        mix(original, alpha, noise, sigma)
    }

    /// Why no steps can be taken back, if they cannot: words about the scheduler for an error, to follow a comma.
    #[must_use]
    pub fn one_way(&self) -> Option<&'static str> {
        self.kind.profile().one_way
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
        let (alpha, sigma) = if from == self.timesteps().len() { (1.0, 0.0) } else { self.scales(from) };
        let kept = alpha_to / alpha;
        let added = (sigma_to * sigma_to - kept * kept * sigma * sigma).max(0.0).sqrt();
        mix(sample, kept, noise, added)
    }

    /// Must be called when the sample of the last step was changed: some schedulers look back at it.
    pub fn sample_was_changed(&self, history: &mut History) {
        self.solver.sample_was_changed(history);
    }

    fn is_variance_exploding(&self) -> bool {
        self.kind.profile().variance_exploding
    }

    /// How much of the picture and of the noise a sample has at a step.
    fn scales(&self, step_index: usize) -> (f64, f64) {
        if self.is_variance_exploding() {
            (1.0, self.sigmas()[step_index])
        } else {
            self.plan.scales(step_index)
        }
    }
}
