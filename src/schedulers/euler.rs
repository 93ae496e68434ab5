//! Euler's method on noise levels: Karras et al. (2022), algorithm 2 without churn. <https://arxiv.org/abs/2206.00364>

use std::sync::Arc;

use super::config::{Config, PredictionType, TimestepSpacing};
use super::keys::Keys;
use super::noise_schedule::NoiseSchedule;
use super::numpy::{interpolated, single};
use super::prediction::toward;
use super::sigmas::{SigmaSpacing, Sigmas, timestep_of};
use super::solver::{History, Plan, Profile, Solver, Step, StepInput};
use super::spacing;
use crate::error::Result;

pub const PROFILE: Profile =
    Profile { by_sigmas: true, variance_exploding: true, ..Profile::new("EulerDiscreteScheduler", read) };

#[derive(Debug, PartialEq)]
struct Euler {
    sigmas: Sigmas,
    /// `timestep_type`: a model of velocities is given a quarter of the noise level's logarithm instead of a timestep.
    continuous: bool,
}

fn read(keys: &Keys) -> Result<(Config, Arc<dyn Solver>)> {
    let defaults = Config { timestep_spacing: TimestepSpacing::Linspace, ..Config::default() };
    let config = defaults.read(keys, &PredictionType::ALL)?.read_zero_snr(keys)?;
    let sigmas = Sigmas::read(keys)?;
    let continuous = keys.word("timestep_type", false, &[("discrete", false), ("continuous", true)])?;
    keys.only("interpolation_type", "linear")?;
    Ok((config, Arc::new(Euler { sigmas, continuous })))
}

impl Solver for Euler {
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan> {
        let (config, table) = (&noise.config, noise.sigmas());
        let mut timesteps = spacing::fractional(config, num_inference_steps);
        let mut levels: Vec<f64> = timesteps.iter().map(|timestep| interpolated(&table, *timestep)).collect();
        if self.sigmas.spacing == SigmaSpacing::Karras {
            levels = self.sigmas.spaced(&levels, num_inference_steps);
            timesteps = levels.iter().map(|sigma| single(timestep_of(*sigma, &table))).collect();
        }
        if self.continuous && config.prediction_type == PredictionType::Velocity {
            timesteps = levels.iter().map(|sigma| single(0.25 * single(single(*sigma).ln()))).collect();
        }
        let sigmas = self.sigmas.with_final(levels, &table);
        Ok(Plan { sigmas, ..Plan::new(noise, num_inference_steps, timesteps) })
    }

    fn step(&self, plan: &Plan, _: &mut History, input: StepInput<'_>) -> Step {
        let StepInput { model_output, step_index, sample, .. } = input;
        let (sigma, next) = (plan.sigmas[step_index], plan.sigmas[step_index + 1]);
        let (alpha, _) = plan.scales(step_index);
        let picture = plan.picture(model_output, sample.clone().mul_scalar(alpha), step_index);
        let prev_sample = toward(sample, &picture, next / sigma);
        Step { prev_sample, pred_original_sample: picture }
    }
}
