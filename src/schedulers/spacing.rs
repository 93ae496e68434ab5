//! Which timesteps are visited, from noise to picture. NumPy's arithmetic, with halves rounded to even.

use super::config::{Config, SigmaSpacing, TimestepSpacing};
use super::tables::{float, interpolated, linspace, sigmas, single, spaced_sigmas, timestep_of};
use super::{FinalSigma, Plan, Scheduler};
use crate::error::{Error, Result};

/// The timesteps of DDPM, DDIM and PNDM: whole numbers that the tables have.
///
/// # Errors
/// `invalid-option` when `steps_offset` moves the first beyond the tables.
pub fn whole(config: &Config, num_inference_steps: usize) -> Result<Vec<f64>> {
    let last = float(config.num_train_timesteps - 1);
    let timesteps = match config.timestep_spacing {
        TimestepSpacing::Linspace => rounded(linspace(0.0, last, num_inference_steps)),
        _ => intervals(config, num_inference_steps),
    };
    match timesteps.first() {
        Some(first) if *first > last => Err(Error::InvalidOption(format!(
            "num_inference_steps is {num_inference_steps}; with this model's steps_offset of {} that begins at \
             timestep {first}, and the last is {last}: ask for fewer steps",
            config.steps_offset
        ))),
        _ => Ok(timesteps),
    }
}

/// The timesteps of the Euler schedulers, which may lie between those of the tables.
pub fn fractional(config: &Config, num_inference_steps: usize) -> Vec<f64> {
    match config.timestep_spacing {
        TimestepSpacing::Linspace => {
            let last = float(config.num_train_timesteps - 1);
            linspace(0.0, last, num_inference_steps).into_iter().rev().map(single).collect()
        }
        _ => intervals(config, num_inference_steps),
    }
}

/// Timesteps and noise levels of DPM-Solver and UniPC, which do not visit the last step of `leading` and `linspace`.
/// Timesteps that were found for a noise level are not rounded yet.
///
/// # Errors
/// `invalid-option` when there are not enough timesteps.
pub fn multistep(scheduler: &Scheduler, num_inference_steps: usize) -> Result<Plan> {
    let config = scheduler.config();
    let table = sigmas(scheduler.alphas_cumprod());
    let (timesteps, levels): (Vec<f64>, Vec<f64>) = if config.sigma_spacing == SigmaSpacing::Timesteps {
        let timesteps = multistep_timesteps(scheduler, num_inference_steps)?;
        let levels = timesteps.iter().map(|timestep| interpolated(&table, *timestep)).collect();
        (timesteps, levels)
    } else {
        let descending: Vec<f64> = table.iter().rev().copied().collect();
        let levels = spaced_sigmas(config, config.sigma_spacing, &descending, num_inference_steps);
        (levels.iter().map(|sigma| timestep_of(*sigma, &table)).collect(), levels)
    };
    let last = match config.final_sigmas_type {
        FinalSigma::Zero => 0.0,
        FinalSigma::SigmaMin => table[0],
    };
    Ok(Plan { timesteps, sigmas: levels.into_iter().chain([last]).map(single).collect() })
}

fn multistep_timesteps(scheduler: &Scheduler, num_inference_steps: usize) -> Result<Vec<f64>> {
    let config = scheduler.config();
    // lambda falls from timestep to timestep, so those clipped are the last ones.
    let lambda = |alpha: f64| {
        single(single(single(alpha.sqrt()).ln()) - single(single(single(1.0 - alpha).sqrt()).ln()))
    };
    let kept =
        scheduler.alphas_cumprod().partition_point(|&alpha| lambda(alpha) >= config.lambda_min_clipped);
    if kept == 0 {
        return Err(Error::UnsupportedModel(format!(
            "scheduler_config.json: lambda_min_clipped is {}, which leaves no timestep",
            config.lambda_min_clipped
        )));
    }
    match config.timestep_spacing {
        TimestepSpacing::Linspace => {
            let mut timesteps = rounded(linspace(0.0, float(kept - 1), num_inference_steps + 1));
            timesteps.pop();
            Ok(timesteps)
        }
        TimestepSpacing::Leading => match kept / (num_inference_steps + 1) {
            0 => Err(Error::InvalidOption(format!(
                "num_inference_steps is {num_inference_steps}; with this model's schedule at most {} work",
                kept - 1
            ))),
            interval => {
                let offset = config.steps_offset;
                Ok((1..=num_inference_steps).rev().map(|index| float(index * interval + offset)).collect())
            }
        },
        TimestepSpacing::Trailing => Ok(trailing(config, num_inference_steps, kept)),
    }
}

fn intervals(config: &Config, num_inference_steps: usize) -> Vec<f64> {
    if config.timestep_spacing == TimestepSpacing::Trailing {
        return trailing(config, num_inference_steps, config.num_train_timesteps);
    }
    let interval = config.num_train_timesteps / num_inference_steps;
    (0..num_inference_steps).rev().map(|index| float(index * interval + config.steps_offset)).collect()
}

/// Intervals counted from timestep `last`, as many as fit. (NumPy's `arange` gives one more, timestep −1, where the
/// interval is rounded down: at 61 steps of 1,000 for example. That is left out here.)
fn trailing(config: &Config, num_inference_steps: usize, last: usize) -> Vec<f64> {
    let first = float(config.num_train_timesteps);
    let interval = first / float(num_inference_steps);
    let last = float(last);
    let interval = last - (last - interval); // as `arange` does
    (0..num_inference_steps)
        .map(|index| last - float(index) * interval)
        .take_while(|timestep| *timestep > 0.0)
        .map(|timestep| timestep.round_ties_even() - 1.0)
        .collect()
}

fn rounded(ascending: Vec<f64>) -> Vec<f64> {
    ascending.into_iter().rev().map(f64::round_ties_even).collect()
}
