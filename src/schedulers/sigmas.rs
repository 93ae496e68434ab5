//! Which noise levels a call visits, for the schedulers that may choose them: Euler, DPM-Solver and UniPC.

use super::keys::Keys;
use super::numpy::{as_f64, linspace, single};
use crate::error::Result;

/// Where noise levels lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigmaSpacing {
    /// They are those of the timesteps.
    Timesteps,
    /// Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), with rho 7.
    Karras,
    /// Lu et al., "DPM-Solver" (2022): their logarithms are evenly spaced.
    Lu,
}

/// The noise level after the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinalSigma {
    /// No noise.
    Zero,
    /// That of timestep 0.
    SigmaMin,
}

/// Keys under diffusers' names.
#[derive(Debug, Clone, PartialEq)]
pub struct Sigmas {
    /// `use_karras_sigmas`
    pub spacing: SigmaSpacing,
    /// The last of Karras' noise levels, when it is not the model's.
    sigma_min: Option<f64>,
    /// The first of Karras' noise levels, when it is not the model's.
    sigma_max: Option<f64>,
    pub final_sigmas_type: FinalSigma,
}

impl Sigmas {
    /// Reads the keys that choose noise levels.
    pub fn read(keys: &Keys) -> Result<Self> {
        let karras = keys.flag("use_karras_sigmas", false)?;
        let sigma_min = keys.optional_number("sigma_min", 1e-6..=1e6)?;
        let sigma_max = keys.optional_number("sigma_max", 1e-6..=1e6)?;
        let final_sigmas_type = keys.word(
            "final_sigmas_type",
            FinalSigma::Zero,
            &[("zero", FinalSigma::Zero), ("sigma_min", FinalSigma::SigmaMin)],
        )?;
        keys.only("use_exponential_sigmas", false)?;
        keys.only("use_beta_sigmas", false)?;
        if let (Some(min), Some(max)) = (sigma_min, sigma_max)
            && min >= max
        {
            return keys.refused("sigma_min", &format!("less than sigma_max, which is {max}"));
        }
        let spacing = if karras { SigmaSpacing::Karras } else { SigmaSpacing::Timesteps };
        Ok(Self { spacing, sigma_min, sigma_max, final_sigmas_type })
    }

    /// `count` noise levels between the first and the last of `levels`, which descend.
    pub fn spaced(&self, levels: &[f64], count: usize) -> Vec<f64> {
        let (first, last) = (levels[0], levels[levels.len() - 1]);
        let ramp = linspace(0.0, 1.0, count).into_iter();
        match self.spacing {
            SigmaSpacing::Timesteps => levels.to_vec(),
            SigmaSpacing::Karras => {
                const RHO: f64 = 7.0;
                let first = self.sigma_max.unwrap_or(first).powf(1.0 / RHO);
                let last = self.sigma_min.unwrap_or(last).powf(1.0 / RHO);
                ramp.map(|part| (first + part * (last - first)).powf(RHO)).collect()
            }
            SigmaSpacing::Lu => {
                let (first, last) = (single(first.ln()), single(last.ln()));
                ramp.map(|part| (first + part * (last - first)).exp()).collect()
            }
        }
    }

    /// The noise levels of all steps, and the one after the last. `table` has those of all timesteps.
    pub fn with_final(&self, levels: Vec<f64>, table: &[f64]) -> Vec<f64> {
        let last = match self.final_sigmas_type {
            FinalSigma::Zero => 0.0,
            FinalSigma::SigmaMin => table[0],
        };
        levels.into_iter().chain([last]).map(single).collect()
    }
}

/// The timestep of a noise level: where its logarithm lies between those of `table`, which ascends.
pub fn timestep_of(sigma: f64, table: &[f64]) -> f64 {
    let log = sigma.max(1e-10).ln();
    let logs = |index: usize| single(table[index].ln());
    let low = table.partition_point(|level| single(level.ln()) <= log).saturating_sub(1).min(table.len() - 2);
    let weight = ((logs(low) - log) / single(logs(low) - logs(low + 1))).clamp(0.0, 1.0);
    (1.0 - weight) * as_f64(low) + weight * as_f64(low + 1)
}

#[cfg(test)]
mod tests {
    use super::super::numpy::interpolated;
    use super::*;

    #[test]
    fn a_noise_level_of_the_table_is_found_at_its_timestep() {
        let table = [0.1, 0.2, 0.7, 3.0];
        for (timestep, sigma) in table.iter().enumerate() {
            assert!((timestep_of(*sigma, &table) - as_f64(timestep)).abs() < 1e-6);
            assert!((interpolated(&table, as_f64(timestep)) - sigma).abs() < 1e-12);
        }
        assert!(timestep_of(0.01, &table).abs() < 1e-12);
        assert!((timestep_of(99.0, &table) - 3.0).abs() < 1e-12);
    }
}
