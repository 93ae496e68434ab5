//! Convolutions of pictures in one pass, with all that is added to them.

mod cpu;
#[cfg(gpu)]
mod gpu;
mod im2col;
mod kept;
mod kernels;
#[cfg(gpu)]
mod patches;
mod picture;
#[cfg(gpu)]
mod slices;
mod winograd;

use std::sync::{Arc, OnceLock};

use burn::tensor::ops::{ConvOptions, InterpolateMode, InterpolateOptions};
use burn::tensor::{Tensor, module};

use super::gradients::tracks_gradients;
pub use kept::KEPT_BYTES;
use kept::Kept;
pub use kernels::ConvKernels;

/// The weights of a convolution with square kernels.
#[derive(Debug, Clone)]
pub struct ConvWeight {
    kernels: ConvKernels,
    /// On the CPU as [`winograd`] takes them, for small and large tiles, once a picture has needed them; `None` where they
    /// did not fit. Those of packed kernels are not kept: they would take the memory that packing saves.
    transformed: Arc<[OnceLock<Option<Kept>>; 2]>,
    geometry: ConvGeometry,
}

/// How the kernels go over a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConvGeometry {
    /// Pixels from one position of a kernel to the next.
    pub stride: usize,
    /// Zeros before and behind the rows and columns.
    pub padding: (usize, usize),
    /// Each pixel of the picture counts as four: the picture is doubled before.
    pub doubled: bool,
}

/// What [`conv2d`] adds to the convolution.
#[derive(Debug, Clone, Default)]
pub struct Epilogue {
    /// `[rows, outputs]`: a number for all pixels of a channel.
    pub per_channel: Option<Tensor<2>>,
    /// In the shape of the result.
    pub residual: Option<Tensor<4>>,
}

impl ConvWeight {
    /// Kernels that go over a picture in this way.
    #[must_use]
    pub fn new(kernels: ConvKernels, geometry: ConvGeometry) -> Self {
        Self { kernels, transformed: Arc::default(), geometry }
    }

    /// The kernels themselves.
    #[must_use]
    pub fn kernels(&self) -> &ConvKernels {
        &self.kernels
    }

    /// How they go over a picture.
    #[must_use]
    pub fn geometry(&self) -> ConvGeometry {
        self.geometry
    }

    /// Height and width of what comes of a picture of `[height, width]`.
    #[must_use]
    pub fn output_size(&self, size: [usize; 2]) -> [usize; 2] {
        let ConvGeometry { stride, padding: (before, behind), doubled } = self.geometry;
        size.map(|size| {
            let size = if doubled { 2 * size } else { size };
            (size + before + behind - self.kernels.size()) / stride + 1
        })
    }
}

/// `convolution(x) + bias + per_channel + residual` for `x [rows, inputs, height, width]` and `bias [outputs]`. Gives
/// `[rows, outputs, height', width']`.
///
/// # Panics
/// When the shapes do not fit, or the tensors are on several devices.
#[must_use]
pub fn conv2d(x: &Tensor<4>, weight: &ConvWeight, bias: &Tensor<1>, epilogue: &Epilogue) -> Tensor<4> {
    let ([rows, inputs, height, width], outputs) = (x.dims(), weight.kernels.outputs());
    let [out_height, out_width] = weight.output_size([height, width]);
    let shape = [rows, outputs, out_height, out_width];
    assert!(
        inputs == weight.kernels.inputs()
            && bias.dims() == [outputs]
            && epilogue.per_channel.as_ref().is_none_or(|numbers| numbers.dims() == [rows, outputs])
            && epilogue.residual.as_ref().is_none_or(|residual| residual.dims() == shape),
        "conv2d: the shapes do not fit"
    );
    if tracks_gradients([x])
        || weight.kernels.matrix().tracks_gradients()
        || tracks_gradients([bias])
        || tracks_gradients(&epilogue.per_channel)
        || tracks_gradients(&epilogue.residual)
    {
        return conv2d_twin(x, weight, bias, epilogue);
    }
    #[cfg(gpu)]
    if let Some(y) = gpu::conv2d(x, weight, bias, epilogue, shape) {
        return y;
    }
    cpu::conv2d(x, weight, bias, epilogue, shape)
}

/// The same as [`conv2d`] in Burn's own operations.
#[must_use]
pub fn conv2d_twin(x: &Tensor<4>, weight: &ConvWeight, bias: &Tensor<1>, epilogue: &Epilogue) -> Tensor<4> {
    let ([_, _, height, width], geometry) = (x.dims(), weight.geometry);
    let x = if geometry.doubled {
        let size = [2 * height, 2 * width];
        let options = InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size);
        module::interpolate(x.clone(), options)
    } else {
        x.clone()
    };
    let mut options = ConvOptions::new([geometry.stride; 2], [0; 2], [1; 2], 1);
    options.padding = [geometry.padding; 2];
    let y = module::conv2d(x, weight.kernels.to_tensor(), Some(bias.clone()), options);
    let y = match &epilogue.per_channel {
        Some(numbers) => y + numbers.clone().unsqueeze_dims(&[2, 3]),
        None => y,
    };
    match &epilogue.residual {
        Some(residual) => y + residual.clone(),
        None => y,
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::kernels::Format;

    #[test]
    fn packed_kernels_leave_nothing_unpacked_behind() {
        let device = Device::flex();
        let geometry = ConvGeometry { stride: 1, padding: (1, 1), doubled: false };
        for (format, is_kept) in [(Format::F32, true), (Format::F16, false), (Format::Q8, false)] {
            let kernels = ConvKernels::new(&[0.5; 8 * 8 * 9], [8, 8, 3, 3], format, &device);
            let weight = ConvWeight::new(kernels, geometry);
            let (x, bias) = (Tensor::ones([1, 8, 16, 16], &device), Tensor::zeros([8], &device));
            let _ = conv2d(&x, &weight, &bias, &Epilogue::default());
            let kept = weight.transformed.iter().any(|kept| matches!(kept.get(), Some(Some(_))));
            assert_eq!(kept, is_kept, "{format:?}");
        }
    }
    #[test]
    fn kernels_that_there_is_no_room_to_keep_are_transformed_for_each_call() {
        let device = Device::flex();
        let geometry = ConvGeometry { stride: 1, padding: (1, 1), doubled: false };
        #[allow(clippy::cast_precision_loss)]
        let values: Vec<f32> = (0..13 * 10 * 9).map(|n| ((n * 37 % 101) as f32 - 50.0) / 500.0).collect();
        let x = Tensor::from_data([[[[0.5, -1.0], [2.0, 0.25]]]], &device).repeat(&[2, 10, 9, 8]);
        let bias = Tensor::ones([13], &device);
        let weight = || {
            let kernels = ConvKernels::new(&values, [13, 10, 3, 3], Format::F32, &device);
            ConvWeight::new(kernels, geometry)
        };
        let (kept, not_kept) = (weight(), weight());
        for kept in not_kept.transformed.iter() {
            assert!(kept.set(None).is_ok());
        }
        let [y, same] = [kept, not_kept].map(|weight| conv2d(&x, &weight, &bias, &Epilogue::default()));
        assert_eq!(y.into_data(), same.into_data());
    }
}
