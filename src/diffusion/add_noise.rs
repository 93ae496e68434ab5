//! The forward process: a picture with noise, as the model learned to remove it.

use burn::tensor::{Tensor, TensorData, Transaction};

use super::Pipeline;
use super::edit::check_size;
use super::noise::latents;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::picture::from_rgba;
use crate::readback;
use crate::schedulers::add_noise;

/// A picture with noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Noisy {
    /// `[channels, height, width]`, of unit variance; of a model that draws in latents, what these are decoded to.
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
    /// `invalid-option`; `device-lost`, and `weights-invalid` when a network gives no finite numbers.
    pub async fn add_noise(&self, picture: &[u8], mut options: Options, random_seed: u64) -> Result<Noisy> {
        let size @ [height, width] = self.picture_size();
        check_size("the picture", picture, size)?;
        let last = self.scheduler().config().num_train_timesteps as u64 - 1;
        let timestep = options.integer("timestep", 0..=last)?;
        let t = options.number("t", 0.0..=1.0)?;
        let seed = options.seed(random_seed)?;
        options.finish()?;
        #[allow(clippy::cast_possible_truncation)] // fewer than num_train_timesteps
        let alpha = match (timestep, t) {
            (Some(timestep), None) => self.scheduler().alpha_cumprod(timestep as usize)?,
            (None, Some(t)) => 1.0 - t,
            _ => {
                let what = "timestep and t both say how much noise to add: give exactly one";
                return Err(Error::InvalidOption(what.to_owned()));
            }
        };
        let (channels, device) = (self.picture_channels(), &self.setup.device);
        let pixels = TensorData::new(from_rgba(picture, channels), [1, channels, height, width]);
        let sample = self.codec.encode(Tensor::from_data(pixels, device), None);
        let shape = sample.dims();
        let original = readback::read(Transaction::default().register(sample)).await?.concat();
        let noisy = add_noise(&original, &latents(seed, 1, original.len()), alpha);
        let sample = Tensor::from_data(TensorData::new(noisy.clone(), shape), device);
        let pixels = self.codec.decode(&sample, &noisy).await?;
        Ok(Noisy { pixels, alpha, seed })
    }
}
