//! Quick pictures of latents: a colour for each, enlarged. Decoding them would take longer than a step.
//!
//! A latent's channels say above all which colour its pixels have, so that a linear map shows what a picture will be of:
//! `colour = weight · latent + bias`. It is fitted to what the autoencoder itself makes of a few random latents.

use burn::tensor::{Device, Tensor, TensorData, Transaction};

use crate::error::Result;
use crate::readback;
use crate::rng::{Purpose, Rng};
use crate::vae::Autoencoder;

/// Height and width of the latents that the map is fitted to: small, since a decoder takes long.
const SIZE: usize = 12;
/// Latents are alike in squares of this size, as in pictures neighbours are.
const SQUARE: usize = 3;

/// The linear map from a latent to a colour.
#[derive(Debug, Clone, PartialEq)]
pub struct LatentColors {
    latent_channels: usize,
    /// `[picture_channels][latent_channels + 1]`: the weights of a colour, and its bias at the end.
    map: Vec<Vec<f64>>,
}

impl LatentColors {
    /// Fits the map to an autoencoder.
    ///
    /// # Errors
    /// Those of [`readback::read`].
    pub async fn fit(autoencoder: &Autoencoder, device: &Device) -> Result<Self> {
        let channels = autoencoder.latent_channels();
        let latents = squares(channels);
        let tensor = TensorData::new(latents.clone(), [1, channels, SIZE, SIZE]);
        let decoded = autoencoder.decode(Tensor::from_data(tensor, device));
        let pixels = readback::read(Transaction::default().register(decoded)).await?.concat();
        let factor = autoencoder.scale_factor();
        let colors: Vec<Vec<f64>> =
            pixels.chunks_exact((SIZE * factor).pow(2)).map(|plane| means(plane, factor)).collect();
        Ok(Self::least_squares(&latents, channels, &colors))
    }

    /// The map with the least squared error from `latents [channels][places]` to `colors [picture channels][places]`.
    fn least_squares(latents: &[f32], channels: usize, colors: &[Vec<f64>]) -> Self {
        let count = latents.len() / channels;
        // The input of the map for each place: the latent, and 1 for the bias.
        let input = |place: usize, index: usize| match index {
            index if index < channels => f64::from(latents[index * count + place]),
            _ => 1.0,
        };
        let products = |other: &dyn Fn(usize) -> f64, index: usize| -> f64 {
            (0..count).map(|place| input(place, index) * other(place)).sum()
        };
        let width = channels + 1;
        let matrix: Vec<Vec<f64>> = (0..width)
            .map(|row| (0..width).map(|column| products(&|place| input(place, column), row)).collect())
            .collect();
        let map = colors.iter().map(|color| {
            let target = (0..width).map(|row| products(&|place| color[place], row)).collect();
            solve(matrix.clone(), target)
        });
        Self { latent_channels: channels, map: map.collect() }
    }

    /// Pictures `[rows, picture_channels, factor · height, factor · width]` of latents `[rows, channels, height, width]`.
    pub fn previews(&self, latents: &[f32], [_, _, height, width]: [usize; 4], factor: usize) -> Vec<f32> {
        let area = height * width;
        let mut pictures = Vec::new();
        for row in latents.chunks_exact(self.latent_channels * area) {
            for weights in &self.map {
                let color = |place: usize| {
                    let channels = row.chunks_exact(area).map(|plane| f64::from(plane[place]));
                    let bias = weights[self.latent_channels];
                    #[allow(clippy::cast_possible_truncation)] // a colour
                    let color =
                        (channels.zip(weights).map(|(x, weight)| x * weight).sum::<f64>() + bias) as f32;
                    color.clamp(-1.0, 1.0)
                };
                let plane: Vec<f32> = (0..area).map(color).collect();
                pictures.extend(enlarged(&plane, [height, width], factor));
            }
        }
        pictures
    }
}

/// Latents `[channels, SIZE, SIZE]` of unit variance, alike within squares.
fn squares(channels: usize) -> Vec<f32> {
    let side = SIZE / SQUARE;
    let mut rng = Rng::new(0, Purpose::Latents);
    let values: Vec<f32> = (0..channels * side * side).map(|_| rng.normal()).collect();
    let number = |index: usize| {
        let (channel, y, x) = (index / (SIZE * SIZE), index / SIZE % SIZE, index % SIZE);
        values[(channel * side + y / SQUARE) * side + x / SQUARE]
    };
    (0..channels * SIZE * SIZE).map(number).collect()
}

