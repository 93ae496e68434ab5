//! A [`Weight`] as one of Burn's tensors, for the twins of the kernels that read it.

use burn::tensor::{Int, Tensor};
use half::f16;

use super::{Layout, Q8_BLOCK, Values, Weight, floats};
use crate::kernels::cpu::tile::PANEL;

impl Weight {
    /// `[inputs, outputs]` in `f32`. Burn can differentiate it where it is not packed.
    #[must_use]
    pub fn to_tensor(&self) -> Tensor<2> {
        let [rows, width] = self.shape;
        let padded = width.next_multiple_of(4);
        let matrix = match &self.values {
            Values::F32(values) => values.clone().reshape([rows, width]),
            Values::Panels(values) => {
                let panels = width.div_ceil(PANEL);
                let by_row = values.clone().reshape([panels, rows, PANEL]).swap_dims(0, 1);
                by_row.reshape([rows, panels * PANEL])
            }
            Values::F16(words) => from_halves(parts(words, 16)).reshape([rows, padded]),
            Values::Q8(words, scales) => {
                let bytes = parts(words, 8).float().reshape([rows, padded]);
                bytes / 127.0 * self.scales(scales)
            }
        };
        let matrix = matrix.narrow(1, 0, width);
        match self.layout {
            Layout::InOut => matrix,
            Layout::OutIn => matrix.transpose(),
        }
    }

    /// The scale of every number, of those that fill up the rows too.
    fn scales(&self, scales: &Tensor<1>) -> Tensor<2> {
        let [rows, width] = self.shape;
        let padded = width.next_multiple_of(4);
        match self.layout {
            Layout::InOut => {
                let blocks = rows.div_ceil(Q8_BLOCK);
                let repeated = scales.clone().reshape([blocks, 1, padded]).repeat_dim(1, Q8_BLOCK);
                repeated.reshape([blocks * Q8_BLOCK, padded]).narrow(0, 0, rows)
            }
            Layout::OutIn => {
                let blocks = width.div_ceil(Q8_BLOCK);
                let repeated = scales.clone().reshape([rows, blocks, 1]).repeat_dim(2, Q8_BLOCK);
                repeated.reshape([rows, blocks * Q8_BLOCK]).narrow(1, 0, padded)
            }
        }
    }
}

/// The parts of `bits` bits of 32-bit words, the lowest first, as numbers with a sign.
fn parts(words: &Tensor<1, Int>, bits: i32) -> Tensor<1, Int> {
    let part = |end: i32| {
        let highest = words.clone().bitwise_left_shift_scalar(32 - end);
        highest.bitwise_right_shift_scalar(32 - bits)
    };
    let parts: Vec<_> = (1..=32 / bits).map(|index| part(index * bits)).collect();
    let count = words.dims()[0] * parts.len();
    Tensor::stack::<2>(parts, 1).reshape([count])
}

/// The numbers whose bits as an `f16` are given, with a sign. Burn cannot take bits for a number, so that they are looked up.
fn from_halves(bits: Tensor<1, Int>) -> Tensor<1> {
    let all = (i16::MIN..=i16::MAX).map(|bits| f16::from_bits(bits.cast_unsigned()).to_f32());
    floats(all.collect(), &bits.device()).select(0, bits - i32::from(i16::MIN))
}
