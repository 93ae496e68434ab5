//! What a network asks for by the checkpoint's own names, as it is built.

use std::collections::BTreeMap;
use std::fmt::Display;

use burn::tensor::{Device, Tensor};

use super::checkpoint::{Kept, Wanted};
use crate::kernels::{ConvKernels, Format, Layout, Weight};

/// The tensors of a checkpoint under a prefix. A network is built twice: first to learn what it wants, with tensors
/// that are empty, and again when all have come.
#[derive(Debug)]
pub struct Parameters<'a> {
    source: &'a mut Source,
    prefix: String,
    is_exact: bool,
}

#[derive(Debug)]
pub(super) enum Source {
    Survey(BTreeMap<String, Wanted>),
    Arrived(BTreeMap<String, Arrived>),
}

/// A tensor on the device.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // a box for each would save nothing: most are weights
pub(super) enum Arrived {
    /// In `f32`.
    Plain(Tensor<1>),
    Weight(Weight),
    Kernels(ConvKernels),
}

impl<'a> Parameters<'a> {
    pub(super) fn new(source: &'a mut Source) -> Self {
        Self { source, prefix: String::new(), is_exact: false }
    }

    /// The tensors of a part: those whose names begin with `name` and a dot.
    pub fn within(&mut self, name: impl Display) -> Parameters<'_> {
        let prefix = format!("{}{name}.", self.prefix);
        Parameters { source: self.source, prefix, is_exact: self.is_exact }
    }

    /// The same, all in `f32` whatever the [`Storage`](super::Storage) says: for small parts whose rounding shows.
    #[must_use]
    pub fn exact(self) -> Self {
        Self { is_exact: true, ..self }
    }

    /// A list of `len` numbers, in `f32`.
    pub fn vector(&mut self, name: &str, len: usize) -> Tensor<1> {
        self.tensor(name, [len])
    }

    /// A tensor of the file's shape, in `f32`.
    pub fn tensor<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Tensor<D> {
        match self.take(name, &shape, Kept::Tensor) {
            Some(Arrived::Plain(tensor)) => tensor.reshape(shape),
            _ => Tensor::empty([1; D], &Device::flex()),
        }
    }

    /// A matrix of the file's shape, in the format that the checkpoint's [`Storage`](super::Storage) chooses.
    pub fn weight(&mut self, name: &str, shape: [usize; 2], layout: Layout) -> Weight {
        match self.take(name, &shape, Kept::Matrix(layout)) {
            Some(Arrived::Weight(weight)) => weight,
            _ => Weight::new(vec![0.0], [1, 1], layout, Format::F32, &Device::flex()),
        }
    }

    /// The kernels of a convolution, `[outputs, inputs, size, size]`, in the same format.
    pub fn kernels(&mut self, name: &str, shape: [usize; 4]) -> ConvKernels {
        match self.take(name, &shape, Kept::Kernels) {
            Some(Arrived::Kernels(kernels)) => kernels,
            _ => ConvKernels::new(&[0.0], [1; 4], Format::F32, &Device::flex()),
        }
    }

    fn take(&mut self, name: &str, shape: &[usize], kept: Kept) -> Option<Arrived> {
        let name = format!("{}{name}", self.prefix);
        match self.source {
            Source::Survey(all) => {
                all.insert(name, Wanted { shape: shape.to_vec(), kept, is_exact: self.is_exact });
                None
            }
            Source::Arrived(all) => all.remove(&name),
        }
    }
}
