//! A gated linear unit whose gate is a GELU. Source: Shazeer, "GLU Variants Improve Transformer" (2020),
//! <https://arxiv.org/abs/2002.05202>; the order of the halves is that of diffusers' `GEGLU`.

mod cpu;
#[cfg(gpu)]
mod gpu;

use burn::tensor::{Tensor, activation::gelu};

use super::gradients::tracks_gradients;

/// `hidden · gelu(gate)` of `x [rows, 2 · n]`, which has both halves side by side, hidden first. Gives `[rows, n]`. The GELU is
/// the one with the error function.
///
/// # Panics
/// When `x` has an odd number of columns.
#[must_use]
pub fn geglu(x: &Tensor<2>) -> Tensor<2> {
    assert!(x.dims()[1].is_multiple_of(2), "geglu: x has two halves");
    if tracks_gradients([x]) {
        return geglu_twin(x);
    }
    #[cfg(gpu)]
    if let Some(y) = gpu::geglu(x) {
        return y;
    }
    cpu::geglu(x)
}

/// The same as [`geglu`] in Burn's own operations.
#[must_use]
pub fn geglu_twin(x: &Tensor<2>) -> Tensor<2> {
    let width = x.dims()[1] / 2;
    x.clone().narrow(1, 0, width) * gelu(x.clone().narrow(1, width, width))
}
