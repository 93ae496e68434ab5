//! Luo et al., "Latent Consistency Models" (2023): few steps, each to the picture and back.
//! <https://arxiv.org/abs/2310.04378>

use std::sync::Arc;

use super::config::{BetaSchedule, Config, PredictionType, TimestepSpacing};
use super::keys::Keys;
use super::noise_schedule::NoiseSchedule;
use super::numpy::{as_f64, linspace};
use super::prediction::mix;
use super::solver::{History, Plan, Profile, Solver, Step, StepInput};
use crate::error::{Error, Result};

pub const PROFILE: Profile = Profile::new(NAME, read);
const NAME: &str = "LCMScheduler";

/// The standard deviation of the data that the boundary condition assumes.
const SIGMA_DATA: f64 = 0.5;

#[derive(Debug, PartialEq)]
struct Lcm {
    /// Steps of the solver that the model was distilled from.
    original_inference_steps: usize,
    /// The first so many of them are taken.
    taken: usize,
    /// Timesteps are multiplied by this in the boundary condition.
    timestep_scaling: f64,
}

fn read(keys: &Keys) -> Result<(Config, Arc<dyn Solver>)> {
    let defaults = Config {
        beta_start: 0.00085,
        beta_end: 0.012,
        beta_schedule: BetaSchedule::ScaledLinear,
        timestep_spacing: TimestepSpacing::Leading,
        set_alpha_to_one: true,
        ..Config::default()
    };
    let config = defaults
        .read(keys, &PredictionType::ALL)?
        .read_clip_sample(keys)?
        .read_thresholding(keys)?
        .read_zero_snr(keys)?
        .read_set_alpha_to_one(keys)?;
    let steps = 1..=config.num_train_timesteps;
    let original_inference_steps = keys.whole("original_inference_steps", 50, steps)?;
    let solver = Lcm {
        original_inference_steps,
        taken: original_inference_steps,
        timestep_scaling: keys.number("timestep_scaling", 10.0, 1e-3..=1e6)?,
    };
    Ok((config, Arc::new(solver)))
}

impl Solver for Lcm {
    /// Of the timesteps of the solver that the model was distilled from, evenly many, from the last one down.
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan> {
        let Self { original_inference_steps: original, taken, .. } = *self;
        if num_inference_steps > taken {
            let why = if taken < original { " and strength" } else { "" };
            return Err(Error::InvalidOption(format!(
                "num_inference_steps is {num_inference_steps}; with {NAME} and this model's \
                 original_inference_steps{why} it must be a whole number from 1 to {taken}"
            )));
        }
        let interval = noise.config.num_train_timesteps / original;
        // NumPy's linspace without its end.
        let mut indices = linspace(0.0, as_f64(taken), num_inference_steps + 1);
        indices.pop();
        let timesteps = indices
            .into_iter()
            .map(|index| (as_f64(taken) - index.floor()) * as_f64(interval) - 1.0)
            .collect();
        Ok(Plan::new(noise, num_inference_steps, timesteps))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most as many steps
    fn within(&self, strength: f64) -> Option<Arc<dyn Solver>> {
        let Self { original_inference_steps, timestep_scaling, .. } = *self;
        let taken = (as_f64(original_inference_steps) * strength.clamp(0.0, 1.0)) as usize;
        Some(Arc::new(Self { original_inference_steps, taken, timestep_scaling }))
    }

    fn step(&self, plan: &Plan, _: &mut History, input: StepInput<'_>) -> Step {
        let StepInput { model_output, step_index, sample, noise, .. } = input;
        let scaled = plan.timesteps[step_index] * self.timestep_scaling;
        let norm = scaled.hypot(SIGMA_DATA);
        let (skip, out) = ((SIGMA_DATA / norm).powi(2), scaled / norm);
        let picture = plan.picture(model_output, sample.clone(), step_index);
        let denoised = mix(picture, out, sample, skip);
        let prev_sample = if step_index + 1 < plan.timesteps.len() {
            let (alpha, sigma) = plan.scales(step_index + 1);
            mix(denoised.clone(), alpha, noise(), sigma)
        } else {
            denoised.clone()
        };
        Step { prev_sample, pred_original_sample: denoised }
    }
}
