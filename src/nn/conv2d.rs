use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use crate::weights::Parameters;

/// A convolution of pictures, as PyTorch's `nn.Conv2d` with a square kernel.
#[derive(Debug, Clone)]
pub struct Conv2d {
    weight: Tensor<4>,
    bias: Tensor<1>,
    stride: usize,
    /// Zeros before and behind the rows and columns.
    padding: (usize, usize),
}

impl Conv2d {
    /// A layer with kernels of `size × size`, an odd number, that keeps a picture's size.
    #[must_use]
    pub fn new(mut parameters: Parameters, inputs: usize, outputs: usize, size: usize) -> Self {
        Self {
            weight: parameters.tensor("weight", [outputs, inputs, size, size]),
            bias: parameters.vector("bias", outputs),
            stride: 1,
            padding: (size / 2, size / 2),
        }
    }

    /// The same that takes every `stride`th place only, with so many zeros before and behind rows and columns.
    #[must_use]
    pub fn strided(self, stride: usize, padding: (usize, usize)) -> Self {
        Self { stride, padding, ..self }
    }

    /// `x [rows, inputs, height, width]` to `[rows, outputs, height', width']`.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let mut options = ConvOptions::new([self.stride; 2], [0; 2], [1; 2], 1);
        options.padding = [self.padding; 2];
        conv2d(x, self.weight.clone(), Some(self.bias.clone()), options)
    }
}
