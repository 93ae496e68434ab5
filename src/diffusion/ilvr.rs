//! A picture that looks like another when both are made small: Choi et al., "ILVR: Conditioning Method for Denoising
//! Diffusion Probabilistic Models" (2021). <https://arxiv.org/abs/2108.02938>
//!
//! After each step the low frequencies of the sample are replaced by those of the guide with as much noise as belongs
//! there: `sample + φ(noisy guide) − φ(sample)` (algorithm 1). The paper's low-pass filter φ resizes by cubic splines. Here
//! it takes the mean of each square of `factor` × `factor` pixels, which takes nothing away when it is done twice: so the
//! finished picture made small is the guide made small, exactly.

use burn::tensor::Tensor;

use super::noise::StepNoise;
use super::schedulers::Schedule;
use crate::error::{Error, Result};
use crate::options::Options;

/// A picture to follow.
#[derive(Debug)]
pub struct SuperResolution {
    guide: Tensor<4>,
    factor: usize,
    /// As many steps follow it.
    followed: usize,
}

impl SuperResolution {
    /// Reads `downsampling_factor` and `control_guidance_end` for a schedule of so many steps; `guide` is
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
        let end = options.number_above("control_guidance_end", 0.0..=1.0)?.unwrap_or(1.0);
        #[allow(clippy::cast_precision_loss)] // a number of steps
        let followed = (1..=steps).filter(|&done| done as f64 / steps as f64 <= end).count();
        if followed == 0 {
            return Err(Error::InvalidOption(format!(
                "control_guidance_end is {end}, and of {steps} steps that leaves none to follow the picture"
            )));
        }
        Ok(Self { guide, factor: factor.unwrap_or(1), followed })
    }

    /// The sample with the guide's low frequencies, with the noise that belongs before step `at`; nothing when it need not
    /// follow any more.
    pub fn follow(
        &self,
        schedule: &Schedule,
        sample: &Tensor<4>,
        at: usize,
        noise: &mut StepNoise,
    ) -> Option<Tensor<4>> {
        if at > self.followed {
            return None;
        }
        let guide = self.guide.clone().expand(sample.dims());
        let guide =
            if at < schedule.timesteps().len() { schedule.add_noise(guide, noise.draw(), at) } else { guide };
        Some(sample.clone() + low_frequencies(guide - sample.clone(), self.factor))
    }
}

/// The mean of each square of `factor` × `factor` pixels, at each of them.
fn low_frequencies(picture: Tensor<4>, factor: usize) -> Tensor<4> {
    let [rows, channels, height, width] = picture.dims();
    let squares = picture.reshape([rows * channels, height / factor, factor, width / factor, factor]);
    let shape = squares.dims();
    squares.mean_dim(4).mean_dim(2).expand(shape).reshape([rows, channels, height, width])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn every_square_has_its_mean() {
        let picture = Tensor::<1>::from_data(
            TensorData::from([1.0, 3.0, 0.0, 4.0, 5.0, 7.0, 0.0, 0.0]),
            &Device::flex(),
        );
        let low = low_frequencies(picture.reshape([1, 1, 2, 4]), 2);
        assert_eq!(low.into_data().try_into_vec::<f32>().unwrap(), [4.0, 4.0, 1.0, 1.0, 4.0, 4.0, 1.0, 1.0]);
    }
}
