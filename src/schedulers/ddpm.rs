//! Ho et al., "Denoising Diffusion Probabilistic Models" (2020). <https://arxiv.org/abs/2006.11239>

use std::sync::Arc;

use super::config::{Clip, Config, PredictionType, TimestepSpacing};
use super::keys::Keys;
use super::noise_schedule::NoiseSchedule;
use super::prediction::mix;
use super::solver::{History, Plan, Profile, Solver, Step, StepInput};
use super::spacing;
use crate::error::Result;

pub const PROFILE: Profile = Profile {
    default_steps: 1000, // as diffusers' `DDPMPipeline`
    ..Profile::new("DDPMScheduler", read)
};

#[derive(Debug, PartialEq)]
struct Ddpm {
    variance_type: VarianceType,
}

/// How much noise a step adds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum VarianceType {
    /// The posterior's variance.
    Small,
    /// The step's beta.
    Large,
}

fn read(keys: &Keys) -> Result<(Config, Arc<dyn Solver>)> {
    let defaults =
        Config { timestep_spacing: TimestepSpacing::Leading, clip: Clip::Range(1.0), ..Config::default() };
    let config = defaults
        .read(keys, &PredictionType::ALL)?
        .read_clip_sample(keys)?
        .read_thresholding(keys)?
        .read_zero_snr(keys)?;
    let variance_type = keys.word(
        "variance_type",
        VarianceType::Small,
        &[
            ("fixed_small", VarianceType::Small),
            ("fixed_small_log", VarianceType::Small),
            ("fixed_large", VarianceType::Large),
            ("fixed_large_log", VarianceType::Large),
        ],
    )?;
    Ok((config, Arc::new(Ddpm { variance_type })))
}

impl Solver for Ddpm {
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan> {
        let timesteps = spacing::whole(&noise.config, num_inference_steps)?;
        Ok(Plan::new(noise, num_inference_steps, timesteps))
    }

    /// Formula 7: the posterior's mean, and noise of its variance in every step but that of timestep 0.
    fn step(&self, plan: &Plan, _: &mut History, input: StepInput<'_>) -> Step {
        let StepInput { model_output, step_index, sample, noise, .. } = input;
        let timestep = plan.timesteps[step_index];
        let previous = plan.timesteps.get(step_index + 1).copied().unwrap_or(-1.0);
        let (alpha_prod, alpha_prod_prev) =
            (plan.noise.alpha_prod(timestep), plan.noise.alpha_prod(previous));
        let (beta_prod, beta_prod_prev) = (1.0 - alpha_prod, 1.0 - alpha_prod_prev);
        let alpha = alpha_prod / alpha_prod_prev;
        let beta = 1.0 - alpha;

        let picture = plan.picture(model_output, sample.clone(), step_index);
        let mut prev_sample = mix(
            picture.clone(),
            alpha_prod_prev.sqrt() * beta / beta_prod,
            sample,
            alpha.sqrt() * beta_prod_prev / beta_prod,
        );
        if timestep > 0.0 {
            let variance = match self.variance_type {
                VarianceType::Small => (beta_prod_prev / beta_prod * beta).max(1e-20),
                VarianceType::Large => beta,
            };
            prev_sample = prev_sample + noise().mul_scalar(variance.sqrt());
        }
        Step { prev_sample, pred_original_sample: picture }
    }
}
