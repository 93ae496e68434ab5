//! Seeded random numbers that are the same in every browser, on every device and natively.
//!
//! ChaCha8 gives the bits and a ziggurat shapes them; neither depends on the platform's mathematics.
//! Draws for different purposes come from different streams of one seed. So asking for a class does not change the
//! latents, and the first digits of a long grid are those of a short one.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

/// The largest seed: the largest integer that a JavaScript number holds exactly, 2⁵³ − 1.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// What a stream of random numbers is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The noise that a picture is made from.
    Latents = 0,
    /// The classes, when the caller names none.
    ClassLabels = 1,
    /// The tokens of a text.
    Tokens = 2,
    /// The noise that is added while a picture is being made.
    StepNoise = 3,
    /// The latents of a picture, which an autoencoder draws.
    Posterior = 4,
    /// The parameters of a network that is to be trained.
    Parameters = 5,
    /// The order in which training goes through its data.
    Order = 6,
    /// The noise that a generator is trained with.
    TrainingNoise = 7,
}

/// One stream of random numbers.
#[derive(Debug, Clone)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The stream of `seed` for one purpose.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        Self::of_row(seed, purpose, 0)
    }

    /// The stream of `seed` for one purpose in one row of a batch, which does not depend on the number of rows.
    #[must_use]
    pub fn of_row(seed: u64, purpose: Purpose, row: usize) -> Self {
        let mut bits = ChaCha8Rng::seed_from_u64(seed);
        bits.set_stream(purpose as u64 | (row as u64) << 8);
        Self(bits)
    }

    /// A number from 0 up to but not including 1, uniformly distributed, in steps of 2⁻⁵³.
    #[allow(clippy::cast_precision_loss)] // 53 bits fit
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from the standard normal distribution.
    pub fn normal(&mut self) -> f32 {
        StandardNormal.sample(&mut self.0)
    }

    /// A number from the standard normal distribution cut off at ±`limit`, by rejection.
    pub fn truncated_normal(&mut self, limit: f32) -> f32 {
        loop {
            let value = self.normal();
            if value.abs() <= limit {
                return value;
            }
        }
    }

    /// A whole number from 0 to `bound` − 1, uniformly distributed (Lemire's multiplication, with rejection).
    ///
    /// # Panics
    /// When `bound` is zero.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "there is no number below zero");
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u64::from(self.0.next_u32()) * u64::from(bound);
            #[allow(clippy::cast_possible_truncation)] // the low half is meant
            if product as u32 >= threshold {
                return (product >> 32) as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_these_numbers_forever() {
        let mut latents = Rng::new(2026, Purpose::Latents);
        let drawn: Vec<f32> = (0..4).map(|_| latents.normal()).collect();
        assert_eq!(drawn, GOLDEN_NORMALS);
        let mut labels = Rng::new(2026, Purpose::ClassLabels);
        let drawn: Vec<u32> = (0..8).map(|_| labels.below(10)).collect();
        assert_eq!(drawn, GOLDEN_LABELS);
    }

    const GOLDEN_NORMALS: [f32; 4] = [0.364_797_95, -0.200_949_65, -1.380_932_6, -1.038_443_3];
    const GOLDEN_LABELS: [u32; 8] = [0, 2, 7, 3, 8, 1, 8, 5];

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let mut rng = Rng::new(1, Purpose::Latents);
        let count = 100_000;
        let (mut sum, mut squares) = (0.0_f64, 0.0_f64);
        for _ in 0..count {
            let value = f64::from(rng.normal());
            sum += value;
            squares += value * value;
        }
        assert!((sum / f64::from(count)).abs() < 0.015);
        assert!((squares / f64::from(count) - 1.0).abs() < 0.02);
    }

    #[test]
    fn truncated_normals_stay_within_the_limit() {
        let mut rng = Rng::new(1, Purpose::Latents);
        assert!((0..10_000).all(|_| rng.truncated_normal(0.5).abs() <= 0.5));
    }

    #[test]
    fn every_number_below_the_bound_is_as_likely() {
        let mut rng = Rng::new(7, Purpose::ClassLabels);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[rng.below(10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)));
    }
}
