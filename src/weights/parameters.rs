//! What a network asks for by the checkpoint's own names, as it is built.

use std::collections::BTreeMap;
use std::fmt::Display;

use burn::tensor::{Device, Tensor};

use super::checkpoint::Wanted;
use crate::kernels::{Format, Layout, Weight};

/// The tensors of a checkpoint under a prefix. A network is built twice: first to learn what it wants, with tensors
/// that are empty, and again when all have come.
#[derive(Debug)]
pub struct Parameters<'a> {
    source: &'a mut Source,
    prefix: String,
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
}

impl<'a> Parameters<'a> {
    pub(super) fn new(source: &'a mut Source) -> Self {
        Self { source, prefix: String::new() }
    }

    /// The tensors of a part: those whose names begin with `name` and a dot.
    pub fn within(&mut self, name: impl Display) -> Parameters<'_> {
        Parameters { prefix: format!("{}{name}.", self.prefix), source: self.source }
    }

    /// A list of `len` numbers, in `f32`.
    pub fn vector(&mut self, name: &str, len: usize) -> Tensor<1> {
        self.tensor(name, [len])
    }

    /// A tensor of the file's shape, in `f32`: the kernels of a convolution `[outputs, inputs, height, width]`.
    pub fn tensor<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Tensor<D> {
        match self.take(name, Wanted { shape: shape.to_vec(), transposed: false, layout: None }) {
            Some(Arrived::Plain(tensor)) => tensor.reshape(shape),
            _ => Tensor::empty([1; D], &Device::flex()),
        }
    }

    /// A matrix of the file's shape, in the format that the checkpoint's [`Storage`](super::Storage) chooses.
    pub fn weight(&mut self, name: &str, shape: [usize; 2], layout: Layout) -> Weight {
        match self.take(name, Wanted { shape: shape.to_vec(), transposed: false, layout: Some(layout) }) {
            Some(Arrived::Weight(weight)) => weight,
            _ => Weight::new(vec![0.0], [1, 1], layout, Format::F32, &Device::flex()),
        }
    }

    fn take(&mut self, name: &str, wanted: Wanted) -> Option<Arrived> {
        let name = format!("{}{name}", self.prefix);
        match self.source {
            Source::Survey(all) => {
                all.insert(name, wanted);
                None
            }
            Source::Arrived(all) => all.remove(&name),
        }
    }
}
