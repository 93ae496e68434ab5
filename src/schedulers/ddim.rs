//! Song et al., "Denoising Diffusion Implicit Models" (2020). <https://arxiv.org/abs/2010.02502>

use super::prediction::{epsilon, mix};
use super::tables::float;
use super::{Call, History, Plan, Schedule, Scheduler, Solver, Step, spacing};
use crate::error::Result;

pub struct Ddim;

impl Solver for Ddim {
    fn plan(&self, scheduler: &Scheduler, num_inference_steps: usize) -> Result<Plan> {
        let timesteps = spacing::whole(scheduler.config(), num_inference_steps)?;
        Ok(Plan { timesteps, sigmas: Vec::new() })
    }

    /// Formula 12. The step goes a whole interval back, whatever the next timestep is: that is diffusers'.
    fn step(&self, schedule: &Schedule, _: &mut History, call: Call<'_>) -> Step {
        let Call { model_output, step_index, sample, noise } = call;
        let config = schedule.config();
        let timestep = schedule.timesteps[step_index];
        let interval = config.num_train_timesteps / schedule.num_inference_steps;
        let alpha_prod = schedule.alpha_prod(timestep);
        let alpha_prod_prev = schedule.alpha_prod(timestep - float(interval));
        let (alpha, sigma) = schedule.scales(step_index);
        let variance =
            (1.0 - alpha_prod_prev) / (1.0 - alpha_prod) * (1.0 - alpha_prod / alpha_prod_prev).max(0.0);
        let deviation = schedule.eta * variance.sqrt();

        let noise_in_sample =
            epsilon(config.prediction_type, model_output.clone(), sample.clone(), alpha, sigma);
        let picture = schedule.picture(model_output, sample, (alpha, sigma));
        let direction = (1.0 - alpha_prod_prev - deviation * deviation).max(0.0).sqrt();
        let mut prev_sample = mix(picture.clone(), alpha_prod_prev.sqrt(), noise_in_sample, direction);
        if schedule.eta > 0.0 {
            prev_sample = prev_sample + noise().mul_scalar(deviation);
        }
        Step { prev_sample, pred_original_sample: picture }
    }
}
