//! Rows of a table: the embeddings of tokens and of positions.

mod cpu;
#[cfg(gpu)]
mod gpu;

use burn::tensor::Tensor;

use super::Indices;
use super::gradients::tracks_gradients;
use super::weight::{Layout, Weight};

/// The rows of `table [outputs, inputs]` that `indices` name, each added to that of `sum [indices, inputs]` if there is
/// one. Gives `[indices, inputs]`.
///
/// # Panics
/// When an index is beyond the table, or the shapes do not fit.
#[must_use]
pub fn gather(table: &Weight, indices: &Indices, sum: Option<&Tensor<2>>) -> Tensor<2> {
    let (rows, width) = (table.outputs(), table.inputs());
    let values = indices.values();
    let shape = [values.len(), width];
    assert_eq!(table.layout(), Layout::OutIn, "gather: a table has its rows one after the other");
    assert!(values.iter().all(|&index| index < rows), "gather: the table has {rows} rows");
    assert!(sum.is_none_or(|sum| sum.dims() == shape), "gather: the shapes do not fit");
    if table.tracks_gradients() || tracks_gradients(sum) {
        return gather_twin(table, indices, sum);
    }
    #[cfg(gpu)]
    if let Some(gathered) = gpu::gather(table, indices, sum) {
        return gathered;
    }
    cpu::gather(table, indices, sum)
}

/// The same as [`gather`] in Burn's own operations.
#[must_use]
pub fn gather_twin(table: &Weight, indices: &Indices, sum: Option<&Tensor<2>>) -> Tensor<2> {
    let rows = table.to_tensor().transpose().select(0, indices.on_device.clone());
    match sum {
        Some(sum) => rows + sum.clone(),
        None => rows,
    }
}