/// The mean of each square of `factor` × `factor` pixels of a square plane.
#[allow(clippy::cast_precision_loss)] // a number of pixels
fn means(plane: &[f32], factor: usize) -> Vec<f64> {
    let mut sums = vec![0.0; SIZE * SIZE];
    for (y, line) in plane.chunks_exact(SIZE * factor).enumerate() {
        for (x, pixel) in line.iter().enumerate() {
            sums[y / factor * SIZE + x / factor] += f64::from(*pixel);
        }
    }
    sums.into_iter().map(|sum| sum / (factor * factor) as f64).collect()
}

/// The solution of `matrix · x = target` for a symmetric matrix without negative eigenvalues, by Gaussian elimination. Where there
/// are several, a small one: a channel that no pixel depends on gets no weight.
fn solve(mut matrix: Vec<Vec<f64>>, mut target: Vec<f64>) -> Vec<f64> {
    let size = target.len();
    let ridge = 1e-6 * (0..size).map(|index| matrix[index][index]).fold(1e-12, f64::max);
    for (index, row) in matrix.iter_mut().enumerate() {
        row[index] += ridge;
    }
    for pivot in 0..size {
        let above = matrix[pivot].clone();
        for row in pivot + 1..size {
            let factor = matrix[row][pivot] / above[pivot];
            for (number, above) in matrix[row].iter_mut().zip(&above) {
                *number -= factor * above;
            }
            target[row] -= factor * target[pivot];
        }
    }
    for pivot in (0..size).rev() {
        let known: f64 = (pivot + 1..size).map(|column| matrix[pivot][column] * target[column]).sum();
        target[pivot] = (target[pivot] - known) / matrix[pivot][pivot];
    }
    target
}

/// A plane `[height, width]` enlarged, with straight lines between the middles of its pixels.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // sizes of pictures
fn enlarged(plane: &[f32], [height, width]: [usize; 2], factor: usize) -> Vec<f32> {
    // For each of the enlarged pixels, the two pixels that it lies between, and how near it is to the second.
    let between = |size: usize| -> Vec<(usize, usize, f32)> {
        let middle = |index: usize| (index as f32 + 0.5) / factor as f32 - 0.5;
        let position = |index: usize| middle(index).clamp(0.0, (size - 1) as f32);
        let of = |at: f32| (at as usize, (at as usize + 1).min(size - 1), at.fract());
        (0..size * factor).map(|index| of(position(index))).collect()
    };
    let columns = between(width);
    let mut out = Vec::with_capacity(plane.len() * factor * factor);
    for (top, bottom, down) in between(height) {
        let (top, bottom) = (&plane[top * width..][..width], &plane[bottom * width..][..width]);
        let line: Vec<f32> =
            top.iter().zip(bottom).map(|(top, bottom)| top + (bottom - top) * down).collect();
        out.extend(
            columns.iter().map(|&(left, right, across)| line[left] + (line[right] - line[left]) * across),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_decoder_is_found_exactly() {
        let latents = squares(4);
        let weights = [[0.5, -0.25, 0.125, 0.0, 0.1], [0.0, 0.5, 0.25, -0.5, -0.2]];
        let area = SIZE * SIZE;
        let color = |weights: &[f64; 5]| -> Vec<f64> {
            let at =
                |place: usize| (0..4).map(|c| weights[c] * f64::from(latents[c * area + place])).sum::<f64>();
            (0..area).map(|place| at(place) + weights[4]).collect()
        };
        let colors: Vec<Vec<f64>> = weights.iter().map(color).collect();
        let fitted = LatentColors::least_squares(&latents, 4, &colors);
        for (found, weights) in fitted.map.iter().flatten().zip(weights.iter().flatten()) {
            assert!((found - weights).abs() < 1e-4, "{found} is not {weights}");
        }
    }

    #[test]
    fn a_channel_that_says_nothing_gets_no_weight() {
        let latents: Vec<f32> = (0..8_u8).map(f32::from).chain([0.0; 8]).collect();
        let color = (0..8).map(|n| f64::from(n) * 2.0).collect();
        let fitted = LatentColors::least_squares(&latents, 2, &[color]);
        assert!((fitted.map[0][0] - 2.0).abs() < 1e-3 && fitted.map[0][1].abs() < 1e-3, "{fitted:?}");
    }

    #[test]
    fn enlarging_keeps_an_even_plane_and_the_ends_of_a_slope() {
        assert_eq!(enlarged(&[0.5; 4], [2, 2], 3), [0.5; 36]);
        assert_eq!(enlarged(&[0.0, 1.0], [1, 2], 2), [0.0, 0.25, 0.75, 1.0, 0.0, 0.25, 0.75, 1.0]);
    }
}
