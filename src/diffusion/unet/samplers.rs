//! What leads from one of a U-Net's sizes to the next: a convolution, or a residual block that averages or repeats.
//!
//! Reference: the `downsamplers` and `upsamplers` of diffusers' `models/unets/unet_2d_blocks.py`.

use burn::tensor::Tensor;

use super::kinds::Sampler;
use crate::nn::{Downsample2D, Resize, ResnetBlock2D, ResnetOptions, Upsample2D};
use crate::weights::Parameters;

#[derive(Debug, Clone)]
pub(super) enum Downsampler {
    Conv(Box<Downsample2D>),
    Resnet(Box<ResnetBlock2D>),
}

impl Downsampler {
    /// `padding` is that of the convolution, 0 or 1.
    pub fn new(
        sampler: Sampler,
        options: ResnetOptions,
        channels: usize,
        padding: usize,
        parameters: Parameters,
    ) -> Self {
        match sampler {
            Sampler::Conv => Self::Conv(Box::new(Downsample2D::new(channels, padding, parameters))),
            Sampler::Resnet => {
                let resnet = ResnetBlock2D::new(options, channels, channels, parameters);
                Self::Resnet(Box::new(resnet.resizing(Resize::Halve)))
            }
        }
    }

    pub fn forward(&self, x: Tensor<4>, temb: &Tensor<2>) -> Tensor<4> {
        match self {
            Self::Conv(conv) => conv.forward(&x),
            Self::Resnet(resnet) => resnet.forward(x, Some(temb)),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Upsampler {
    Conv(Box<Upsample2D>),
    Resnet(Box<ResnetBlock2D>),
}

impl Upsampler {
    pub fn new(sampler: Sampler, options: ResnetOptions, channels: usize, parameters: Parameters) -> Self {
        match sampler {
            Sampler::Conv => Self::Conv(Box::new(Upsample2D::new(channels, parameters))),
            Sampler::Resnet => {
                let resnet = ResnetBlock2D::new(options, channels, channels, parameters);
                Self::Resnet(Box::new(resnet.resizing(Resize::Double)))
            }
        }
    }

    pub fn forward(&self, x: Tensor<4>, temb: &Tensor<2>) -> Tensor<4> {
        match self {
            Self::Conv(conv) => conv.forward(&x),
            Self::Resnet(resnet) => resnet.forward(x, Some(temb)),
        }
    }
}
