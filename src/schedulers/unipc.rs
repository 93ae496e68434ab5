//! Zhao et al., "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models" (2023), of the
//! predicted picture. <https://arxiv.org/abs/2302.04867>

use std::sync::Arc;

use burn::tensor::Tensor;
use serde_json::Value;

use super::config::{Config, PredictionType, TimestepSpacing};
use super::keys::Keys;
use super::multistep;
use super::noise_schedule::NoiseSchedule;
use super::numpy::as_f64;
use super::prediction::mix;
use super::sigmas::{SigmaSpacing, Sigmas};
use super::solver::{History, Plan, Profile, Solver, Step, StepInput, unit_variance};
use crate::error::Result;

pub const PROFILE: Profile = Profile { by_sigmas: true, ..Profile::new("UniPCMultistepScheduler", read) };

#[derive(Debug, PartialEq)]
struct UniPc {
    sigmas: Sigmas,
    /// How many steps a step uses, the present one included.
    solver_order: usize,
    solver_type: SolverType,
    /// The last steps use fewer.
    lower_order_final: bool,
    /// Steps whose sample is not corrected by the next one's prediction.
    disable_corrector: Vec<usize>,
}

/// The function `B(h)` of the step `h`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum SolverType {
    /// `h`
    Bh1,
    /// `e^h − 1`
    Bh2,
}

fn read(keys: &Keys) -> Result<(Config, Arc<dyn Solver>)> {
    let defaults = Config { timestep_spacing: TimestepSpacing::Linspace, ..Config::default() };
    let config = defaults.read(keys, &PredictionType::ALL)?.read_thresholding(keys)?.read_zero_snr(keys)?;
    let solver = UniPc {
        sigmas: Sigmas::read(keys)?,
        solver_order: keys.whole("solver_order", 2, 1..=3)?,
        solver_type: keys.word(
            "solver_type",
            SolverType::Bh2,
            &[
                ("bh2", SolverType::Bh2),
                ("bh1", SolverType::Bh1),
                // As diffusers does with the names that other solvers have.
                ("midpoint", SolverType::Bh2),
                ("heun", SolverType::Bh2),
                ("logrho", SolverType::Bh2),
            ],
        )?,
        lower_order_final: keys.flag("lower_order_final", true)?,
        disable_corrector: keys
            .parsed("disable_corrector", "a list of steps", |value| {
                let steps = value.as_array()?.iter();
                steps.map(|step| usize::try_from(step.as_u64()?).ok()).collect()
            })?
            .unwrap_or_default(),
    };
    keys.only("predict_x0", true)?;
    keys.only("solver_p", Value::Null)?;
    keys.only("shift_terminal", Value::Null)?;
    multistep::refuse_flow_matching(keys)?;
    Ok((config, Arc::new(solver)))
}

impl Solver for UniPc {
    fn plan(&self, noise: Arc<NoiseSchedule>, num_inference_steps: usize) -> Result<Plan> {
        let end = noise.config.num_train_timesteps;
        let mut plan = multistep::plan(noise, num_inference_steps, &self.sigmas, end, f64::round_ties_even)?;
        // diffusers ends at Karras' last level then, not at the model's.
        if self.sigmas.spacing == SigmaSpacing::Karras
            && let [.., before, last] = plan.sigmas.as_mut_slice()
            && *last > 0.0
        {
            *last = *before;
        }
        Ok(plan)
    }

    fn step(&self, plan: &Plan, history: &mut History, input: StepInput<'_>) -> Step {
        let StepInput { model_output, step_index, mut sample, .. } = input;
        let picture = plan.picture(model_output, sample.clone(), step_index);
        let start = history.sample.take();
        if let (Some(start), Some(before)) = (start, step_index.checked_sub(1))
            && !self.disable_corrector.contains(&before)
        {
            let order = self.order(plan, history.steps - 1, before);
            if let Some(corrected) = self.update(plan, history, start, before, order, Some(&picture)) {
                sample = corrected;
            }
        }
        history.keep(picture.clone(), self.solver_order);
        history.sample = Some(sample.clone());
        let order = self.order(plan, history.steps, step_index);
        let predicted = self.update(plan, history, sample.clone(), step_index, order, None);
        Step { prev_sample: predicted.unwrap_or(sample), pred_original_sample: picture }
    }

