//! A [`Weight`] in the CPU's memory.

use std::ops::Range;

use burn::backend::flex::FlexTensor;

pub use super::pack::as_bytes;
use super::pack::{as_halves, f32_of_f16};
use super::{Layout, Q8_BLOCK, Values, Weight};
use crate::kernels::cpu::tiles::{Columns, PANEL};
use crate::kernels::cpu::{int_numbers, numbers};

const ONE_127TH: f32 = 1.0 / 127.0;

/// A matrix in the CPU's memory, as [`Values`] describes it.
pub enum OnCpu {
    F32(FlexTensor),
    Panels(FlexTensor),
    F16(FlexTensor),
    Q8 { bytes: FlexTensor, scales: FlexTensor },
}

impl Weight {
    /// The matrix, which must be on the CPU.
    pub(in crate::kernels) fn on_cpu(&self) -> OnCpu {
        match &self.values {
            Values::F32(values) => OnCpu::F32(numbers(values.clone())),
            Values::Panels(values) => OnCpu::Panels(numbers(values.clone())),
            Values::F16(words) => OnCpu::F16(int_numbers(words.clone())),
            Values::Q8(words, scales) => {
                OnCpu::Q8 { bytes: int_numbers(words.clone()), scales: numbers((**scales).clone()) }
            }
        }
    }
}

impl OnCpu {
    /// Whole rows of the matrix; packed ones are unpacked to `scratch`, which has room for them.
    pub fn rows<'a>(&'a self, rows: Range<usize>, weight: &Weight, scratch: &'a mut [f32]) -> &'a [f32] {
        self.block(rows, 0..weight.shape[1], weight, scratch).numbers
    }

    /// A part of some rows; those of a packed one are unpacked to `scratch`, which has room for them. In
    /// [`Layout::OutIn`] the part begins with a block of [`Q8_BLOCK`].
    pub fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        weight: &Weight,
        scratch: &'a mut [f32],
    ) -> Columns<'a> {
        let [_, width] = weight.shape;
        if let Self::F32(values) = self {
            let numbers = &values.storage()[rows.start * width..rows.end * width];
            return Columns { numbers, width, range: columns };
        }
        let scratch = &mut scratch[..rows.len() * columns.len()];
        for (row, to) in rows.zip(scratch.chunks_exact_mut(columns.len().max(1))) {
            self.unpack(row, columns.clone(), weight, to);
        }
        Columns::all(scratch, columns.len())
    }

    fn unpack(&self, row: usize, columns: Range<usize>, weight: &Weight, to: &mut [f32]) {
        let [_, width] = weight.shape;
        let padded = width.next_multiple_of(4);
        match self {
            Self::F32(values) => to.copy_from_slice(&values.storage()[row * width..][columns]),
            Self::Panels(values) => {
                let (panels, inputs) = (values.storage::<f32>().as_chunks::<PANEL>().0, weight.inputs());
                for (to, column) in to.iter_mut().zip(columns) {
                    *to = panels[column / PANEL * inputs + row][column % PANEL];
                }
            }
            Self::F16(words) => {
                let halves: &[u16] = as_halves(words.storage());
                for (to, &bits) in to.iter_mut().zip(&halves[row * padded..][columns]) {
                    *to = f32_of_f16(bits);
                }
            }
            Self::Q8 { bytes, scales } => {
                let bytes = &as_bytes(bytes.storage())[row * padded..][columns.clone()];
                let scales: &[f32] = scales.storage();
                match weight.layout {
                    Layout::InOut => {
                        let scales = &scales[row / Q8_BLOCK * padded..][columns];
                        for ((to, &byte), scale) in to.iter_mut().zip(bytes).zip(scales) {
                            *to = f32::from(byte) * (scale * ONE_127TH);
                        }
                    }
                    Layout::OutIn => {
                        let first = row * width.div_ceil(Q8_BLOCK) + columns.start / Q8_BLOCK;
                        let scales = &scales[first..];
                        let blocks = to.chunks_mut(Q8_BLOCK).zip(bytes.chunks(Q8_BLOCK));
                        for ((to, bytes), scale) in blocks.zip(scales) {
                            let scale = scale * ONE_127TH;
                            for (to, &byte) in to.iter_mut().zip(bytes) {
                                *to = f32::from(byte) * scale;
                            }
                        }
                    }
                }
            }
        }
    }
}
