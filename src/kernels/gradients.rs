//! Which of a kernel and its twin computes.

use burn::tensor::{Device, Tensor};

/// The wasm has none: what it trains, it differentiates by hand (`gan::train`). It would carry every twin, and the operations of Burn's under it, if that were not known
/// when it is compiled.
const HAS_GRADIENTS: bool = cfg!(not(target_arch = "wasm32"));

/// Whether Burn tracks gradients of one of a kernel's tensors. Then the kernel leaves the call to its twin, since Burn can
/// differentiate its own operations only. Kernels ask this before all else.
#[inline(always)] // or the wasm would not know that it is never so
#[allow(clippy::inline_always)]
pub fn tracks_gradients<'a, const D: usize>(tensors: impl IntoIterator<Item = &'a Tensor<D>>) -> bool {
    HAS_GRADIENTS && tensors.into_iter().any(Tensor::is_autodiff)
}

/// Whether Burn tracks gradients of what is on a device.
pub fn is_tracking(device: &Device) -> bool {
    HAS_GRADIENTS && device.is_autodiff()
}
