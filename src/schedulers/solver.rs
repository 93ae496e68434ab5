//! What a scheduler is: what each of their files has, and what it is given for a step.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;

use super::config::Config;
use super::keys::Keys;
use super::noise_schedule::NoiseSchedule;
use super::prediction;
use crate::error::Result;

/// Reads a `scheduler_config.json`: what all schedulers have in common, and the scheduler with its own options. It reads
/// every key that the scheduler knows.
pub type Read = fn(&Keys) -> Result<(Config, Arc<dyn Solver>)>;

/// What one scheduler is called, how it is read, and what is peculiar to it. Each file has a constant of this type.
#[derive(Debug)]
pub struct Profile {
    /// diffusers' class.
    pub name: &'static str,
    pub read: Read,
    /// Steps when the caller names no number.
    pub default_steps: usize,
    /// Whether its steps go by noise levels, which must not be infinite.
    pub by_sigmas: bool,
    /// Whether its samples are `picture + sigma · noise`; otherwise they have unit variance at any noise level.
    pub variance_exploding: bool,
    /// Whether a call may set `eta`, the noise in its steps.
    pub takes_eta: bool,
    /// Why no steps can be taken back, if they cannot: words about the scheduler for an error, to follow a comma.
    pub one_way: Option<&'static str>,
}

impl Profile {
    /// A scheduler with nothing peculiar.
    pub const fn new(name: &'static str, read: Read) -> Self {
        Self {
            name,
            read,
            default_steps: 25,
            by_sigmas: false,
            variance_exploding: false,
            takes_eta: false,
            one_way: None,
        }
    }
}

/// A scheduler with its own options.
pub trait Solver: fmt::Debug + Equal + Send + Sync {
    /// The timesteps of a call, and the noise levels when it goes by them.
    ///
    /// # Errors
    /// `invalid-option` when there cannot be that many steps, `unsupported-model` when there can be none.
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan>;

    /// A step. The index is one of the plan's.
    fn step(&self, plan: &Plan, history: &mut History, input: StepInput<'_>) -> Step;

    /// The same for a part of the noise, from `strength` down, if it spreads its steps over that.
    fn within(&self, _strength: f64) -> Option<Arc<dyn Solver>> {
        None
    }

    /// Adapts the history to a sample that was changed after its step.
    fn sample_was_changed(&self, _history: &mut History) {}
}

/// Comparing solvers behind pointers, whose types are not known.
pub trait Equal: Any {
    /// Whether the other one is the same scheduler with the same options.
    fn equals(&self, other: &dyn Any) -> bool;
}

impl<T: Any + PartialEq> Equal for T {
    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

/// The steps of a call, and the tables that they are of.
#[derive(Debug, Clone)]
pub struct Plan {
    pub noise: Arc<NoiseSchedule>,
    /// As many steps as were asked for.
    pub num_inference_steps: usize,
    /// What the model is given at each step.
    pub timesteps: Vec<f64>,
    /// The noise level of each step, and one more; none when the scheduler does not go by them.
    pub sigmas: Vec<f64>,
}

impl Plan {
    /// The steps of a scheduler that does not go by noise levels.
    pub fn new(noise: Arc<NoiseSchedule>, num_inference_steps: usize, timesteps: Vec<f64>) -> Self {
        Self { noise, num_inference_steps, timesteps, sigmas: Vec::new() }
    }

    pub fn config(&self) -> &Config {
        &self.noise.config
    }

    /// Timesteps from a step to the next, rounded down.
    pub fn interval(&self) -> usize {
        self.config().num_train_timesteps / self.num_inference_steps
    }

    /// How much of the picture and of the noise a sample of unit variance has at a step.
    pub fn scales(&self, step_index: usize) -> (f64, f64) {
        if self.sigmas.is_empty() {
            let alpha = self.noise.alpha_prod(self.timesteps[step_index]);
            (alpha.sqrt(), (1.0 - alpha).sqrt())
        } else {
            unit_variance(self.sigmas[step_index])
        }
    }

    /// The picture that a model sees in a sample of unit variance, kept in range.
    pub fn picture(&self, model_output: Tensor<4>, sample: Tensor<4>, step_index: usize) -> Tensor<4> {
        let (config, (alpha, sigma)) = (self.config(), self.scales(step_index));
        let picture = prediction::original_sample(config.prediction_type, model_output, sample, alpha, sigma);
        prediction::clipped(picture, config.clip)
    }
}

/// How much of the picture and of the noise a sample of unit variance has at a noise level.
pub fn unit_variance(sigma: f64) -> (f64, f64) {
    let alpha = 1.0 / sigma.hypot(1.0);
    (alpha, sigma * alpha)
}

/// What a step is given.
pub struct StepInput<'a> {
    pub model_output: Tensor<4>,
    pub step_index: usize,
    pub sample: Tensor<4>,
    /// How much noise a step adds, for a scheduler that [takes](Profile::takes_eta) it.
    pub eta: f64,
    pub noise: &'a mut dyn FnMut() -> Tensor<4>,
}

/// What a step gives.
#[derive(Debug, Clone)]
pub struct Step {
    /// The sample at the next timestep.
    pub prev_sample: Tensor<4>,
    /// The picture that the model sees in the sample, for a preview.
    pub pred_original_sample: Tensor<4>,
}

/// What a run remembers from step to step. Empty at first; a copy of it is a way back.
#[derive(Clone, Default)]
pub struct History {
    /// Outputs of earlier steps, the latest last, as the scheduler converts them.
    pub(super) outputs: Vec<Tensor<4>>,
    /// The sample of an earlier step.
    pub(super) sample: Option<Tensor<4>>,
    /// A sum of outputs that is not complete.
    pub(super) sum: Option<Tensor<4>>,
    /// Steps so far.
    pub(super) steps: usize,
}

impl History {
    /// Keeps an output, and the latest of the earlier ones: `most` in all.
    pub(super) fn keep(&mut self, output: Tensor<4>, most: usize) {
        self.outputs.push(output);
        let surplus = self.outputs.len().saturating_sub(most);
        self.outputs.drain(..surplus);
    }

    /// The output `back` steps ago: 0 is the latest.
    pub(super) fn output(&self, back: usize) -> Tensor<4> {
        self.outputs[self.outputs.len() - 1 - back].clone()
    }
}

impl fmt::Debug for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "History {{ steps: {}, outputs: {} }}", self.steps, self.outputs.len())
    }
}
