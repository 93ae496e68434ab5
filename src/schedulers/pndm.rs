//! Liu et al., "Pseudo Numerical Methods for Diffusion Models on Manifolds" (2022). <https://arxiv.org/abs/2202.09778>

use std::sync::Arc;

use burn::tensor::Tensor;

use super::config::{Config, PredictionType, TimestepSpacing};
use super::keys::Keys;
use super::noise_schedule::NoiseSchedule;
use super::numpy::as_f64;
use super::prediction::{epsilon, mix};
use super::solver::{History, Plan, Profile, Solver, Step, StepInput};
use super::spacing;
use crate::error::{Error, Result};

pub const PROFILE: Profile =
    Profile { one_way: Some("whose first steps differ from the others"), ..Profile::new(NAME, read) };
const NAME: &str = "PNDMScheduler";

/// Steps at the start that are Runge-Kutta's: three of four outputs each.
const RUNGE_KUTTA: usize = 12;

#[derive(Debug, PartialEq)]
struct Pndm {
    /// Leave out the Runge-Kutta steps at the start.
    skip_prk_steps: bool,
}

fn read(keys: &Keys) -> Result<(Config, Arc<dyn Solver>)> {
    let defaults =
        Config { timestep_spacing: TimestepSpacing::Leading, set_alpha_to_one: false, ..Config::default() };
    let config = defaults
        .read(keys, &[PredictionType::Epsilon, PredictionType::Velocity])?
        .read_set_alpha_to_one(keys)?;
    Ok((config, Arc::new(Pndm { skip_prk_steps: keys.flag("skip_prk_steps", false)? })))
}

impl Solver for Pndm {
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan> {
        let timesteps = spacing::whole(&noise.config, num_inference_steps)?;
        let mut plan = Plan::new(noise, num_inference_steps, timesteps);
        if self.skip_prk_steps {
            // The second timestep comes twice.
            if let Some(second) = plan.timesteps.get(1).copied() {
                plan.timesteps.insert(1, second);
            }
        } else if num_inference_steps < 4 {
            return Err(Error::InvalidOption(format!(
                "num_inference_steps is {num_inference_steps}; {NAME} needs 4 or more for the Runge-Kutta \
                 steps at its start, which skip_prk_steps would leave out"
            )));
        } else {
            let half = as_f64(plan.interval() / 2);
            let halves = plan.timesteps[..4].windows(2).flat_map(|pair| {
                let middle = pair[1] + half;
                [pair[0], middle, middle, pair[1]]
            });
            plan.timesteps = halves.chain(plan.timesteps[3..].iter().copied()).collect();
        }
        Ok(plan)
    }

    fn step(&self, plan: &Plan, history: &mut History, input: StepInput<'_>) -> Step {
        let StepInput { model_output, step_index, sample, .. } = input;
        let pred_original_sample = plan.picture(model_output.clone(), sample.clone(), step_index);
        let prev_sample = if history.steps < RUNGE_KUTTA && !self.skip_prk_steps {
            runge_kutta(plan, history, model_output, step_index, sample)
        } else {
            linear_multistep(plan, history, model_output, step_index, sample)
        };
        Step { prev_sample, pred_original_sample }
    }
}

/// One of the four evaluations of a classical Runge-Kutta step, all of which start from the first one's sample.
fn runge_kutta(
    plan: &Plan,
    history: &mut History,
    model_output: Tensor<4>,
    step_index: usize,
    sample: Tensor<4>,
) -> Tensor<4> {
    let stage = history.steps % 4;
    let half = plan.interval() / 2;
    let previous = plan.timesteps[step_index] - if stage.is_multiple_of(2) { as_f64(half) } else { 0.0 };
    let sum = history.sum.take();
    let weighted = |weight: f64| {
        let part = model_output.clone().mul_scalar(weight);
        sum.clone().map_or(part.clone(), |sum| sum + part)
    };
    let output = match stage {
        0 => {
            history.sum = Some(weighted(1.0 / 6.0));
            history.keep(model_output.clone(), 4);
            history.sample = Some(sample.clone());
            model_output
        }
        1 | 2 => {
            history.sum = Some(weighted(1.0 / 3.0));
            model_output
        }
        _ => weighted(1.0 / 6.0),
    };
    let from = plan.timesteps[step_index.saturating_sub(stage)];
    let start = history.sample.clone().unwrap_or(sample);
    transfer(plan, start, from, previous, output)
}

/// A step by the last four outputs, or as many as there are. The second step repeats the first with the mean of two.
fn linear_multistep(
    plan: &Plan,
    history: &mut History,
    model_output: Tensor<4>,
    step_index: usize,
    mut sample: Tensor<4>,
) -> Tensor<4> {
    let interval = as_f64(plan.interval());
    let (mut from, mut to) = (plan.timesteps[step_index], plan.timesteps[step_index] - interval);
    let is_second = history.steps == 1;
    if is_second {
        (from, to) = (from + interval, from);
    } else {
        history.keep(model_output.clone(), 4);
    }
    let weights: &[f64] = match (history.outputs.len(), is_second) {
        (1, true) => {
            sample = history.sample.take().unwrap_or(sample);
            &[0.5]
        }
        (1, false) => {
            history.sample = Some(sample.clone());
            &[1.0]
        }
        (2, _) => &[1.5, -0.5],
        (3, _) => &[23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0],
        _ => &[55.0 / 24.0, -59.0 / 24.0, 37.0 / 24.0, -9.0 / 24.0],
    };
    let terms = weights.iter().enumerate().map(|(back, weight)| history.output(back).mul_scalar(*weight));
    let present = is_second.then(|| model_output.clone().mul_scalar(0.5));
    let output = terms.chain(present).reduce(|sum, term| sum + term).unwrap_or(model_output);
    transfer(plan, sample, from, to, output)
}

/// Formula 9: from one timestep to another by the noise of an output.
fn transfer(plan: &Plan, sample: Tensor<4>, from: f64, to: f64, output: Tensor<4>) -> Tensor<4> {
    let (alpha_prod, alpha_prod_prev) = (plan.noise.alpha_prod(from), plan.noise.alpha_prod(to));
    let (beta_prod, beta_prod_prev) = (1.0 - alpha_prod, 1.0 - alpha_prod_prev);
    let (alpha, sigma) = (alpha_prod.sqrt(), beta_prod.sqrt());
    let noise = epsilon(plan.config().prediction_type, output, sample.clone(), alpha, sigma);
    let divisor = alpha_prod * beta_prod_prev.sqrt() + (alpha_prod * beta_prod * alpha_prod_prev).sqrt();
    mix(sample, (alpha_prod_prev / alpha_prod).sqrt(), noise, -(alpha_prod_prev - alpha_prod) / divisor)
}
