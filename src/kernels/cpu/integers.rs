//! Products of whole numbers, eight at once: weights of eight bits with inputs of sixteen.
//!
//! A block of [`Q8_BLOCK`](crate::kernels::Q8_BLOCK) products of at most 127 · 32,767 is far from an `i32`'s limit.

#[cfg(target_arch = "wasm32")]
mod vector {
    use core::arch::wasm32::{
        i8x16_shuffle, i16x8_load_extend_i8x8, i32x4_add, i32x4_dot_i16x8, i32x4_splat, v128, v128_load,
        v128_store,
    };

    use core::arch::wasm32::{f32x4_add, f32x4_convert_i32x4, f32x4_extract_lane, f32x4_mul, f32x4_splat};

    #[inline]
    fn load8(bytes: &[i8; 8]) -> v128 {
        // Sound: the array has the 8 bytes, and wasm's loads need no alignment.
        unsafe { i16x8_load_extend_i8x8(bytes.as_ptr()) }
    }

    #[inline]
    pub fn add_four_rows(sums: &mut [i32; 8], rows: [&[i8; 8]; 4], x: [i16; 4]) {
        let pair = |low: i16, high: i16| i32x4_splat(i32::from(low.cast_unsigned()) | i32::from(high) << 16);
        let (first, second) = (pair(x[0], x[1]), pair(x[2], x[3]));
        let [w0, w1, w2, w3] = rows.map(load8);
        // Two rows' numbers of the same column side by side, as the dot product takes them.
        let low = |a, b| i8x16_shuffle::<0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23>(a, b);
        let high = |a, b| i8x16_shuffle::<8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31>(a, b);
        let left = i32x4_add(i32x4_dot_i16x8(low(w0, w1), first), i32x4_dot_i16x8(low(w2, w3), second));
        let right = i32x4_add(i32x4_dot_i16x8(high(w0, w1), first), i32x4_dot_i16x8(high(w2, w3), second));
        for (sums, products) in sums.as_chunks_mut::<4>().0.iter_mut().zip([left, right]) {
            // Sound, as in `load8`.
            unsafe {
                v128_store(sums.as_mut_ptr().cast(), i32x4_add(v128_load(sums.as_ptr().cast()), products));
            }
        }
    }

    /// A sum of blocks' dot products, each times its scale.
    #[derive(Clone, Copy)]
    pub struct ScaledSum(v128);

    impl ScaledSum {
        #[inline]
        pub fn zero() -> Self {
            Self(f32x4_splat(0.0))
        }

        #[inline]
        pub fn add(self, w: &[i8; 32], x: &[i16; 32], scale: f32) -> Self {
            let mut sum = i32x4_splat(0);
            for (w, x) in w.as_chunks::<8>().0.iter().zip(x.as_chunks::<8>().0) {
                // Sound, as in `load8`.
                let x = unsafe { v128_load(x.as_ptr().cast()) };
                sum = i32x4_add(sum, i32x4_dot_i16x8(load8(w), x));
            }
            Self(f32x4_add(self.0, f32x4_mul(f32x4_convert_i32x4(sum), f32x4_splat(scale))))
        }

        #[inline]
        pub fn total(self) -> f32 {
            (f32x4_extract_lane::<0>(self.0) + f32x4_extract_lane::<1>(self.0))
                + (f32x4_extract_lane::<2>(self.0) + f32x4_extract_lane::<3>(self.0))
        }
    }
}

/// The same in arrays.
#[cfg(not(target_arch = "wasm32"))]
mod vector {
    pub fn add_four_rows(sums: &mut [i32; 8], rows: [&[i8; 8]; 4], x: [i16; 4]) {
        for (row, x) in rows.into_iter().zip(x) {
            for (sum, w) in sums.iter_mut().zip(row) {
                *sum += i32::from(*w) * i32::from(x);
            }
        }
    }

    #[derive(Clone, Copy)]
    pub struct ScaledSum([f32; 4]);

    impl ScaledSum {
        pub fn zero() -> Self {
            Self([0.0; 4])
        }

        #[allow(clippy::cast_precision_loss)] // as in wasm
        pub fn add(self, w: &[i8; 32], x: &[i16; 32], scale: f32) -> Self {
            let mut sums = [0_i32; 4];
            for (index, (w, x)) in w.iter().zip(x).enumerate() {
                sums[index % 8 / 2] += i32::from(*w) * i32::from(*x);
            }
            Self(std::array::from_fn(|lane| self.0[lane] + sums[lane] as f32 * scale))
        }

        pub fn total(self) -> f32 {
            (self.0[0] + self.0[1]) + (self.0[2] + self.0[3])
        }
    }
}

/// The sum of an output's blocks.
pub use vector::ScaledSum;
/// Adds four rows of eight weights, each row times its input, to the sums of eight outputs.
pub use vector::add_four_rows;

use crate::kernels::Q8_BLOCK;

/// Inputs in sixteen bits: each block has a scale, its largest magnitude over 32,767, so that a rounding error is
/// 1.5e-5 of that at most. The last block is filled up with zeros.
pub struct Inputs {
    pub blocks: Vec<[i16; Q8_BLOCK]>,
    pub scales: Vec<f32>,
}

impl Inputs {
    pub fn new(x: &[f32]) -> Self {
        let mut inputs = Self { blocks: Vec::new(), scales: Vec::new() };
        for values in x.chunks(Q8_BLOCK) {
            let scale = values.iter().fold(0.0_f32, |largest, x| largest.max(x.abs())) / f32::from(i16::MAX);
            let mut block = [0; Q8_BLOCK];
            if scale > 0.0 {
                for (to, x) in block.iter_mut().zip(values) {
                    #[allow(clippy::cast_possible_truncation)] // `as` cuts off at the limits
                    let rounded = (x / scale).round_ties_even() as i16;
                    *to = rounded;
                }
            }
            inputs.blocks.push(block);
            inputs.scales.push(scale);
        }
        inputs
    }
}
