//! Euler's method with noise: each step goes further down than the next noise level, and noise brings it back up.
//!
//! Source: `sample_euler_ancestral` of <https://github.com/crowsonkb/k-diffusion>.

use std::sync::Arc;

use super::config::{Config, PredictionType, TimestepSpacing};
use super::keys::Keys;
use super::noise_schedule::NoiseSchedule;
use super::numpy::{interpolated, single};
use super::prediction::toward;
use super::solver::{History, Plan, Profile, Solver, Step, StepInput};
use super::spacing;
use crate::error::Result;

pub const PROFILE: Profile = Profile {
    by_sigmas: true,
    variance_exploding: true,
    ..Profile::new("EulerAncestralDiscreteScheduler", read)
};

#[derive(Debug, PartialEq)]
struct EulerAncestral;

fn read(keys: &Keys) -> Result<(Config, Arc<dyn Solver>)> {
    let defaults = Config { timestep_spacing: TimestepSpacing::Linspace, ..Config::default() };
    let config =
        defaults.read(keys, &[PredictionType::Epsilon, PredictionType::Velocity])?.read_zero_snr(keys)?;
    Ok((config, Arc::new(EulerAncestral)))
}

impl Solver for EulerAncestral {
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan> {
        let table = noise.sigmas();
        let timesteps = spacing::fractional(&noise.config, num_inference_steps);
        let levels = timesteps.iter().map(|timestep| single(interpolated(&table, *timestep)));
        let sigmas = levels.chain([0.0]).collect();
        Ok(Plan { sigmas, ..Plan::new(noise, num_inference_steps, timesteps) })
    }

    fn step(&self, plan: &Plan, _: &mut History, input: StepInput<'_>) -> Step {
        let StepInput { model_output, step_index, sample, noise, .. } = input;
        let (sigma, next) = (plan.sigmas[step_index], plan.sigmas[step_index + 1]);
        let share = (next / sigma).powi(2);
        let up = next * (1.0 - share).max(0.0).sqrt();
        let down = share; // sqrt(next² − up²) / sigma
        let (alpha, _) = plan.scales(step_index);
        let picture = plan.picture(model_output, sample.clone().mul_scalar(alpha), step_index);
        let mut prev_sample = toward(sample, &picture, down);
        if up > 0.0 {
            prev_sample = prev_sample + noise().mul_scalar(up);
        }
        Step { prev_sample, pred_original_sample: picture }
    }
}
