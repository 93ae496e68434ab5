//! Which timesteps a call visits, from noise to picture: where `timestep_spacing` and `steps_offset` put them.

use super::config::{Config, TimestepSpacing};
use super::numpy::{as_f64, linspace, single};
use crate::error::{Error, Result};

/// Whole timesteps, which the tables have an entry for.
///
/// # Errors
/// `invalid-option` when `steps_offset` moves the first one beyond the tables.
pub fn whole(config: &Config, num_inference_steps: usize) -> Result<Vec<f64>> {
    let last = as_f64(config.num_train_timesteps - 1);
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

/// Timesteps that may lie between two entries of the tables.
pub fn fractional(config: &Config, num_inference_steps: usize) -> Vec<f64> {
    match config.timestep_spacing {
        TimestepSpacing::Linspace => {
            let last = as_f64(config.num_train_timesteps - 1);
            linspace(0.0, last, num_inference_steps).into_iter().rev().map(single).collect()
        }
        _ => intervals(config, num_inference_steps),
    }
}

/// Whole timesteps below `end`, of which `leading` and `linspace` leave out the last step's: the step before it goes to
/// the picture.
///
/// # Errors
/// `invalid-option` when there are not enough timesteps.
pub fn without_last(config: &Config, num_inference_steps: usize, end: usize) -> Result<Vec<f64>> {
    match config.timestep_spacing {
        TimestepSpacing::Linspace => {
            let mut timesteps = rounded(linspace(0.0, as_f64(end - 1), num_inference_steps + 1));
            timesteps.pop();
            Ok(timesteps)
        }
        TimestepSpacing::Leading => match end / (num_inference_steps + 1) {
            0 => Err(Error::InvalidOption(format!(
                "num_inference_steps is {num_inference_steps}; with this model's schedule at most {} work",
                end - 1
            ))),
            interval => {
                let offset = config.steps_offset;
                Ok((1..=num_inference_steps).rev().map(|index| as_f64(index * interval + offset)).collect())
            }
        },
        TimestepSpacing::Trailing => Ok(trailing(config, num_inference_steps, end)),
    }
}

fn intervals(config: &Config, num_inference_steps: usize) -> Vec<f64> {
    if config.timestep_spacing == TimestepSpacing::Trailing {
        return trailing(config, num_inference_steps, config.num_train_timesteps);
    }
    let interval = config.num_train_timesteps / num_inference_steps;
    (0..num_inference_steps).rev().map(|index| as_f64(index * interval + config.steps_offset)).collect()
}

/// Intervals counted down from `end`, as many as fit. (NumPy's `arange` gives one more, timestep −1, where the interval
/// is rounded down: at 61 steps of 1,000 for example. That is left out here.)
fn trailing(config: &Config, num_inference_steps: usize, end: usize) -> Vec<f64> {
    let interval = as_f64(config.num_train_timesteps) / as_f64(num_inference_steps);
    let end = as_f64(end);
    let interval = end - (end - interval); // as `arange` does
    (0..num_inference_steps)
        .map(|index| end - as_f64(index) * interval)
        .take_while(|timestep| *timestep > 0.0)
        .map(|timestep| timestep.round_ties_even() - 1.0)
        .collect()
}

/// Halves are rounded to even, as NumPy does.
fn rounded(ascending: Vec<f64>) -> Vec<f64> {
    ascending.into_iter().rev().map(f64::round_ties_even).collect()
}
