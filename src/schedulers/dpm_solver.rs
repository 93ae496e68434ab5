//! Lu et al., "DPM-Solver++" (2022), multistep, of the ordinary or the stochastic differential equation.
//! <https://arxiv.org/abs/2211.01095>

use std::sync::Arc;

use burn::tensor::Tensor;

use super::config::{BetaSchedule, Config, PredictionType, TimestepSpacing};
use super::keys::{FILE, Keys};
use super::multistep;
use super::noise_schedule::NoiseSchedule;
use super::numpy::single;
use super::prediction::mix;
use super::sigmas::{FinalSigma, SigmaSpacing, Sigmas};
use super::solver::{History, Plan, Profile, Solver, Step, StepInput, unit_variance};
use crate::error::{Error, Result};

pub const PROFILE: Profile = Profile { by_sigmas: true, ..Profile::new("DPMSolverMultistepScheduler", read) };

/// With this many steps or more, `lower_order_final` changes nothing.
const MANY_STEPS: usize = 15;

#[derive(Debug, PartialEq)]
struct DpmSolver {
    sigmas: Sigmas,
    /// How many steps a step uses, the present one included.
    solver_order: usize,
    solver_type: SolverType,
    /// `algorithm_type`: of the stochastic differential equation, where each step adds noise.
    stochastic: bool,
    /// The last steps use fewer.
    lower_order_final: bool,
    /// The last step uses only the present one.
    euler_at_final: bool,
    /// Timesteps with a smaller logarithm of alpha / sigma are not visited.
    lambda_min_clipped: f64,
}

/// The formula for two steps.
#[derive(Debug, Clone, Copy, PartialEq)]
enum SolverType {
    Midpoint,
    Heun,
}

fn read(keys: &Keys) -> Result<(Config, Arc<dyn Solver>)> {
    let defaults = Config { timestep_spacing: TimestepSpacing::Linspace, ..Config::default() };
    let config = defaults.read(keys, &PredictionType::ALL)?.read_thresholding(keys)?.read_zero_snr(keys)?;
    let mut sigmas = Sigmas::read(keys)?;
    // diffusers looks at `use_karras_sigmas` first.
    if keys.flag("use_lu_lambdas", false)? && sigmas.spacing == SigmaSpacing::Timesteps {
        sigmas.spacing = SigmaSpacing::Lu;
    }
    let solver = DpmSolver {
        sigmas,
        solver_order: keys.whole("solver_order", 2, 1..=3)?,
        solver_type: keys.word(
            "solver_type",
            SolverType::Midpoint,
            &[
                ("midpoint", SolverType::Midpoint),
                ("heun", SolverType::Heun),
                // As diffusers does with the names that other solvers have.
                ("bh1", SolverType::Midpoint),
                ("bh2", SolverType::Midpoint),
                ("logrho", SolverType::Midpoint),
            ],
        )?,
        stochastic: keys.word(
            "algorithm_type",
            false,
            &[("dpmsolver++", false), ("sde-dpmsolver++", true), ("deis", false)],
        )?,
        lower_order_final: keys.flag("lower_order_final", true)?,
        euler_at_final: keys.flag("euler_at_final", false)?,
        lambda_min_clipped: keys
            .parsed("lambda_min_clipped", "a number or -Infinity", |value| match value.as_str() {
                Some("-Infinity") => Some(f64::NEG_INFINITY),
                _ => value.as_f64(),
            })?
            .unwrap_or(f64::NEG_INFINITY),
    };
    // Steps use no variance. But a model that predicts one (`learned`) has channels for it, which are not split off here.
    let fixed = ["fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log"];
    keys.word("variance_type", (), &fixed.map(|word| (word, ())))?;
    multistep::refuse_flow_matching(keys)?;
    Ok((config, Arc::new(solver)))
}

