//! What changes a picture's size between the blocks of a U-Net.
//!
//! Reference: diffusers' `Downsample2D` and `Upsample2D`.
//!
//! ```text
//! x [rows, channels, h, w] ► conv, every other place         ► [rows, channels, h/2, w/2]
//! x [rows, channels, h, w] ► each place as four ► conv       ► [rows, channels, 2h, 2w]
//! ```

use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool2d, interpolate};
use burn::tensor::ops::{AvgPoolOptions, InterpolateMode, InterpolateOptions};

use super::kinds::Sampler;
use super::resnet::{Resize, ResnetBlock2D, ResnetOptions};
use crate::kernels::ConvGeometry;
use crate::nn::Conv2d;
use crate::weights::Parameters;

/// `x [rows, channels, height, width]`, each four places as their mean.
pub(super) fn halve(x: Tensor<4>) -> Tensor<4> {
    avg_pool2d(x, AvgPoolOptions::new([2, 2]))
}

/// `x [rows, channels, height, width]`, each place as four.
pub(super) fn double(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let options = InterpolateOptions::new(InterpolateMode::Nearest).with_output_size([2 * height, 2 * width]);
    interpolate(x, options)
}

#[derive(Debug, Clone)]
pub(super) enum Downsampler {
    Conv(Box<Conv2d>),
    Resnet(Box<ResnetBlock2D>),
}

impl Downsampler {
    /// `padding` is that of the convolution, 0 or 1.
    pub fn new(
        sampler: Sampler,
        options: ResnetOptions,
        channels: usize,
        padding: usize,
        mut parameters: Parameters,
    ) -> Self {
        match sampler {
            Sampler::Conv => {
                let parameters = parameters.within("conv");
                // Without padding, a row and a column of zeros behind the picture.
                let geometry = ConvGeometry { stride: 2, padding: (padding, 1), doubled: false };
                Self::Conv(Box::new(Conv2d::with_geometry(parameters, channels, channels, 3, geometry)))
            }
            Sampler::Resnet => {
                let resnet = ResnetBlock2D::new(options, channels, channels, parameters);
                Self::Resnet(Box::new(resnet.resizing(Resize::Halve)))
            }
        }
    }

    pub fn forward(&self, x: Tensor<4>, temb: &Tensor<2>) -> Tensor<4> {
        match self {
            Self::Conv(conv) => conv.forward(&x),
            Self::Resnet(resnet) => resnet.forward(x, temb),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Upsampler {
    Conv(Box<Conv2d>),
    Resnet(Box<ResnetBlock2D>),
}

impl Upsampler {
    pub fn new(
        sampler: Sampler,
        options: ResnetOptions,
        channels: usize,
        mut parameters: Parameters,
    ) -> Self {
        match sampler {
            Sampler::Conv => {
                let parameters = parameters.within("conv");
                let geometry = ConvGeometry { stride: 1, padding: (1, 1), doubled: true };
                Self::Conv(Box::new(Conv2d::with_geometry(parameters, channels, channels, 3, geometry)))
            }
            Sampler::Resnet => {
                let resnet = ResnetBlock2D::new(options, channels, channels, parameters);
                Self::Resnet(Box::new(resnet.resizing(Resize::Double)))
            }
        }
    }

    pub fn forward(&self, x: Tensor<4>, temb: &Tensor<2>) -> Tensor<4> {
        match self {
            Self::Conv(conv) => conv.forward(&x),
            Self::Resnet(resnet) => resnet.forward(x, temb),
        }
    }
}
