//! Zhao et al., "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models" (2023), of the
//! predicted picture. <https://arxiv.org/abs/2302.04867>

use burn::tensor::Tensor;

use super::config::{SigmaSpacing, SolverType};
use super::prediction::mix;
use super::tables::float;
use super::{Call, History, Plan, Schedule, Scheduler, Solver, Step, spacing, unit_variance};
use crate::error::Result;

pub struct UniPc;

impl Solver for UniPc {
    fn plan(&self, scheduler: &Scheduler, num_inference_steps: usize) -> Result<Plan> {
        let mut plan = spacing::multistep(scheduler, num_inference_steps)?;
        if scheduler.config().sigma_spacing == SigmaSpacing::Karras {
            plan.timesteps.iter_mut().for_each(|timestep| *timestep = timestep.round_ties_even());
            // diffusers ends at Karras' last level then, not at the model's.
            if let [.., before, last] = plan.sigmas.as_mut_slice()
                && *last > 0.0
            {
                *last = *before;
            }
        }
        Ok(plan)
    }

    fn step(&self, schedule: &Schedule, history: &mut History, call: Call<'_>) -> Step {
        let Call { model_output, step_index, mut sample, .. } = call;
        let config = schedule.config();
        let picture = schedule.picture(model_output, sample.clone(), schedule.scales(step_index));
        let start = history.sample.take();
        if let (Some(start), Some(before)) = (start, step_index.checked_sub(1))
            && !config.disable_corrector.contains(&before)
        {
            let order = order(schedule, history.steps - 1, before);
            if let Some(corrected) = update(schedule, history, start, before, order, Some(&picture)) {
                sample = corrected;
            }
        }
        history.keep(picture.clone(), config.solver_order);
        history.sample = Some(sample.clone());
        let order = order(schedule, history.steps, step_index);
        let predicted = update(schedule, history, sample.clone(), step_index, order, None);
        Step { prev_sample: predicted.unwrap_or(sample), pred_original_sample: picture }
    }
}

/// Steps that a step looks at, when there were `earlier` ones.
fn order(schedule: &Schedule, earlier: usize, step_index: usize) -> usize {
    let config = schedule.config();
    let left = schedule.timesteps.len() - step_index;
    let ends = schedule.sigmas[step_index + 1] == 0.0; // from where no difference can be taken
    let most = match config.lower_order_final {
        _ if ends => 1,
        true => config.solver_order.min(left),
        false => config.solver_order,
    };
    most.min(earlier + 1).min(step_index + 1)
}

/// The sample after the step from `start`: predicted from the pictures so far, the step's own the latest, or corrected
/// by the picture `seen` at its end. Nothing when it does not move.
fn update(
    schedule: &Schedule,
    history: &History,
    start: Tensor<4>,
    step_index: usize,
    order: usize,
    seen: Option<&Tensor<4>>,
) -> Option<Tensor<4>> {
    let (level, next) = (schedule.sigmas[step_index], schedule.sigmas[step_index + 1]);
    let ((alpha, sigma_next), (_, sigma)) = (unit_variance(next), unit_variance(level));
    let h = (level / next).ln();
    if h == 0.0 {
        return None;
    }
    // Where earlier steps lie, in steps: −1 is as far back as the step goes forward.
    let mut places: Vec<f64> =
        (1..order).map(|back| (level / schedule.sigmas[step_index - back]).ln() / h).collect();
    if places.contains(&0.0) {
        places.clear();
    }
    let picture = history.output(0);
    let decay = (-h).exp_m1();
    let b_h = match schedule.config().solver_type {
        SolverType::Bh1 => -h,
        _ => decay,
    };
    let straight = mix(start, sigma_next / sigma, picture.clone(), -alpha * decay);
    let weights = if seen.is_some() {
        let nodes: Vec<f64> = places.iter().copied().chain([1.0]).collect();
        if nodes.len() == 1 { vec![0.5] } else { weights(&nodes, h, b_h) }
    } else if places.len() == 1 {
        vec![0.5]
    } else {
        weights(&places, h, b_h)
    };
    let differences = places.iter().enumerate().map(|(back, place)| (history.output(back + 1), *place));
    let differences = differences.chain(seen.map(|seen| (seen.clone(), 1.0)));
    let curved = differences.zip(weights).fold(straight, |sum, ((output, place), weight)| {
        sum - (output - picture.clone()).mul_scalar(alpha * b_h * weight / place)
    });
    Some(curved)
}

/// Solves formula 10: the weights of differences at `nodes` that make the step exact for polynomials.
fn weights(nodes: &[f64], h: f64, b_h: f64) -> Vec<f64> {
    let count = nodes.len();
    let mut phi = (-h).exp_m1() / -h - 1.0;
    let mut factorial = 1.0;
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(count);
    for power in 0..count {
        let mut row: Vec<f64> = nodes.iter().map(|node| node.powf(float(power))).collect();
        row.push(phi * factorial / b_h);
        rows.push(row);
        factorial *= float(power + 2);
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
