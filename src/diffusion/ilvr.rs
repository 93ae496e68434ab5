//! A picture that looks like another when both are scaled down: Choi et al., "ILVR: Conditioning Method for Denoising
//! Diffusion Probabilistic Models" (2021). <https://arxiv.org/abs/2108.02938>
//!
//! After each step the low frequencies of the sample are replaced by those of the guide with as much noise as belongs
//! there: `sample + φ(noisy guide − sample)` (algorithm 1). The paper's low-pass filter φ is cubic resampling; [`LowPass`] says
//! what it is here. When all steps follow the guide, the finished picture scaled down is exactly the guide scaled down.

use burn::tensor::Tensor;

use super::low_pass::LowPass;
use super::noise::StepNoise;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::schedulers::Schedule;

/// By default the last steps are free, as in the paper's own examples. In them the model adds details of its own.
const END: f64 = 0.8;

/// A picture to follow.
#[derive(Debug)]
pub struct SuperResolution {
    guide: Tensor<4>,
    low_pass: LowPass,
    /// This many steps follow it.
    followed: usize,
}

impl SuperResolution {
    /// Reads `downsampling_factor` and `control_guidance_end` for a schedule of this many steps; `guide` is
    /// `[1, channels, height, width]`.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn read(options: &mut Options, guide: Tensor<4>, steps: usize) -> Result<Self> {
        let [_, _, height, width] = guide.dims();
        let works: Vec<String> = std::iter::successors(Some(2_usize), |factor| Some(factor * 2))
            .take_while(|factor| height.is_multiple_of(*factor) && width.is_multiple_of(*factor))
            .map(|factor| factor.to_string())
            .collect();
        let wanted = format!("{} for pictures of {height} × {width}", works.join(", "));
        let factor = options.parsed("downsampling_factor", &wanted, |value| {
            let factor = value.as_f64()?.to_string();
            works.contains(&factor).then(|| factor.parse().ok()).flatten()
        })?;
        let given = options.number_above("control_guidance_end", 0.0..=1.0)?;
        let end = given.unwrap_or(END);
        #[allow(clippy::cast_precision_loss)] // a number of steps
        let followed = (1..=steps).filter(|&done| done as f64 / steps as f64 <= end).count();
        if followed == 0 && given.is_some() {
            return Err(Error::InvalidOption(format!(
                "control_guidance_end is {end}, and of {steps} steps that leaves none to follow the picture"
            )));
        }
        let followed = followed.max(1);
        let low_pass = LowPass::new([height, width], factor.unwrap_or(1), &guide.device());
        Ok(Self { guide, low_pass, followed })
    }

    /// The sample with the guide's low frequencies, noisy as before step `next`. `None` once the sample is free.
    pub fn follow(
        &self,
        schedule: &Schedule,
        sample: &Tensor<4>,
        next: usize,
        noise: &mut StepNoise,
    ) -> Option<Tensor<4>> {
        if next > self.followed {
            return None;
        }
        let guide = self.guide.clone().expand(sample.dims());
        let guide = if next < schedule.timesteps().len() {
            schedule.add_noise(guide, noise.draw(), next)
        } else {
            guide
        };
        Some(sample.clone() + self.low_pass.apply(guide - sample.clone()))
    }
}
