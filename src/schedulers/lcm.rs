//! Luo et al., "Latent Consistency Models" (2023): few steps, each to the picture and back.
//! <https://arxiv.org/abs/2310.04378>

use super::prediction::mix;
use super::tables::{float, linspace};
use super::{Call, History, Plan, Schedule, Scheduler, Solver, Step};
use crate::error::{Error, Result};

/// The standard deviation of the data that the boundary condition assumes.
const SIGMA_DATA: f64 = 0.5;

pub struct Lcm;

impl Solver for Lcm {
    /// Of the timesteps of the solver that the model was distilled from, evenly many, from the last one down.
    fn plan(&self, scheduler: &Scheduler, num_inference_steps: usize) -> Result<Plan> {
        let config = scheduler.config();
        let original = config.original_inference_steps;
        if num_inference_steps > original {
            return Err(Error::InvalidOption(format!(
                "num_inference_steps is {num_inference_steps}; with LCMScheduler and this model's \
                 original_inference_steps it must be a whole number from 1 to {original}"
            )));
        }
        let interval = config.num_train_timesteps / original;
        // NumPy's linspace without its end.
        let mut places = linspace(0.0, float(original), num_inference_steps + 1);
        places.pop();
        let timesteps = places
            .into_iter()
            .map(|place| (float(original) - place.floor()) * float(interval) - 1.0)
            .collect();
        Ok(Plan { timesteps, sigmas: Vec::new() })
    }

    fn step(&self, schedule: &Schedule, _: &mut History, call: Call<'_>) -> Step {
        let Call { model_output, step_index, sample, noise } = call;
        let scaled = schedule.timesteps[step_index] * schedule.config().timestep_scaling;
        let norm = scaled.hypot(SIGMA_DATA);
        let (skip, out) = ((SIGMA_DATA / norm).powi(2), scaled / norm);
        let picture = schedule.picture(model_output, sample.clone(), schedule.scales(step_index));
        let denoised = mix(picture, out, sample, skip);
        let prev_sample = match schedule.timesteps.get(step_index + 1) {
            Some(_) => schedule.add_noise(denoised.clone(), noise(), step_index + 1),
            None => denoised.clone(),
        };
        Step { prev_sample, pred_original_sample: denoised }
    }
}
