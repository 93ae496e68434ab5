//! Euler's method on noise levels: Karras et al. (2022), algorithm 2 without churn. <https://arxiv.org/abs/2206.00364>

use burn::tensor::Tensor;

use super::config::{FinalSigma, PredictionType, SigmaSpacing};
use super::prediction::mix;
use super::tables::{interpolated, single, spaced_sigmas, timestep_of};
use super::{Call, History, Plan, Schedule, Scheduler, Solver, Step, spacing, unit_variance};
use crate::error::Result;

pub struct Euler;

impl Solver for Euler {
    fn plan(&self, scheduler: &Scheduler, num_inference_steps: usize) -> Result<Plan> {
        let config = scheduler.config();
        let table = scheduler.sigmas();
        let mut timesteps = spacing::fractional(config, num_inference_steps);
        let mut levels: Vec<f64> = timesteps.iter().map(|timestep| interpolated(&table, *timestep)).collect();
        if config.sigma_spacing == SigmaSpacing::Karras {
            levels = spaced_sigmas(config, SigmaSpacing::Karras, &levels, num_inference_steps);
            timesteps = levels.iter().map(|sigma| single(timestep_of(*sigma, &table))).collect();
        }
        if config.continuous_timesteps && config.prediction_type == PredictionType::Velocity {
            timesteps = levels.iter().map(|sigma| single(0.25 * single(single(*sigma).ln()))).collect();
        }
        let last = match config.final_sigmas_type {
            FinalSigma::Zero => 0.0,
            FinalSigma::SigmaMin => table[0],
        };
        Ok(Plan { timesteps, sigmas: levels.into_iter().chain([last]).map(single).collect() })
    }

    fn step(&self, schedule: &Schedule, _: &mut History, call: Call<'_>) -> Step {
        let Call { model_output, step_index, sample, .. } = call;
        let (sigma, next) = (schedule.sigmas[step_index], schedule.sigmas[step_index + 1]);
        let (alpha, noise) = unit_variance(sigma);
        let scaled = sample.clone().mul_scalar(alpha);
        let picture = schedule.picture(model_output, scaled, (alpha, noise));
        let prev_sample = toward(sample, &picture, next / sigma);
        Step { prev_sample, pred_original_sample: picture }
    }
}

/// Euler's step along the line to the picture, until `left` of the noise is left. As a mixture: the sum of the sample
/// and its derivative times a difference of noise levels, which may be large, loses digits.
pub fn toward(sample: Tensor<4>, picture: &Tensor<4>, left: f64) -> Tensor<4> {
    mix(sample, left, picture.clone(), 1.0 - left)
}