impl Solver for DpmSolver {
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan> {
        let end = match self.sigmas.spacing {
            SigmaSpacing::Timesteps => self.unclipped(&noise)?,
            _ => noise.config.num_train_timesteps,
        };
        let round = match noise.config.beta_schedule {
            BetaSchedule::SquaredCosine => f64::trunc,
            _ => f64::round_ties_even,
        };
        multistep::plan(noise, num_inference_steps, &self.sigmas, end, round)
    }

    fn step(&self, plan: &Plan, history: &mut History, input: StepInput<'_>) -> Step {
        let StepInput { model_output, step_index, sample, noise, .. } = input;
        let picture = plan.picture(model_output, sample.clone(), step_index);
        history.keep(picture.clone(), self.solver_order);

        let level = |back: usize| plan.sigmas[step_index - back];
        let next = plan.sigmas[step_index + 1];
        let ((alpha, sigma_next), (_, sigma)) = (unit_variance(next), unit_variance(level(0)));
        // Steps in lambda = log(alpha / sigma) = −log(level): this one, the one before, …
        let h = (level(0) / next).ln();
        let order = self.order(plan, history, step_index);
        // The equation with noise takes the picture twice as far.
        let x = if self.stochastic { 2.0 * h } else { h };
        let decay = (-x).exp_m1();
        let shrink = if self.stochastic { (-h).exp() } else { 1.0 };
        let mut prev_sample = mix(sample, sigma_next / sigma * shrink, picture.clone(), -alpha * decay);
        if order > 1 && h > 0.0 {
            let slope = if self.solver_type == SolverType::Midpoint && order == 2 {
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
                    let half = if self.stochastic { -0.5 } else { 0.5 };
                    let curve = alpha * ((-decay - x) / (x * x) + half);
                    curved(first, second, [h0 / h, h1 / h], slope, curve)
                };
        }
        if self.stochastic && next > 0.0 {
            prev_sample = prev_sample + noise().mul_scalar(sigma_next * (-decay).max(0.0).sqrt());
        }
        Step { prev_sample, pred_original_sample: picture }
    }
}

impl DpmSolver {
    /// The first timestep that `lambda_min_clipped` leaves out, or where the table ends.
    fn unclipped(&self, noise: &NoiseSchedule) -> Result<usize> {
        // lambda falls from timestep to timestep, so those that are left out are the last ones.
        let lambda = |alpha: f64| {
            single(single(single(alpha.sqrt()).ln()) - single(single(single(1.0 - alpha).sqrt()).ln()))
        };
        match noise.alphas_cumprod.partition_point(|&alpha| lambda(alpha) >= self.lambda_min_clipped) {
            0 => Err(Error::UnsupportedModel(format!(
                "{FILE}: lambda_min_clipped is {}, which leaves no timestep",
                self.lambda_min_clipped
            ))),
            end => Ok(end),
        }
    }

    /// How many steps this one uses.
    fn order(&self, plan: &Plan, history: &History, step_index: usize) -> usize {
        let left = plan.timesteps.len() - step_index;
        let few = self.lower_order_final && plan.timesteps.len() < MANY_STEPS;
        let last_alone = self.euler_at_final || few || self.sigmas.final_sigmas_type == FinalSigma::Zero;
        let most = match left {
            1 if last_alone => 1,
            2 if few => 2,
            _ => self.solver_order,
        };
        // Rounding may put two steps at one noise level, and then there is nothing to learn from the difference.
        let apart = (0..=step_index)
            .rev()
            .take_while(|&index| index == step_index || plan.sigmas[index] > plan.sigmas[index + 1]);
        most.min(history.outputs.len()).min(apart.count())
    }
}

/// The terms of the first and second derivative that two differences over `r` of the step give.
fn curved(first: Tensor<4>, second: Tensor<4>, r: [f64; 2], slope: f64, curve: f64) -> Tensor<4> {
    let change = first.clone() - second;
    let sum = r[0] + r[1];
    mix(first, slope, change, (slope * r[0] + curve) / sum)
}
