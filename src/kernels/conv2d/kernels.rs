//! The kernels of a convolution, which are kept as a matrix is, in any format.

use burn::tensor::{Device, Tensor};

use crate::kernels::{Format, Layout, Weight};

/// Square kernels `[outputs, inputs, size, size]`, as a matrix of `size² · inputs` inputs, the channels side by side: numbers
/// that share a scale in [`Format::Q8`] are of neighbouring channels at one position of the kernel, where they are as large as
/// each other more often than those of a channel are.
#[derive(Debug, Clone)]
pub struct ConvKernels {
    shape: [usize; 4],
    /// `[outputs, size² · inputs]` on the CPU, and on the GPU `[size² · inputs, outputs]`, the outputs filled up to a multiple
    /// of four.
    matrix: Weight,
}

/// Outputs that are turned over at a time, so that what is written together lies together in a cache line.
const BAND: usize = 16;

impl ConvKernels {
    /// Puts `values [outputs, inputs, size, size]`, as PyTorch has them, on a device.
    ///
    /// # Panics
    /// When there are not as many values as the shape says.
    #[must_use]
    pub fn new(values: &[f32], shape: [usize; 4], format: Format, device: &Device) -> Self {
        let ([outputs, inputs, ..], [inner, padded]) = (shape, Self::matrix_shape(shape));
        assert_eq!(values.len(), outputs * inner, "ConvKernels: the shape does not fit");
        // With how far it is from an output to the next, and from a number of an output to the next.
        let (layout, matrix, step, stride) = if *device == Device::flex() {
            (Layout::OutIn, [outputs, inner], inner, 1)
        } else {
            (Layout::InOut, [inner, padded], 1, padded)
        };
        let positions = inner / inputs.max(1);
        let mut arranged = vec![0.0; matrix[0] * matrix[1]];
        for (band, values) in values.chunks((BAND * inner).max(1)).enumerate() {
            for (row, values) in values.chunks_exact(inner).enumerate() {
                let first = (BAND * band + row) * step;
                for (input, values) in values.chunks_exact(positions).enumerate() {
                    for (position, &value) in values.iter().enumerate() {
                        arranged[first + (position * inputs + input) * stride] = value;
                    }
                }
            }
        }
        Self { shape, matrix: Weight::new(arranged, matrix, layout, format, device) }
    }

    /// The shape of the largest matrix that kernels are kept as.
    #[must_use]
    pub fn matrix_shape([outputs, inputs, height, width]: [usize; 4]) -> [usize; 2] {
        [height * width * inputs, outputs.next_multiple_of(4)]
    }

    /// Channels of a picture.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.shape[1]
    }

    /// Channels of the result.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.shape[0]
    }

    /// Height and width of a kernel.
    #[must_use]
    pub fn size(&self) -> usize {
        self.shape[2]
    }

    /// As they are kept.
    pub(super) fn matrix(&self) -> &Weight {
        &self.matrix
    }

    /// How they are kept.
    #[must_use]
    pub fn format(&self) -> Format {
        self.matrix.format()
    }

    /// Where they are.
    #[must_use]
    pub fn device(&self) -> Device {
        self.matrix.device()
    }

    /// `[outputs, inputs, size, size]` in `f32`, as one of Burn's tensors. Burn can differentiate it where they are not packed.
    #[must_use]
    pub fn to_tensor(&self) -> Tensor<4> {
        let [outputs, inputs, height, width] = self.shape;
        let matrix = self.matrix.to_tensor().narrow(1, 0, outputs);
        matrix.reshape([height, width, inputs, outputs]).permute([3, 2, 0, 1])
    }
}
