//! A tensor's numbers in other memory, which a [`Recording`](super::Recording) reads, or overwrites the next time.

#[cfg(gpu)]
mod gpu;

use burn::tensor::Tensor;

/// `x`, in memory of its own on a GPU: no other tensor's, and none that a recording writes.
#[must_use]
pub fn copy<const D: usize>(x: &Tensor<D>) -> Tensor<D> {
    let mut y = Tensor::empty(x.dims(), &x.device());
    copy_into(x, &mut y);
    y
}

/// Makes `y` what `x` is, on a GPU in the memory where it is.
///
/// # Panics
/// When the shapes differ.
pub fn copy_into<const D: usize>(x: &Tensor<D>, y: &mut Tensor<D>) {
    assert_eq!(x.dims(), y.dims(), "copy_into: the shapes differ");
    #[cfg(gpu)]
    if gpu::copy_into(x, y).is_some() {
        return;
    }
    *y = x.clone();
}
