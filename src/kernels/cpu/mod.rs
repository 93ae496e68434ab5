//! What kernels for the CPU share.

pub mod dots;
pub mod fused;
pub mod integers;
pub mod lanes;
pub mod tile;
pub mod tiles;

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::{Int, Tensor};

/// A tensor's numbers in memory, row by row.
///
/// # Panics
/// When the tensor is not on the CPU. A kernel comes here once its shader has refused the call.
#[track_caller]
pub fn numbers<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    tensor.try_into_primitive::<Flex>().expect(ONE_DEVICE).to_contiguous()
}

/// The same for whole numbers.
#[track_caller]
pub fn int_numbers<const D: usize>(tensor: Tensor<D, Int>) -> FlexTensor {
    tensor.try_into_primitive::<Flex>().expect(ONE_DEVICE).to_contiguous()
}

const ONE_DEVICE: &str = "a kernel's tensors are all on the GPU or all on the CPU";
