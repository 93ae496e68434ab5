//! Between pictures and the samples that the network takes noise from. Here they are the same; a latent diffusion model has
//! an autoencoder between them. Only this file knows how the size of one follows from the size of the other.

use burn::tensor::Tensor;

/// What turns pictures into samples, and samples into pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// A sample is a picture with this many channels: 1 (grey) or 3 (red, green, blue).
    Pixels { channels: usize },
}

impl Codec {
    /// Channels of a picture.
    pub fn picture_channels(self) -> usize {
        match self {
            Self::Pixels { channels } => channels,
        }
    }

    /// `[channels, height, width]` of the sample for a picture of `[height, width]`.
    pub fn sample_shape(self, [height, width]: [usize; 2]) -> [usize; 3] {
        match self {
            Self::Pixels { channels } => [channels, height, width],
        }
    }

    /// The samples of pictures `[rows, picture_channels, height, width]`.
    pub fn encode(self, pictures: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Pixels { .. } => pictures,
        }
    }

    /// A mask `[1, 1, height, width]` of a picture, for its sample.
    pub fn encode_mask(self, mask: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Pixels { .. } => mask,
        }
    }

    /// The pictures of samples without noise.
    pub fn decode(self, samples: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Pixels { .. } => samples,
        }
    }

    /// Previews of samples that still have noise: quick pictures in the shape of [`Self::decode`]'s.
    pub fn preview(self, samples: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Pixels { .. } => samples,
        }
    }
}
