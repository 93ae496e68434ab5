//! The tables of a noise schedule, and timesteps and noise levels chosen from them.
//!
//! diffusers keeps its tables in f32, and that is part of them: at the last timesteps almost nothing is left of the
//! picture, and a noise level rounded later than diffusers does differs in its sixth digit. So the numbers here are f64
//! that are rounded to f32 where diffusers' are.

use super::config::{BetaSchedule, Config, SigmaSpacing};

/// What a schedule keeps when its last noise level would be infinite: diffusers' smallest `alphas_cumprod`.
const SMALLEST_ALPHA: f64 = 1.0 / (1 << 24) as f64;

/// The nearest f32.
#[allow(clippy::cast_possible_truncation)] // that is its purpose
pub fn single(number: f64) -> f64 {
    f64::from(number as f32)
}

#[allow(clippy::cast_precision_loss)] // counts of steps
pub fn float(count: usize) -> f64 {
    count as f64
}

/// The table entry of a timestep that is a whole number; of one beyond the table its last.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // negative becomes 0
pub fn entry(table: &[f64], timestep: f64) -> f64 {
    table[(timestep as usize).min(table.len() - 1)]
}

/// Each timestep's share of noise, `[num_train_timesteps]`.
pub fn betas(config: &Config) -> Vec<f64> {
    let count = config.num_train_timesteps;
    let between = |start: f64, end: f64| {
        // PyTorch's linspace: from both ends, each entry rounded once.
        let (start, end) = (single(start), single(end));
        let step = single(single(end - start) / float(count - 1));
        (0..count).map(move |index| {
            single(if index < count / 2 {
                start + step * float(index)
            } else {
                end - step * float(count - 1 - index)
            })
        })
    };
    let betas: Vec<f64> = match (&config.trained_betas, config.beta_schedule) {
        (Some(betas), _) => betas.iter().copied().map(single).collect(),
        (None, BetaSchedule::Linear) => between(config.beta_start, config.beta_end).collect(),
        (None, BetaSchedule::ScaledLinear) => between(config.beta_start.sqrt(), config.beta_end.sqrt())
            .map(|root| single(root * root))
            .collect(),
        (None, BetaSchedule::SquaredCosine) => {
            let left = |t: f64| ((t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2);
            let at = |index: usize| left(float(index) / float(count));
            (0..count).map(|index| single((1.0 - at(index + 1) / at(index)).min(0.999))).collect()
        }
    };
    if config.rescale_betas_zero_snr { rescaled_to_zero_snr(&betas) } else { betas }
}

/// What is left of the picture's variance at each timestep. `keep_some`: not nothing, where the betas say so.
pub fn alphas_cumprod(betas: &[f64], keep_some: bool) -> Vec<f64> {
    let mut product = 1.0;
    let cumprod = betas.iter().map(|beta| {
        product *= single(1.0 - beta);
        single(product)
    });
    let mut cumprod: Vec<f64> = cumprod.collect();
    if keep_some && let Some(last) = cumprod.last_mut() {
        *last = SMALLEST_ALPHA;
    }
    cumprod
}

/// Lin et al. (2023), algorithm 1: nothing is left at the last timestep.
fn rescaled_to_zero_snr(betas: &[f64]) -> Vec<f64> {
    let mut roots: Vec<f64> =
        alphas_cumprod(betas, false).into_iter().map(|alpha| single(alpha.sqrt())).collect();
    let (first, last) = (roots[0], roots[roots.len() - 1]);
    let scale = single(first / single(first - last));
    for root in &mut roots {
        *root = single(single(*root - last) * scale);
    }
    let alphas: Vec<f64> = roots.into_iter().map(|root| single(root * root)).collect();
    let previous = std::iter::once(1.0).chain(alphas.iter().copied());
    alphas.iter().zip(previous).map(|(alpha, previous)| single(1.0 - single(alpha / previous))).collect()
}

/// Noise levels `sqrt((1 − alpha) / alpha)` of each timestep.
pub fn sigmas(alphas_cumprod: &[f64]) -> Vec<f64> {
    alphas_cumprod.iter().map(|alpha| single(single(single(1.0 - alpha) / alpha).sqrt())).collect()
}

/// NumPy's linspace.
pub fn linspace(start: f64, end: f64, count: usize) -> Vec<f64> {
    let step = if count > 1 { (end - start) / float(count - 1) } else { 0.0 };
    let mut numbers: Vec<f64> = (0..count).map(|index| float(index) * step + start).collect();
    if count > 1
        && let Some(last) = numbers.last_mut()
    {
        *last = end;
    }
    numbers
}

/// The table between two timesteps, as NumPy's `interp`: linear, and its ends beyond.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // timesteps of the table
pub fn interpolated(table: &[f64], timestep: f64) -> f64 {
    let below = timestep.max(0.0).floor();
    let (low, high) = (entry(table, below), entry(table, below + 1.0));
    low + (high - low) * (timestep.max(0.0) - below)
}

/// The noise levels that `spacing` puts between the first and the last of `levels`, which descend.
pub fn spaced_sigmas(config: &Config, spacing: SigmaSpacing, levels: &[f64], count: usize) -> Vec<f64> {
    let (first, last) = (levels[0], levels[levels.len() - 1]);
    let ramp = linspace(0.0, 1.0, count).into_iter();
    match spacing {
        SigmaSpacing::Timesteps => levels.to_vec(),
        SigmaSpacing::Karras => {
            const RHO: f64 = 7.0;
            let first = config.sigma_max.unwrap_or(first).powf(1.0 / RHO);
            let last = config.sigma_min.unwrap_or(last).powf(1.0 / RHO);
            ramp.map(|part| (first + part * (last - first)).powf(RHO)).collect()
        }
        SigmaSpacing::Lu => {
            let (first, last) = (single(first.ln()), single(last.ln()));
            ramp.map(|part| (first + part * (last - first)).exp()).collect()
        }
    }
}

/// The timestep of a noise level: where its logarithm lies between those of the table, which ascends.
pub fn timestep_of(sigma: f64, table: &[f64]) -> f64 {
    let log = sigma.max(1e-10).ln();
    let logs = |index: usize| single(table[index].ln());
    let low = table.partition_point(|level| single(level.ln()) <= log).saturating_sub(1).min(table.len() - 2);
    let weight = ((logs(low) - log) / single(logs(low) - logs(low + 1))).clamp(0.0, 1.0);
    (1.0 - weight) * float(low) + weight * float(low + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noise_level_of_the_table_is_found_at_its_timestep() {
        let table = [0.1, 0.2, 0.7, 3.0];
        for (timestep, sigma) in table.iter().enumerate() {
            assert!((timestep_of(*sigma, &table) - float(timestep)).abs() < 1e-6);
            assert!((interpolated(&table, float(timestep)) - sigma).abs() < 1e-12);
        }
        assert!(timestep_of(0.01, &table).abs() < 1e-12);
        assert!((timestep_of(99.0, &table) - 3.0).abs() < 1e-12);
    }
}
