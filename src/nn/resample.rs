//! What halves and doubles a picture's size.
//!
//! Reference: diffusers' `Downsample2D` and `Upsample2D`.
//!
//! ```text
//! x [rows, channels, h, w] ► conv, every other pixel   ► [rows, channels, h/2, w/2]
//! x [rows, channels, h, w] ► each pixel as four ► conv ► [rows, channels, 2h, 2w]
//! ```

use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool2d, interpolate};
use burn::tensor::ops::{AvgPoolOptions, InterpolateMode, InterpolateOptions};

use super::{Bands, Conv2d};
use crate::kernels::ConvGeometry;
use crate::weights::Parameters;

/// `x [rows, channels, height, width]`, each four pixels as their mean.
pub(super) fn halve(x: Tensor<4>) -> Tensor<4> {
    avg_pool2d(x, AvgPoolOptions::new([2, 2]))
}

/// `x [rows, channels, height, width]`, each pixel as four.
pub(super) fn double(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    enlarge(x, [2 * height, 2 * width])
}

/// The same at a size of which `x`'s is a fraction.
pub(super) fn enlarge(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    if size == [height, width] {
        return x;
    }
    interpolate(x, InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size))
}

/// A convolution with stride 2.
#[derive(Debug, Clone)]
pub struct Downsample2D {
    conv: Conv2d,
}

impl Downsample2D {
    /// A layer that pads pictures with `padding` rows and columns of zeros, 0 or 1. One row and column of zeros is behind
    /// them in either case.
    #[must_use]
    pub fn new(channels: usize, padding: usize, mut parameters: Parameters) -> Self {
        let geometry = ConvGeometry { stride: 2, padding: (padding, 1), doubled: false };
        Self { conv: Conv2d::with_geometry(parameters.within("conv"), channels, channels, 3, geometry) }
    }

    /// `x [rows, channels, height, width]` to `[rows, channels, height/2, width/2]`.
    #[must_use]
    pub fn forward(&self, x: &Tensor<4>) -> Tensor<4> {
        self.conv.forward(x)
    }

    /// The same over a picture in bands of even heights.
    #[must_use]
    pub fn over(&self, x: &Bands) -> Bands {
        self.conv.over(x, |band| band)
    }
}

/// A convolution of the doubled picture.
#[derive(Debug, Clone)]
pub struct Upsample2D {
    conv: Conv2d,
}

impl Upsample2D {
    /// A layer for pictures of `channels`.
    #[must_use]
    pub fn new(channels: usize, mut parameters: Parameters) -> Self {
        let geometry = ConvGeometry { stride: 1, padding: (1, 1), doubled: true };
        Self { conv: Conv2d::with_geometry(parameters.within("conv"), channels, channels, 3, geometry) }
    }

    /// `x [rows, channels, height, width]` to `[rows, channels, 2 · height, 2 · width]`.
    #[must_use]
    pub fn forward(&self, x: &Tensor<4>) -> Tensor<4> {
        self.conv.forward(x)
    }

    /// The same over a picture in bands.
    #[must_use]
    pub fn over(&self, x: &Bands) -> Bands {
        self.conv.over(x, |band| band)
    }
}
