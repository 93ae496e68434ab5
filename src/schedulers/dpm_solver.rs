//! Lu et al., "DPM-Solver++" (2022), multistep, of the ordinary or the stochastic differential equation.
//! <https://arxiv.org/abs/2211.01095>

use burn::tensor::Tensor;

use super::config::{FinalSigma, SigmaSpacing, SolverType};
use super::prediction::mix;
use super::{BetaSchedule, Call, History, Plan, Schedule, Scheduler, Solver, Step, spacing, unit_variance};
use crate::error::Result;

/// With so many steps or more, `lower_order_final` changes nothing.
const MANY_STEPS: usize = 15;

pub struct DpmSolver;

impl Solver for DpmSolver {
    fn plan(&self, scheduler: &Scheduler, num_inference_steps: usize) -> Result<Plan> {
        let mut plan = spacing::multistep(scheduler, num_inference_steps)?;
        let config = scheduler.config();
        if config.sigma_spacing != SigmaSpacing::Timesteps {
            let is_cosine = config.beta_schedule == BetaSchedule::SquaredCosine;
            for timestep in &mut plan.timesteps {
                *timestep = if is_cosine { timestep.trunc() } else { timestep.round_ties_even() };
            }
        }
        Ok(plan)
    }

    fn step(&self, schedule: &Schedule, history: &mut History, call: Call<'_>) -> Step {
        let Call { model_output, step_index, sample, noise } = call;
        let config = schedule.config();
        let picture = schedule.picture(model_output, sample.clone(), schedule.scales(step_index));
        history.keep(picture.clone(), config.solver_order);

        let level = |back: usize| schedule.sigmas[step_index - back];
        let next = schedule.sigmas[step_index + 1];
        let ((alpha, sigma_next), (_, sigma)) = (unit_variance(next), unit_variance(level(0)));
        // Steps in lambda = log(alpha / sigma) = −log(level): this one, the one before, …
        let h = (level(0) / next).ln();
        let order = order(schedule, history, step_index);
        // The equation with noise takes the picture twice as far.
        let x = if config.stochastic { 2.0 * h } else { h };
        let decay = (-x).exp_m1();
        let shrink = if config.stochastic { (-h).exp() } else { 1.0 };
        let mut prev_sample = mix(sample, sigma_next / sigma * shrink, picture.clone(), -alpha * decay);
        if order > 1 && h > 0.0 {
            let slope = if config.solver_type == SolverType::Midpoint && order == 2 {
                -0.5 * alpha * decay
            } else {
                alpha * (decay / x + 1.0)
            };
            let h0 = (level(1) / level(0)).ln();
            let first = (picture.clone() - history.output(1)).mul_scalar(h / h0);
            prev_sample = prev_sample
                + if order == 2 {
                    first.mul_scalar(slope)
                } else {
                    let h1 = (level(2) / level(1)).ln();
                    let second = (history.output(1) - history.output(2)).mul_scalar(h / h1);
                    // diffusers subtracts the half in the equation with noise.
                    let half = if config.stochastic { -0.5 } else { 0.5 };
                    let curve = alpha * ((-decay - x) / (x * x) + half);
                    curved(first, second, [h0 / h, h1 / h], slope, curve)
                };
        }
        if config.stochastic && next > 0.0 {
            prev_sample = prev_sample + noise().mul_scalar(sigma_next * (-decay).max(0.0).sqrt());
        }
        Step { prev_sample, pred_original_sample: picture }
    }
}

/// The terms of the first and second derivative that two differences over `r` of the step give.
fn curved(first: Tensor<4>, second: Tensor<4>, r: [f64; 2], slope: f64, curve: f64) -> Tensor<4> {
    let change = first.clone() - second;
    let sum = r[0] + r[1];
    mix(first, slope, change, (slope * r[0] + curve) / sum)
}

/// Steps that this one looks at.
fn order(schedule: &Schedule, history: &History, step_index: usize) -> usize {
    let config = schedule.config();
    let left = schedule.timesteps.len() - step_index;
    let few = config.lower_order_final && schedule.timesteps.len() < MANY_STEPS;
    let last_alone = config.euler_at_final || few || config.final_sigmas_type == FinalSigma::Zero;
    let most = match left {
        1 if last_alone => 1,
        2 if few => 2,
        _ => config.solver_order,
    };
    // Rounding may put two steps at one noise level, and then there is nothing to learn from the difference.
    let apart = (0..=step_index)
        .rev()
        .take_while(|&index| index == step_index || schedule.sigmas[index] > schedule.sigmas[index + 1]);
    most.min(history.outputs.len()).min(apart.count())
}
