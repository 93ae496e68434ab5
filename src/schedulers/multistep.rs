//! What the multistep solvers, DPM-Solver and UniPC, have in common: timesteps, noise levels and keys.

use std::sync::Arc;

use super::keys::Keys;
use super::noise_schedule::NoiseSchedule;
use super::numpy::interpolated;
use super::sigmas::{SigmaSpacing, Sigmas, timestep_of};
use super::solver::Plan;
use super::spacing;
use crate::error::Result;

/// Refuses the keys of flow matching when they turn it on.
pub fn refuse_flow_matching(keys: &Keys) -> Result<()> {
    keys.only("use_flow_sigmas", false)?;
    keys.only("use_dynamic_shifting", false)?;
    // These two shape it, and do nothing when it is off.
    keys.ignore("flow_shift");
    keys.ignore("time_shift_type");
    Ok(())
}

/// Timesteps below `end` and their noise levels; or, where the noise levels are spaced by themselves, these and their
/// timesteps, made whole by `round`.
///
/// # Errors
/// `invalid-option` when there are not enough timesteps.
pub fn plan(
    noise: Arc<NoiseSchedule>,
    num_inference_steps: usize,
    sigmas: &Sigmas,
    end: usize,
    round: fn(f64) -> f64,
) -> Result<Plan> {
    let table = noise.sigmas();
    let (timesteps, levels): (Vec<f64>, Vec<f64>) = if sigmas.spacing == SigmaSpacing::Timesteps {
        let timesteps = spacing::without_last(&noise.config, num_inference_steps, end)?;
        let levels = timesteps.iter().map(|timestep| interpolated(&table, *timestep)).collect();
        (timesteps, levels)
    } else {
        let descending: Vec<f64> = table.iter().rev().copied().collect();
        let levels = sigmas.spaced(&descending, num_inference_steps);
        (levels.iter().map(|sigma| round(timestep_of(*sigma, &table))).collect(), levels)
    };
    let sigmas = sigmas.with_final(levels, &table);
    Ok(Plan { sigmas, ..Plan::new(noise, num_inference_steps, timesteps) })
}
