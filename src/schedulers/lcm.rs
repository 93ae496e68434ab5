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
    let solver = Lcm {
        original_inference_steps: keys.whole("original_inference_steps", 50, steps)?,
        timestep_scaling: keys.number("timestep_scaling", 10.0, 1e-3..=1e6)?,
    };
    Ok((config, Arc::new(solver)))
}

impl Solver for Lcm {
    /// Of the timesteps of the solver that the model was distilled from, evenly many, from the last one down.
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan> {
        let original = self.original_inference_steps;
        if num_inference_steps > original {
            return Err(Error::InvalidOption(format!(
                "num_inference_steps is {num_inference_steps}; with {NAME} and this model's \
                 original_inference_steps it must be a whole number from 1 to {original}"
            )));
        }
        let interval = noise.config.num_train_timesteps / original;
        // NumPy's linspace without its end.
        let mut indices = linspace(0.0, as_f64(original), num_inference_steps + 1);
        indices.pop();
        let timesteps = indices
            .into_iter()
            .map(|index| (as_f64(original) - index.floor()) * as_f64(interval) - 1.0)
            .collect();
        Ok(Plan::new(noise, num_inference_steps, timesteps))
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
