//! Which of a kernel and its twin computes.

use burn::tensor::Tensor;

/// Whether Burn tracks gradients of one of a kernel's tensors. Then the kernel leaves the call to its twin, since Burn can
/// differentiate its own operations only.
///
/// Kernels ask this before all else. Without Burn's feature `autodiff` no tensor does, and asking costs next to nothing.
pub fn tracks_gradients<'a, const D: usize>(tensors: impl IntoIterator<Item = &'a Tensor<D>>) -> bool {
    tensors.into_iter().any(Tensor::is_autodiff)
}
