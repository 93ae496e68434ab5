//! Tensors as a shader gets them.

use burn::backend::Wgpu;
use burn::backend::wgpu::{CubeTensor, into_contiguous};
use burn::tensor::{Int, Tensor};
use cubecl::client::Client;
use cubecl::server::Handle;

use super::Adapter;

/// A tensor's buffer on the GPU.
#[derive(Clone)]
pub struct Buffer(pub(super) CubeTensor);

impl Buffer {
    /// What the tensor's device runs on.
    pub fn adapter(&self) -> Adapter {
        Adapter::of_tensor(&self.0)
    }
}

/// The buffer of a tensor; `None` when it is not on a GPU.
pub fn buffer<const D: usize>(tensor: &Tensor<D>) -> Option<Buffer> {
    Some(Buffer(into_contiguous(tensor.clone().try_into_primitive::<Wgpu>().ok()?)))
}

/// The same for whole numbers.
pub fn int_buffer<const D: usize>(tensor: &Tensor<D, Int>) -> Option<Buffer> {
    Some(Buffer(into_contiguous(tensor.clone().try_into_primitive::<Wgpu>().ok()?)))
}

/// The buffers of all the tensors there are; `None` when one is not on a GPU.
pub fn buffers_of<'a, const D: usize>(
    tensors: impl IntoIterator<Item = &'a Tensor<D>>,
) -> Option<Vec<Buffer>> {
    tensors.into_iter().map(buffer).collect()
}

/// Memory for a kernel's result of a shape.
pub fn room<const D: usize>(client: &Client, shape: [usize; D]) -> Handle {
    client.empty(shape.iter().product::<usize>() * size_of::<f32>())
}
