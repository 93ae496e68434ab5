//! How noisy each timestep is that a model was trained with.

use super::config::{BetaSchedule, Config};
use super::keys::FILE;
use super::numpy::{as_f64, entry, linspace_f32, single};
use crate::error::{Error, Result};

/// What a schedule by noise levels keeps of the picture where the betas leave nothing, which would be an infinite noise
/// level: diffusers' smallest `alphas_cumprod`.
const SMALLEST_ALPHA: f64 = 1.0 / (1 << 24) as f64;

/// A model's configuration and the tables that it gives.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseSchedule {
    pub config: Config,
    /// `[num_train_timesteps]`: the noise that each timestep adds, as a share of the variance.
    pub betas: Vec<f64>,
    /// `[num_train_timesteps]`: what is left of the picture's variance at each timestep.
    pub alphas_cumprod: Vec<f64>,
}

impl NoiseSchedule {
    /// The tables of a configuration. `by_sigmas`: for a scheduler whose steps go by noise levels.
    ///
    /// # Errors
    /// `unsupported-model` when nothing is left of the picture before the last timestep.
    pub fn new(config: Config, by_sigmas: bool) -> Result<Self> {
        let betas = betas(&config);
        let mut alphas_cumprod = alphas_cumprod(&betas);
        if config.rescale_betas_zero_snr
            && by_sigmas
            && let Some(last) = alphas_cumprod.last_mut()
        {
            *last = SMALLEST_ALPHA;
        }
        let nothing_left = alphas_cumprod.iter().position(|alpha| *alpha < f64::from(f32::MIN_POSITIVE));
        if let Some(timestep) = nothing_left
            && !(config.rescale_betas_zero_snr && timestep + 1 == config.num_train_timesteps)
        {
            return Err(Error::UnsupportedModel(format!(
                "{FILE}: the betas leave nothing of the picture from timestep {timestep} of {} on; smaller ones would \
                 work",
                config.num_train_timesteps
            )));
        }
        Ok(Self { config, betas, alphas_cumprod })
    }

    /// `[num_train_timesteps]`: noise levels `sqrt((1 − alphas_cumprod) / alphas_cumprod)`.
    pub fn sigmas(&self) -> Vec<f64> {
        let sigma = |alpha: &f64| single(single(single(1.0 - alpha) / alpha).sqrt());
        self.alphas_cumprod.iter().map(sigma).collect()
    }

    /// What is left of the picture's variance; before timestep 0 all of it, unless `set_alpha_to_one` is false.
    pub fn alpha_prod(&self, timestep: f64) -> f64 {
        if timestep < 0.0 && self.config.set_alpha_to_one {
            1.0
        } else {
            entry(&self.alphas_cumprod, timestep)
        }
    }
}

/// The forward process: `sqrt(alpha_cumprod) · original + sqrt(1 − alpha_cumprod) · noise`, which has unit variance when
/// both have. [`Schedule::add_noise`](super::Schedule::add_noise) is for a sample that a step continues.
#[must_use]
#[allow(clippy::cast_possible_truncation)] // as precise as the numbers are
pub fn add_noise(original: &[f32], noise: &[f32], alpha_cumprod: f64) -> Vec<f32> {
    let (alpha, sigma) = (alpha_cumprod.sqrt() as f32, (1.0 - alpha_cumprod).sqrt() as f32);
    original.iter().zip(noise).map(|(original, noise)| alpha * original + sigma * noise).collect()
}

fn betas(config: &Config) -> Vec<f64> {
    let count = config.num_train_timesteps;
    let betas: Vec<f64> = match (&config.trained_betas, config.beta_schedule) {
        (Some(betas), _) => betas.iter().copied().map(single).collect(),
        (None, BetaSchedule::Linear) => linspace_f32(config.beta_start, config.beta_end, count).collect(),
        (None, BetaSchedule::ScaledLinear) => {
            let roots = linspace_f32(config.beta_start.sqrt(), config.beta_end.sqrt(), count);
            roots.map(|root| single(root * root)).collect()
        }
        (None, BetaSchedule::SquaredCosine) => {
            let left = |t: f64| ((t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2);
            let at = |index: usize| left(as_f64(index) / as_f64(count));
            (0..count).map(|index| single((1.0 - at(index + 1) / at(index)).min(0.999))).collect()
        }
    };
    if config.rescale_betas_zero_snr { rescaled_to_zero_snr(&betas) } else { betas }
}

fn alphas_cumprod(betas: &[f64]) -> Vec<f64> {
    let mut product = 1.0;
    let cumprod = betas.iter().map(|beta| {
        product *= single(1.0 - beta);
        single(product)
    });
    cumprod.collect()
}

/// Lin et al. (2023), algorithm 1: nothing is left at the last timestep.
fn rescaled_to_zero_snr(betas: &[f64]) -> Vec<f64> {
    let mut roots: Vec<f64> = alphas_cumprod(betas).into_iter().map(|alpha| single(alpha.sqrt())).collect();
    let (first, last) = (roots[0], roots[roots.len() - 1]);
    let scale = single(first / single(first - last));
    for root in &mut roots {
        *root = single(single(*root - last) * scale);
    }
    let alphas: Vec<f64> = roots.into_iter().map(|root| single(root * root)).collect();
    let previous = std::iter::once(1.0).chain(alphas.iter().copied());
    alphas.iter().zip(previous).map(|(alpha, previous)| single(1.0 - single(alpha / previous))).collect()
}