    /// The next step would correct the sample as it was.
    fn sample_was_changed(&self, history: &mut History) {
        history.sample = None;
    }
}

impl UniPc {
    /// How many steps a step uses, when there were `earlier` ones.
    fn order(&self, plan: &Plan, earlier: usize, step_index: usize) -> usize {
        let left = plan.timesteps.len() - step_index;
        let ends = plan.sigmas[step_index + 1] == 0.0; // from where no difference can be taken
        let most = match self.lower_order_final {
            _ if ends => 1,
            true => self.solver_order.min(left),
            false => self.solver_order,
        };
        most.min(earlier + 1).min(step_index + 1)
    }

    /// The sample after the step from `start`: predicted from the pictures so far, of which the latest is the step's
    /// own, or corrected by the picture `seen` at its end. Nothing when it does not move.
    fn update(
        &self,
        plan: &Plan,
        history: &History,
        start: Tensor<4>,
        step_index: usize,
        order: usize,
        seen: Option<&Tensor<4>>,
    ) -> Option<Tensor<4>> {
        let (level, next) = (plan.sigmas[step_index], plan.sigmas[step_index + 1]);
        let ((alpha, sigma_next), (_, sigma)) = (unit_variance(next), unit_variance(level));
        let h = (level / next).ln();
        if h == 0.0 {
            return None;
        }
        // Where earlier steps lie, in steps: −1 is as far back as the step goes forward.
        let mut nodes: Vec<f64> =
            (1..order).map(|back| (level / plan.sigmas[step_index - back]).ln() / h).collect();
        if nodes.contains(&0.0) {
            nodes.clear();
        }
        let picture = history.output(0);
        let decay = (-h).exp_m1();
        let b_h = match self.solver_type {
            SolverType::Bh1 => -h,
            SolverType::Bh2 => decay,
        };
        let straight = mix(start, sigma_next / sigma, picture.clone(), -alpha * decay);
        let outputs = (0..nodes.len()).map(|back| history.output(back + 1)).chain(seen.cloned());
        nodes.extend(seen.map(|_| 1.0));
        let weights = if nodes.len() == 1 { vec![0.5] } else { weights(&nodes, h, b_h) };
        let curved = outputs.zip(nodes).zip(weights).fold(straight, |sum, ((output, node), weight)| {
            sum - (output - picture.clone()).mul_scalar(alpha * b_h * weight / node)
        });
        Some(curved)
    }
}

/// Solves formula 10: the weights of differences at `nodes` that make the step exact for polynomials.
fn weights(nodes: &[f64], h: f64, b_h: f64) -> Vec<f64> {
    let count = nodes.len();
    let mut phi = (-h).exp_m1() / -h - 1.0;
    let mut factorial = 1.0;
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(count);
    for power in 0..count {
        let mut row: Vec<f64> = nodes.iter().map(|node| node.powf(as_f64(power))).collect();
        row.push(phi * factorial / b_h);
        rows.push(row);
        factorial *= as_f64(power + 2);
        phi = phi / -h - 1.0 / factorial;
    }
    // Gauss-Jordan; the nodes differ, so no pivot is zero once rows are swapped.
    for column in 0..count {
        let pivot = (column..count).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()));
        rows.swap(column, pivot.unwrap_or(column));
        let row = rows[column].clone();
        for (_, other) in rows.iter_mut().enumerate().filter(|(index, _)| *index != column) {
            let factor = other[column] / row[column];
            other.iter_mut().zip(&row).for_each(|(entry, above)| *entry -= factor * above);
        }
    }
    rows.iter().enumerate().map(|(index, row)| row[count] / row[index]).collect()
}
