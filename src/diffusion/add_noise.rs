//! The forward process: a picture with noise, as the model learned to remove it.

use super::Pipeline;
use super::noise::latents;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::picture::from_rgba;
use crate::schedulers::add_noise;

/// A picture with noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Noisy {
    /// `[channels, height, width]`, of unit variance.
    pub pixels: Vec<f32>,
    /// What is left of the picture's variance.
    pub alpha: f64,
    /// The seed in use: the caller's, or the random one.
    pub seed: u64,
}

impl Pipeline {
    /// Adds noise to a picture of the model's size (RGBA bytes): the noise of the first picture of a call with this seed.
    /// Takes exactly one of two options, and `seed`:
    ///
    /// - `timestep`: `sqrt(alphas_cumprod) · picture + sqrt(1 − alphas_cumprod) · noise`, by the folder's scheduler.
    /// - `t`: 0 to 1, `sqrt(1 − t) · picture + sqrt(t) · noise`.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn add_noise(&self, picture: &[u8], mut options: Options, random_seed: u64) -> Result<Noisy> {
        self.check_size("the picture", picture)?;
        let last = self.scheduler.config().num_train_timesteps as u64 - 1;
        let timestep = options.integer("timestep", 0..=last)?;
        let t = options.number("t", 0.0..=1.0)?;
        let seed = options.seed(random_seed)?;
        options.finish()?;
        #[allow(clippy::cast_possible_truncation)] // fewer than num_train_timesteps
        let alpha = match (timestep, t) {
            (Some(timestep), None) => self.scheduler.alpha_cumprod(timestep as usize)?,
            (None, Some(t)) => 1.0 - t,
            _ => {
                let what = "timestep and t both say how much noise to add: give exactly one";
                return Err(Error::InvalidOption(what.to_owned()));
            }
        };
        let original = from_rgba(picture, self.picture_channels());
        let noise = latents(seed, 1, self.sample_len());
        let pixels = add_noise(&original, &noise, alpha);
        Ok(Noisy { pixels, alpha, seed })
    }
}
