//! Euler's method with noise: each step goes further down than the next noise level, and noise brings it back up.
//!
//! Source: `sample_euler_ancestral` of <https://github.com/crowsonkb/k-diffusion>.

use super::euler::toward;
use super::tables::{interpolated, single};
use super::{Call, History, Plan, Schedule, Scheduler, Solver, Step, spacing, unit_variance};
use crate::error::Result;

pub struct EulerAncestral;

impl Solver for EulerAncestral {
    fn plan(&self, scheduler: &Scheduler, num_inference_steps: usize) -> Result<Plan> {
        let table = scheduler.sigmas();
        let timesteps = spacing::fractional(scheduler.config(), num_inference_steps);
        let levels = timesteps.iter().map(|timestep| single(interpolated(&table, *timestep)));
        let sigmas = levels.chain([0.0]).collect();
        Ok(Plan { timesteps, sigmas })
    }

    fn step(&self, schedule: &Schedule, _: &mut History, call: Call<'_>) -> Step {
        let Call { model_output, step_index, sample, noise } = call;
        let (sigma, next) = (schedule.sigmas[step_index], schedule.sigmas[step_index + 1]);
        let share = (next / sigma).powi(2);
        let up = next * (1.0 - share).max(0.0).sqrt();
        let down = share; // sqrt(next² − up²) / sigma
        let (alpha, unit_sigma) = unit_variance(sigma);
        let scaled = sample.clone().mul_scalar(alpha);
        let picture = schedule.picture(model_output, scaled, (alpha, unit_sigma));
        let mut prev_sample = toward(sample, &picture, down);
        if up > 0.0 {
            prev_sample = prev_sample + noise().mul_scalar(up);
        }
        Step { prev_sample, pred_original_sample: picture }
    }
}
