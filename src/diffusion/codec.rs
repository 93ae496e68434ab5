//! Between pictures and the samples that the network takes noise from: the same numbers, or an autoencoder's latents. Only
//! this file knows how the size of one follows from the size of the other.

use std::sync::{Arc, OnceLock};

use burn::tensor::{Device, Tensor, TensorData, Transaction};

use super::preview::LatentColors;
use crate::error::Result;
use crate::readback;
use crate::vae::Autoencoder;
use crate::weights::Storage;

/// What turns pictures into samples, and samples into pictures. A clone shares the autoencoder.
#[derive(Debug, Clone)]
pub enum Codec {
    /// A sample is a picture with this many channels: 1 (grey) or 3 (red, green, blue).
    Pixels { channels: usize },
    /// A sample is what an autoencoder makes of a picture.
    Latents { autoencoder: Arc<Autoencoder>, colors: Arc<OnceLock<LatentColors>> },
}

impl Codec {
    /// The codec of a latent diffusion model.
    pub fn latents(autoencoder: Autoencoder) -> Self {
        Self::Latents { autoencoder: Arc::new(autoencoder), colors: Arc::default() }
    }

    /// Channels of a picture.
    pub fn picture_channels(&self) -> usize {
        match self {
            Self::Pixels { channels } => *channels,
            Self::Latents { autoencoder, .. } => autoencoder.picture_channels(),
        }
    }

    /// Pixels along a side for each of a sample's.
    pub fn scale_factor(&self) -> usize {
        match self {
            Self::Pixels { .. } => 1,
            Self::Latents { autoencoder, .. } => autoencoder.scale_factor(),
        }
    }

    /// `[channels, height, width]` of the sample for a picture of `[height, width]`.
    pub fn sample_shape(&self, size: [usize; 2]) -> [usize; 3] {
        let [height, width] = size.map(|size| size / self.scale_factor());
        match self {
            Self::Pixels { channels } => [*channels, height, width],
            Self::Latents { autoencoder, .. } => [autoencoder.latent_channels(), height, width],
        }
    }

    /// Checks that there is room for pictures of `[height, width]` on their way to and from samples.
    ///
    /// # Errors
    /// `unsupported-model`, with both numbers.
    pub fn check_size(&self, size: [usize; 2], storage: Storage) -> Result<()> {
        match self {
            Self::Pixels { .. } => Ok(()),
            Self::Latents { autoencoder, .. } => autoencoder.config().check_size(size, storage),
        }
    }

    /// The samples of pictures `[rows, picture_channels, height, width]`. An autoencoder's are drawn
    /// from its posterior with unit-variance `noise` of a sample's shape; without noise they are its mean.
    pub fn encode(&self, pictures: Tensor<4>, noise: Option<Tensor<4>>) -> Tensor<4> {
        match self {
            Self::Pixels { .. } => pictures,
            Self::Latents { autoencoder, .. } => autoencoder.encode(pictures, noise),
        }
    }

    /// A mask `[height, width]` of a picture for its sample, `[1, 1, height', width']`: of the pixels of a latent the first
    /// counts, as in diffusers.
    pub fn mask_of_sample(&self, mask: &[f32], size: [usize; 2], device: &Device) -> Tensor<4> {
        let (factor, [_, height, width]) = (self.scale_factor(), self.sample_shape(size));
        let lines = mask.chunks_exact(size[1]).step_by(factor);
        let mask: Vec<f32> = lines.flat_map(|line| line.iter().step_by(factor).copied()).collect();
        Tensor::from_data(TensorData::new(mask, [1, 1, height, width]), device)
    }

    /// Pictures `[rows, picture_channels, height, width]` of samples without noise, whose numbers have been read. An
    /// autoencoder needs much memory for a picture, so that it decodes one after the other.
    ///
    /// # Errors
    /// Those of [`readback::read`].
    pub async fn decode(&self, samples: &Tensor<4>, numbers: &[f32]) -> Result<Vec<f32>> {
        let Self::Latents { autoencoder, .. } = self else {
            return Ok(numbers.to_vec());
        };
        let mut pictures = Vec::new();
        for row in 0..samples.dims()[0] {
            let picture = autoencoder.decode(samples.clone().narrow(0, row, 1));
            pictures.extend(readback::read(Transaction::default().register(picture)).await?.concat());
        }
        Ok(pictures)
    }

    /// Previews in the shape of [`Self::decode`]'s, of numbers in the shape of `samples`, which may still have noise. They cost
    /// next to nothing.
    ///
    /// # Errors
    /// Those of [`readback::read`].
    pub async fn previews(&self, samples: &Tensor<4>, numbers: Vec<f32>) -> Result<Vec<f32>> {
        match self {
            Self::Pixels { .. } => Ok(numbers),
            Self::Latents { autoencoder, colors } => {
                let colors = if let Some(colors) = colors.get() {
                    colors
                } else {
                    let fitted = LatentColors::fit(autoencoder, &samples.device()).await?;
                    colors.get_or_init(|| fitted)
                };
                Ok(colors.previews(&numbers, samples.dims(), autoencoder.scale_factor()))
            }
        }
    }
}
