//! Numbers as a [`Weight`](super::Weight) keeps them.

use half::f16;

use super::{Layout, Q8_BLOCK};
use crate::kernels::cpu::tile::PANEL;

/// The numbers of [`Values::Panels`](super::Values::Panels).
pub fn pack_panels(values: &[f32], [inputs, outputs]: [usize; 2]) -> Vec<f32> {
    let mut panels = vec![[0.0; PANEL]; outputs.div_ceil(PANEL) * inputs];
    for (input, row) in values.chunks_exact(outputs.max(1)).enumerate() {
        for (panel, columns) in row.chunks(PANEL).enumerate() {
            panels[panel * inputs + input][..columns.len()].copy_from_slice(columns);
        }
    }
    panels.into_flattened()
}

/// The words of [`Values::F16`](super::Values::F16).
pub fn pack_f16(values: &[f32], width: usize) -> Vec<i32> {
    let half = |value: Option<&f32>| {
        // What is beyond the largest f16 becomes that, and not infinity.
        let value = value.copied().unwrap_or(0.0).clamp(-65_504.0, 65_504.0);
        u32::from(f16::from_f32(value).to_bits())
    };
    let mut packed = Vec::with_capacity(values.len().div_ceil(width.max(1)) * width.next_multiple_of(4) / 2);
    for row in values.chunks(width.max(1)) {
        for pair in 0..width.next_multiple_of(4) / 2 {
            packed.push((half(row.get(2 * pair)) | half(row.get(2 * pair + 1)) << 16).cast_signed());
        }
    }
    packed
}

/// The words and the scales of [`Values::Q8`](super::Values::Q8).
pub fn pack_q8(values: &[f32], [rows, width]: [usize; 2], layout: Layout) -> (Vec<i32>, Vec<f32>) {
    let padded = width.next_multiple_of(4);
    let mut packed = vec![0_i32; rows * padded / 4];
    let bytes = as_bytes_mut(&mut packed);
    // The nearest whole number from -127 to 127, as its low byte in an f32 whose last digit is worth 1.
    #[allow(clippy::cast_possible_truncation)] // the low byte is meant
    let byte = |value: f32, inverse: f32| (value * inverse + 12_582_912.0).to_bits() as i8;
    let inverse = |scale: f32| if scale > 0.0 { 127.0 / scale } else { 0.0 };
    let mut scales = Vec::new();
    match layout {
        Layout::InOut => {
            let blocks = values.chunks(Q8_BLOCK * width).zip(bytes.chunks_mut(Q8_BLOCK * padded));
            for (values, bytes) in blocks {
                let mut largest = vec![0.0_f32; padded];
                for row in values.chunks_exact(width) {
                    for (largest, value) in largest.iter_mut().zip(row) {
                        *largest = largest.max(value.abs());
                    }
                }
                let inverses: Vec<f32> = largest.iter().map(|&scale| inverse(scale)).collect();
                for (bytes, row) in bytes.chunks_exact_mut(padded).zip(values.chunks_exact(width)) {
                    for ((to, &value), &inverse) in bytes.iter_mut().zip(row).zip(&inverses) {
                        *to = byte(value, inverse);
                    }
                }
                scales.extend(largest);
            }
        }
        Layout::OutIn => {
            for (bytes, row) in bytes.chunks_exact_mut(padded).zip(values.chunks_exact(width)) {
                for (bytes, block) in bytes.chunks_mut(Q8_BLOCK).zip(row.chunks(Q8_BLOCK)) {
                    let scale = block.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                    let inverse = inverse(scale);
                    for (to, &value) in bytes.iter_mut().zip(block) {
                        *to = byte(value, inverse);
                    }
                    scales.push(scale);
                }
            }
        }
    }
    (packed, scales)
}

/// A finite `f16` as an `f32`, by shifting its bits: a compiler makes vectors of this.
pub fn f32_of_f16(bits: u16) -> f32 {
    /// What the exponents' biases differ by: 127 - 15.
    const TWO_TO_112: f32 = f32::from_bits((127 + 112) << 23);
    let bits = u32::from(bits);
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * TWO_TO_112;
    f32::from_bits(magnitude.to_bits() | (bits & 0x8000) << 16)
}

/// Words as their bytes, the lowest first.
pub fn as_bytes(words: &[i32]) -> &[i8] {
    // Sound: any bytes are i8s, and they need no alignment. wasm and all machines that we build for are little-endian.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

/// The same to be written.
fn as_bytes_mut(words: &mut [i32]) -> &mut [i8] {
    // Sound, as in `as_bytes`.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), size_of_val(words)) }
}

/// Words as their halves, the lower first.
pub fn as_halves(words: &[i32]) -> &[u16] {
    // Sound, as in `as_bytes`.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), 2 * words.len()) }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Weight};
    use super::*;

    #[test]
    fn packing_keeps_eleven_bits_or_a_254th_of_the_largest_in_a_block() {
        let shape = [70, 5];
        #[allow(clippy::cast_precision_loss)]
        let values: Vec<f32> = (0..350).map(|n| ((n * 37 % 101) as f32 - 50.0) / (1.0 + n as f32)).collect();
        for layout in [Layout::InOut, Layout::OutIn] {
            let halves = Weight::rounded(&values, shape, layout, Format::F16);
            assert!(values.iter().zip(&halves).all(|(a, b)| (a - b).abs() <= a.abs() / 2048.0 + 1e-7));
            let bytes = Weight::rounded(&values, shape, layout, Format::Q8);
            let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            assert!(values.iter().zip(&bytes).all(|(a, b)| (a - b).abs() <= largest / 253.9));
            // The last block's values are small, and so is its error.
            assert!((values[349] - bytes[349]).abs() < 0.002);
        }
    }

    #[test]
    fn every_finite_f16_is_unpacked_exactly() {
        for bits in (0..=u16::MAX).filter(|&bits| f16::from_bits(bits).is_finite()) {
            assert_eq!(f32_of_f16(bits).to_bits(), f16::from_bits(bits).to_f32().to_bits());
        }
    }

    #[test]
    fn the_largest_of_a_block_is_kept_and_a_block_of_zeros_is_zeros() {
        let mut values = vec![0.0; 64];
        values[3] = -7.5;
        let bytes = Weight::rounded(&values, [1, 64], Layout::OutIn, Format::Q8);
        assert_eq!(bytes, values);
    }
}
