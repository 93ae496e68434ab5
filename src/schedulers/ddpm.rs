//! Ho et al., "Denoising Diffusion Probabilistic Models" (2020). <https://arxiv.org/abs/2006.11239>

use super::config::VarianceType;
use super::prediction::mix;
use super::{Call, History, Plan, Schedule, Scheduler, Solver, Step, spacing};
use crate::error::Result;

pub struct Ddpm;

impl Solver for Ddpm {
    fn plan(&self, scheduler: &Scheduler, num_inference_steps: usize) -> Result<Plan> {
        let timesteps = spacing::whole(scheduler.config(), num_inference_steps)?;
        Ok(Plan { timesteps, sigmas: Vec::new() })
    }

    /// Formula 7: the posterior's mean, and noise of its variance in every step but that of timestep 0.
    fn step(&self, schedule: &Schedule, _: &mut History, call: Call<'_>) -> Step {
        let Call { model_output, step_index, sample, noise } = call;
        let timestep = schedule.timesteps[step_index];
        let previous = schedule.timesteps.get(step_index + 1).copied().unwrap_or(-1.0);
        let (alpha_prod, alpha_prod_prev) = (schedule.alpha_prod(timestep), schedule.alpha_prod(previous));
        let (beta_prod, beta_prod_prev) = (1.0 - alpha_prod, 1.0 - alpha_prod_prev);
        let alpha = alpha_prod / alpha_prod_prev;
        let beta = 1.0 - alpha;

        let picture = schedule.picture(model_output, sample.clone(), schedule.scales(step_index));
        let mut prev_sample = mix(
            picture.clone(),
            alpha_prod_prev.sqrt() * beta / beta_prod,
            sample,
            alpha.sqrt() * beta_prod_prev / beta_prod,
        );
        if timestep > 0.0 {
            let variance = match schedule.config().variance_type {
                VarianceType::Small => (beta_prod_prev / beta_prod * beta).max(1e-20),
                VarianceType::Large => beta,
            };
            prev_sample = prev_sample + noise().mul_scalar(variance.sqrt());
        }
        Step { prev_sample, pred_original_sample: picture }
    }
}
