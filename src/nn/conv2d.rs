use burn::tensor::Tensor;

use crate::kernels::{ConvGeometry, ConvWeight, Epilogue, Format, conv2d};
use crate::weights::Parameters;

/// A convolution of pictures, as PyTorch's `nn.Conv2d` with a square kernel.
#[derive(Debug, Clone)]
pub struct Conv2d {
    weight: ConvWeight,
    /// Zeros in a layer without a bias: the kernel adds one in any case.
    bias: Tensor<1>,
}

impl Conv2d {
    /// A layer with kernels of `size × size`, an odd number, that keeps a picture's size.
    #[must_use]
    pub fn new(parameters: Parameters, inputs: usize, outputs: usize, size: usize) -> Self {
        let padding = (size / 2, size / 2);
        let geometry = ConvGeometry { stride: 1, padding, doubled: false };
        Self::with_geometry(parameters, inputs, outputs, size, geometry)
    }

    /// A layer whose kernels go over a picture in another way.
    #[must_use]
    pub fn with_geometry(
        mut parameters: Parameters,
        inputs: usize,
        outputs: usize,
        size: usize,
        geometry: ConvGeometry,
    ) -> Self {
        let kernels = parameters.kernels("weight", [outputs, inputs, size, size]);
        Self { weight: ConvWeight::new(kernels, geometry), bias: parameters.vector("bias", outputs) }
    }

    /// The same without a bias.
    #[must_use]
    pub fn without_bias(
        mut parameters: Parameters,
        inputs: usize,
        outputs: usize,
        size: usize,
        geometry: ConvGeometry,
    ) -> Self {
        let kernels = parameters.kernels("weight", [outputs, inputs, size, size]);
        let bias = Tensor::zeros([outputs], &kernels.device());
        Self { weight: ConvWeight::new(kernels, geometry), bias }
    }

    /// Height and width of a kernel.
    #[must_use]
    pub fn size(&self) -> usize {
        self.weight.kernels().size()
    }

    /// How the kernels go over a picture.
    #[must_use]
    pub fn geometry(&self) -> ConvGeometry {
        self.weight.geometry()
    }

    /// How the kernels are kept.
    #[must_use]
    pub fn format(&self) -> Format {
        self.weight.kernels().format()
    }

    /// `x [rows, inputs, height, width]` to `[rows, outputs, height', width']`.
    #[must_use]
    pub fn forward(&self, x: &Tensor<4>) -> Tensor<4> {
        self.forward_with(x, &Epilogue::default())
    }

    /// The same with more added to it.
    #[must_use]
    pub fn forward_with(&self, x: &Tensor<4>, epilogue: &Epilogue) -> Tensor<4> {
        conv2d(x, &self.weight, &self.bias, epilogue)
    }
}
