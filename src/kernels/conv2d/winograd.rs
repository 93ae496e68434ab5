//! Convolutions with kernels of 3 × 3 for the CPU, in 16 multiplications for four places instead of 36.
//!
//! Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), <https://arxiv.org/abs/1509.09308>,
//! F(2 × 2, 3 × 3). A tile of 2 × 2 places comes from 4 × 4 places d of the picture and a kernel g as
//!
//! ```text
//! Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A        summed over the channels before the last step
//! ```
//!
//! so that the middle is sixteen products of matrices, `[outputs, inputs] · [inputs, tiles]`, one for each place of a tile.

use super::cpu::Picture;
use crate::kernels::lanes::Lanes;
use crate::kernels::tiles::{PANEL, add_tiles};

/// With fewer channels the transforms cost more than they save.
pub const INPUTS: usize = 8;

/// Tiles that are computed at a time, so that the cache still has them for the last output.
const BLOCK: usize = 64;

/// `G g Gᵀ` of `count` kernels, `[16, count]`.
pub fn transform_kernels(kernels: &[f32], count: usize) -> Vec<f32> {
    let mut transformed = vec![0.0; 16 * count];
    for (index, g) in kernels.as_chunks::<9>().0.iter().enumerate() {
        let mut half = [[0.0; 3]; 4]; // G g
        for column in 0..3 {
            let (a, b, c) = (g[column], g[3 + column], g[6 + column]);
            let column_of = [a, 0.5 * (a + b + c), 0.5 * (a - b + c), c];
            for (row, value) in half.iter_mut().zip(column_of) {
                row[column] = value;
            }
        }
        for (row, [a, b, c]) in half.into_iter().enumerate() {
            for (column, value) in [a, 0.5 * (a + b + c), 0.5 * (a - b + c), c].into_iter().enumerate() {
                transformed[(4 * row + column) * count + index] = value;
            }
        }
    }
    transformed
}

/// Adds the convolution of one picture to `y [outputs, height, width]`.
pub fn add_convolution(y: &mut [f32], x: &[f32], picture: Picture, weights: &[f32]) {
    let Picture { channels, height, width, .. } = picture;
    if y.is_empty() || x.is_empty() {
        return;
    }
    let outputs = y.len() / (height * width);
    let columns = Columns::new(x, picture);
    let tiles = height.div_ceil(2) * columns.across;
    let most = BLOCK.min(tiles.next_multiple_of(PANEL));
    let mut panels = vec![[0.0; PANEL]; 16 * channels * most / PANEL];
    let mut products = vec![0.0; 16 * outputs * most];
    for start in (0..tiles).step_by(BLOCK) {
        let count = BLOCK.min(tiles - start);
        let padded = count.next_multiple_of(PANEL);
        let panels = &mut panels[..2 * channels * padded];
        columns.transform(panels, start, count);
        let products = &mut products[..16 * outputs * padded];
        products.fill(0.0);
        let of_places =
            panels.chunks_exact(channels * padded / PANEL).zip(weights.chunks_exact(outputs * channels));
        for (products, (panels, weights)) in products.chunks_exact_mut(outputs * padded).zip(of_places) {
            add_tiles(products, weights, panels, 0..padded, padded);
        }
        for (output, y) in y.chunks_exact_mut(height * width).enumerate() {
            for first in (0..count).step_by(4) {
                let product = |place: usize| load(&products[(place * outputs + output) * padded + first..]);
                let [a, b, c, d] = transform_back(product);
                let (top, left) = columns.corner(start + first);
                let is_whole = left + 8 <= width && top + 2 <= height && first + 4 <= count;
                if is_whole {
                    for (row, [even, odd]) in [[a, b], [c, d]].into_iter().enumerate() {
                        let (fours, _) = y[(top + row) * width + left..][..8].as_chunks_mut::<4>();
                        for (y, values) in fours.iter_mut().zip(even.zip(odd)) {
                            (Lanes::load(y) + values).store(y);
                        }
                    }
                    continue;
                }
                let mut places = [[0.0; 4]; 4];
                for (values, place) in [a, b, c, d].into_iter().zip(&mut places) {
                    values.store(place);
                }
                for lane in 0..4.min(count - first) {
                    let (top, left) = columns.corner(start + first + lane);
                    for (place, values) in places.iter().enumerate() {
                        let (row, column) = (top + place / 2, left + place % 2);
                        if row < height && column < width {
                            y[row * width + column] += values[lane];
                        }
                    }
                }
            }
        }
    }
}

