//! The low frequencies of a picture: the picture that has the same means over squares of `factor` × `factor` pixels and is
//! linear between the centres of these squares.
//!
//! Applying the filter twice changes nothing more. Unlike squares filled with their means, the result has no visible edges.

use burn::tensor::{Device, Tensor, TensorData};

use crate::kernels::matmul;

/// The filter for pictures of one size, which treats columns and rows alike.
#[derive(Debug)]
pub struct LowPass {
    /// `[height, height]` and `[width, width]`, each to be multiplied by rows on its left.
    matrices: [Tensor<2>; 2],
}

impl LowPass {
    pub fn new(size: [usize; 2], factor: usize, device: &Device) -> Self {
        let matrix = |size| {
            let numbers = projection(size, factor);
            Tensor::from_data(TensorData::new(numbers, [size, size]), device)
        };
        Self { matrices: size.map(matrix) }
    }

    pub fn apply(&self, picture: Tensor<4>) -> Tensor<4> {
        let [rows, channels, height, width] = picture.dims();
        let [down, across] = self.matrices.clone();
        let planes = rows * channels;
        let turned = matmul(&picture.reshape([planes * height, width]), across);
        let turned =
            turned.reshape([planes, height, width]).swap_dims(1, 2).reshape([planes * width, height]);
        let low = matmul(&turned, down).reshape([planes, width, height]).swap_dims(1, 2);
        low.reshape([rows, channels, height, width])
    }
}

/// The transpose of the matrix `[size, size]` that maps numbers to those with the same mean in each group of `factor` that
/// are linear between the groups' centres: `B (D B)⁻¹ D`, where `D` takes means and `B` interpolates.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // sizes of a picture
fn projection(size: usize, factor: usize) -> Vec<f32> {
    let groups = size / factor;
    // The first of the two groups whose centres an index lies between, and how far it is on the way to the second.
    let between = |index: usize| {
        let position = ((index as f64 + 0.5) / factor as f64 - 0.5).clamp(0.0, (groups - 1) as f64);
        let first = (position as usize).min(groups.saturating_sub(2));
        (first, position - first as f64)
    };
    // D B has three diagonals, of which the main one dominates, so that elimination needs no pivoting.
    let [mut before, mut own, mut after] = [(); 3].map(|()| vec![0.0; groups]);
    for index in 0..size {
        let (group, (first, part)) = (index / factor, between(index));
        for (other, weight) in [(first, 1.0 - part), (first + 1, part)] {
            let diagonal = match other {
                _ if other == group => &mut own,
                _ if other < group => &mut before,
                _ => &mut after,
            };
            diagonal[group] += weight / factor as f64;
        }
    }
    let solved = |mut column: Vec<f64>| {
        let mut own = own.clone();
        for group in 1..groups {
            let ratio = before[group] / own[group - 1];
            own[group] -= ratio * after[group - 1];
            column[group] -= ratio * column[group - 1];
        }
        for group in (0..groups).rev() {
            let known = if group + 1 < groups { after[group] * column[group + 1] } else { 0.0 };
            column[group] = (column[group] - known) / own[group];
        }
        column
    };
    let row = |from: usize| {
        let mut means = vec![0.0; groups];
        means[from / factor] = 1.0 / factor as f64;
        let means = solved(means);
        (0..size).map(move |index| {
            let (first, part) = between(index);
            let second = means.get(first + 1).copied().unwrap_or_default();
            (means[first] * (1.0 - part) + second * part) as f32
        })
    };
    (0..size).flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of each square of a picture `[1, 1, 8, 12]`.
    fn means(picture: &Tensor<4>, factor: usize) -> Vec<f32> {
        let squares = picture.clone().reshape([8 / factor, factor, 12 / factor, factor]);
        squares.mean_dim(3).mean_dim(1).into_data().try_into_vec().unwrap()
    }

    fn assert_close(a: &[f32], b: &[f32]) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5), "{a:?} {b:?}");
    }

    #[test]
    fn means_stay_and_what_is_smooth_does_too() {
        let picture: Vec<f32> = (0..96_u16).map(|index| f32::from(index * 37 % 101)).collect();
        let picture = Tensor::<4>::from_data(TensorData::new(picture, [1, 1, 8, 12]), &Device::flex()) / 50.0;
        for factor in [2, 4] {
            let low_pass = LowPass::new([8, 12], factor, &Device::flex());
            let low = low_pass.apply(picture.clone());
            assert_close(&means(&low, factor), &means(&picture, factor));
            let numbers = |picture: Tensor<4>| picture.into_data().try_into_vec::<f32>().unwrap();
            let again = low_pass.apply(low.clone());
            assert_close(&numbers(again), &numbers(low));
        }
    }

    #[test]
    fn a_single_group_is_its_mean() {
        assert_close(&projection(4, 4), &[0.25; 16]);
        assert_close(&projection(1, 1), &[1.0]);
    }
}
