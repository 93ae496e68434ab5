//! Song et al., "Denoising Diffusion Implicit Models" (2020). <https://arxiv.org/abs/2010.02502>

use std::sync::Arc;

use super::config::{Clip, Config, PredictionType, TimestepSpacing};
use super::keys::Keys;
use super::noise_schedule::NoiseSchedule;
use super::numpy::as_f64;
use super::prediction::{epsilon, mix};
use super::solver::{History, Plan, Profile, Solver, Step, StepInput};
use super::spacing;
use crate::error::Result;

pub const PROFILE: Profile = Profile { takes_eta: true, ..Profile::new("DDIMScheduler", read) };

#[derive(Debug, PartialEq)]
struct Ddim;

fn read(keys: &Keys) -> Result<(Config, Arc<dyn Solver>)> {
    let defaults = Config {
        timestep_spacing: TimestepSpacing::Leading,
        clip: Clip::Range(1.0),
        set_alpha_to_one: true,
        ..Config::default()
    };
    let config = defaults
        .read(keys, &PredictionType::ALL)?
        .read_clip_sample(keys)?
        .read_thresholding(keys)?
        .read_zero_snr(keys)?
        .read_set_alpha_to_one(keys)?;
    Ok((config, Arc::new(Ddim)))
}

impl Solver for Ddim {
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan> {
        let timesteps = spacing::whole(&noise.config, num_inference_steps)?;
        Ok(Plan::new(noise, num_inference_steps, timesteps))
    }

    /// Formula 12. The step goes a whole interval back, whatever the next timestep is: that is diffusers'.
    fn step(&self, plan: &Plan, _: &mut History, input: StepInput<'_>) -> Step {
        let StepInput { model_output, step_index, sample, eta, noise } = input;
        let timestep = plan.timesteps[step_index];
        let alpha_prod = plan.noise.alpha_prod(timestep);
        let alpha_prod_prev = plan.noise.alpha_prod(timestep - as_f64(plan.interval()));
        let variance =
            (1.0 - alpha_prod_prev) / (1.0 - alpha_prod) * (1.0 - alpha_prod / alpha_prod_prev).max(0.0);
        let deviation = eta * variance.sqrt(); // formula 16

        let (alpha, sigma) = plan.scales(step_index);
        let prediction_type = plan.config().prediction_type;
        let noise_in_sample = epsilon(prediction_type, model_output.clone(), sample.clone(), alpha, sigma);
        let picture = plan.picture(model_output, sample, step_index);
        let direction = (1.0 - alpha_prod_prev - deviation * deviation).max(0.0).sqrt();
        let mut prev_sample = mix(picture.clone(), alpha_prod_prev.sqrt(), noise_in_sample, direction);
        if eta > 0.0 {
            prev_sample = prev_sample + noise().mul_scalar(deviation);
        }
        Step { prev_sample, pred_original_sample: picture }
    }
}