/// A picture with a border of zeros, its even and its odd columns apart: the four columns of neighbouring tiles lie
/// side by side in them.
struct Columns {
    /// `[channels, 2 · down + 2, 2, across + 1]`
    values: Vec<f32>,
    channels: usize,
    /// Tiles in a row.
    across: usize,
    /// Numbers of a channel.
    channel: usize,
}

impl Columns {
    #[allow(clippy::cast_possible_wrap)] // sizes of pictures
    fn new(x: &[f32], picture: Picture) -> Self {
        let (down, across) = (picture.height.div_ceil(2), picture.width.div_ceil(2));
        let (rows, half) = (2 * down + 2, across + 1);
        let mut values = vec![0.0; picture.channels * rows * 2 * half];
        let lines = values.chunks_exact_mut(2 * half).enumerate();
        for (index, line) in lines {
            let channel = &x[index / rows * picture.stored()..][..picture.stored()];
            let Some(row) = picture.row(channel, (index % rows) as isize - 1) else {
                continue;
            };
            let (even, odd) = line.split_at_mut(half);
            for (tile, (even, odd)) in even.iter_mut().zip(odd).enumerate() {
                *even = picture.at(row, 2 * tile as isize - 1);
                *odd = picture.at(row, 2 * tile as isize);
            }
        }
        Self { values, channels: picture.channels, across, channel: rows * 2 * half }
    }

    /// The row and column of a tile's first place.
    fn corner(&self, tile: usize) -> (usize, usize) {
        (2 * (tile / self.across), 2 * (tile % self.across))
    }

    /// `Bᵀ d B` of `count` tiles from `start` on, in panels of eight tiles: `[16, panels, channels, 8]`.
    fn transform(&self, panels: &mut [[f32; PANEL]], start: usize, count: usize) {
        let half = self.across + 1;
        let of_place = panels.len() / 16;
        for first in (0..count).step_by(4) {
            // Where the tiles begin in a channel; those that are missing repeat the last.
            let begin: [usize; 4] = std::array::from_fn(|lane| {
                let tile = start + (first + lane).min(count - 1);
                2 * (tile / self.across) * 2 * half + tile % self.across
            });
            let together = begin[3] == begin[0] + 3;
            for (index, channel) in self.values.chunks_exact(self.channel).enumerate() {
                let column = |place: usize| {
                    let first = place % 2 * half + place / 2;
                    let row = |row: usize| {
                        let offset = first + row * 2 * half;
                        if together {
                            load(&channel[begin[0] + offset..])
                        } else {
                            Lanes::load(&begin.map(|begin| channel[begin + offset]))
                        }
                    };
                    differences([row(0), row(1), row(2), row(3)])
                };
                // Written out, so that they stay in registers.
                let columns = [column(0), column(1), column(2), column(3)];
                let row = |row: usize| {
                    differences([columns[0][row], columns[1][row], columns[2][row], columns[3][row]])
                };
                let mut at = first / PANEL * self.channels + index;
                for values in [row(0), row(1), row(2), row(3)] {
                    for value in values {
                        let (halves, _) = panels[at].as_chunks_mut::<4>();
                        value.store(&mut halves[first % PANEL / 4]);
                        at += of_place;
                    }
                }
            }
        }
    }
}

/// `Bᵀ d`
#[inline]
fn differences([a, b, c, d]: [Lanes; 4]) -> [Lanes; 4] {
    [a - c, b + c, c - b, b - d]
}

/// `Aᵀ m A` of four tiles: their places, row by row.
#[inline]
fn transform_back(m: impl Fn(usize) -> Lanes) -> [Lanes; 4] {
    let sums = |[a, b, c, d]: [Lanes; 4]| [a + b + c, b - c - d];
    let column = |column: usize| sums([m(column), m(4 + column), m(8 + column), m(12 + column)]);
    let columns = [column(0), column(1), column(2), column(3)];
    let row = |row: usize| sums([columns[0][row], columns[1][row], columns[2][row], columns[3][row]]);
    let ([a, b], [c, d]) = (row(0), row(1));
    [a, b, c, d]
}

/// Four numbers that lie together.
#[inline]
fn load(values: &[f32]) -> Lanes {
    Lanes::load(values.first_chunk().unwrap_or(&[0.0; 4]))
}
