//! Convolutions with kernels of 3 × 3 for the CPU, with fewer multiplications than there are pixels under the kernels.
//!
//! Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), <https://arxiv.org/abs/1509.09308>,
//! F(2 × 2, 3 × 3) and F(4 × 4, 3 × 3). A tile of m × m pixels comes from n × n pixels d of the picture, n = m + 2, and a
//! kernel g as
//!
//! ```text
//! Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A        summed over the channels before the last step
//! ```
//!
//! so that the middle is n² products of matrices, `[outputs, inputs] · [inputs, tiles]`, one for each element of d: 16
//! multiplications for 4 pixels, or 36 for 16, where there are 36 and 144 without. Small pictures have too few of the
//! larger tiles to fill the vectors.

mod band;
mod transform;

use std::ops::Range;

use super::picture::Picture;
use crate::kernels::Weight;
use crate::kernels::cpu::lanes::Lanes;
use crate::kernels::cpu::tiles::{Columns, PANEL, TILE, add_tiles};
use crate::kernels::weight::cpu::OnCpu;
use band::Band;
use transform::{Large, Small, Transform};

/// With fewer channels the transforms cost more than they save.
const INPUTS: usize = 8;

/// Height and width from which on the larger tiles are faster.
const LARGE: usize = 16;

/// Tiles that are computed at a time, so that the cache still has them for the last output.
const BLOCK: usize = 64;

/// Numbers of transformed kernels that are in use at a time, unless these are of too few outputs for the panels of the
/// tiles to be worth reading.
const TRANSFORMED: usize = 1 << 18;

/// Channels whose kernels are transformed at a time in the nearest cache: what becomes of them lies far apart.
const SPAN: usize = 64;

/// Numbers between the matrices, of which one number after the other is written and read: a cache line, since a cache
/// holds few lines whose addresses differ by a power of two.
const GAP: usize = 16;

/// Which tiles a picture is computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tiles {
    Small,
    Large,
}

impl Tiles {
    /// The fastest for a picture; `None` when the usual way is faster.
    pub fn of(picture: Picture) -> Option<Self> {
        let Picture { channels, height, width, .. } = picture;
        match (height.min(width), height.div_ceil(2) * width.div_ceil(2)) {
            _ if channels < INPUTS => None,
            (LARGE.., _) => Some(Self::Large),
            (_, PANEL..) => Some(Self::Small),
            _ => None,
        }
    }

    /// Numbers that a kernel becomes.
    pub fn elements(self) -> usize {
        match self {
            Self::Small => 16,
            Self::Large => 36,
        }
    }

    /// `G g Gᵀ` of kernels `[outputs, 9 · inputs]`: `[n², outputs, inputs]`.
    pub fn transform_kernels(self, kernels: &[f32], inputs: usize) -> Vec<f32> {
        let mut transformed = vec![0.0; self.elements() * kernels.len() / 9];
        match self {
            Self::Small => transform_kernels::<Small, 4>(kernels, inputs, &mut transformed),
            Self::Large => transform_kernels::<Large, 6>(kernels, inputs, &mut transformed),
        }
        transformed
    }

    /// Adds the convolution of one picture to `y [outputs, height, width]`.
    pub fn add_convolution(self, y: &mut [f32], x: &[f32], picture: Picture, kernels: &Kernels) {
        match self {
            Self::Small => add_convolution::<Small, 4>(y, x, picture, kernels),
            Self::Large => add_convolution::<Large, 6>(y, x, picture, kernels),
        }
    }
}

/// The kernels of a convolution.
pub enum Kernels<'a> {
    /// `[n², outputs, inputs]`, once and for all.
    Transformed(&'a [f32]),
    /// `[outputs, 9 · inputs]`, which some tiles after the other transform anew: few at a time, so that what becomes of
    /// them does not leave the cache.
    Plain(&'a OnCpu, &'a Weight),
}

fn transform_kernels<T: Transform<N>, const N: usize>(
    kernels: &[f32],
    inputs: usize,
    transformed: &mut [f32],
) {
    let count = kernels.len() / 9;
    let mut near = vec![[0.0; SPAN]; N * N];
    for (output, kernels) in kernels.chunks_exact(9 * inputs).enumerate() {
        for start in (0..inputs).step_by(SPAN) {
            let span = start..inputs.min(start + SPAN);
            // The kernels of four channels at a time.
            for (four, first) in span.clone().step_by(4).enumerate() {
                let g = |position: usize| load(&kernels[position * inputs..][first..inputs]);
                let half = [0, 1, 2].map(|column| T::kernel([g(column), g(3 + column), g(6 + column)]));
                for row in 0..N {
                    let values = T::kernel([half[0][row], half[1][row], half[2][row]]);
                    for (column, value) in values.into_iter().enumerate() {
                        value.store(&mut near[N * row + column].as_chunks_mut::<4>().0[four]);
                    }
                }
            }
            for (near, to) in near.iter().zip(transformed.chunks_exact_mut(count)) {
                to[output * inputs..][span.clone()].copy_from_slice(&near[..span.len()]);
            }
        }
    }
}

fn add_convolution<T: Transform<N>, const N: usize>(
    y: &mut [f32],
    x: &[f32],
    picture: Picture,
    kernels: &Kernels,
) {
    let Picture { channels, height, width, .. } = picture;
    if y.is_empty() || x.is_empty() {
        return;
    }
    let outputs = y.len() / (height * width);
    let (down, across) = (height.div_ceil(N - 2), width.div_ceil(N - 2));
    // However large the picture, only some rows of tiles are anything but pixels.
    let rows = (BLOCK / across).clamp(1, down);
    let mut band = Band::<N>::new(picture, rows);
    let blocks = (rows * across).div_ceil(BLOCK);
    let most = (rows * across).div_ceil(blocks).next_multiple_of(PANEL);
    let gap = GAP / PANEL;
    let mut panels = vec![[0.0; PANEL]; N * N * (channels * most / PANEL + gap)];
    let of_output = N * N * channels;
    let at_once = (TRANSFORMED / of_output).clamp(4 * TILE, 16 * TILE).min(outputs);
    let mut products = vec![0.0; N * N * (at_once * most + GAP)];
    let (mut plain, mut transformed) = match kernels {
        Kernels::Transformed(_) => (Vec::new(), Vec::new()),
        Kernels::Plain(..) => (vec![0.0; at_once * 9 * channels], vec![0.0; at_once * of_output]),
    };
    for top in (0..down).step_by(rows) {
        band.fill(x, top);
        let tiles = rows.min(down - top) * across;
        for start in (0..tiles).step_by(most) {
            let count = most.min(tiles - start);
            let padded = count.next_multiple_of(PANEL);
            let of_panels = channels * padded / PANEL;
            band.transform::<T>(&mut panels, of_panels + gap, start, count);
            for first in (0..outputs).step_by(at_once) {
                let block = first..outputs.min(first + at_once);
                let of_products = block.len() * padded;
                let (weights, of_element, first) = match kernels {
                    Kernels::Transformed(weights) => (*weights, outputs * channels, first * channels),
                    Kernels::Plain(on_cpu, matrix) => {
                        let kernels = on_cpu.rows(block.clone(), matrix, &mut plain);
                        let transformed = &mut transformed[..block.len() * of_output];
                        transform_kernels::<T, N>(kernels, channels, transformed);
                        (&*transformed, block.len() * channels, 0)
                    }
                };
                products.fill(0.0);
                let elements = panels.chunks(of_panels + gap).zip(weights.chunks_exact(of_element));
                for (products, (panels, weights)) in products.chunks_mut(of_products + GAP).zip(elements) {
                    let products = &mut products[..of_products];
                    let weights = Columns::all(&weights[first..][..block.len() * channels], channels);
                    add_tiles(products, &weights, &panels[..of_panels], 0..padded, padded);
                }
                let y = &mut y[block.start * height * width..block.end * height * width];
                for (output, y) in y.chunks_exact_mut(height * width).enumerate() {
                    let products = |tile: usize| &products[output * padded + tile..];
                    add_pixels(y, picture, &band, start..start + count, |tile| {
                        transform_back::<T, N>(products(tile), of_products + GAP)
                    });
                }
            }
        }
    }
}

/// Adds some tiles of a band to their pixels; `four` gives four of them, counted from the first.
fn add_pixels<const N: usize>(
    y: &mut [f32],
    Picture { height, width, .. }: Picture,
    band: &Band<N>,
    tiles: Range<usize>,
    four: impl Fn(usize) -> [[[f32; 4]; 4]; 4],
) {
    for first in tiles.clone().step_by(4) {
        let pixels = four(first - tiles.start);
        for lane in 0..4.min(tiles.end - first) {
            let (top, left) = band.corner(first + lane);
            let across = (N - 2).min(width - left);
            for (row, pixels) in pixels.iter().enumerate().take((N - 2).min(height - top)) {
                let y = &mut y[(top + row) * width + left..][..across];
                for (y, pixel) in y.iter_mut().zip(pixels) {
                    *y += pixel[lane];
                }
            }
        }
    }
}

/// `Aᵀ m A` of four tiles: each of their pixels, row by row. Their elements are `of_element` apart.
#[inline]
fn transform_back<T: Transform<N>, const N: usize>(
    products: &[f32],
    of_element: usize,
) -> [[[f32; 4]; 4]; 4] {
    let mut columns = [[Lanes::splat(0.0); N]; 4];
    for column in 0..N {
        let values = T::output(std::array::from_fn(|row| load(&products[(N * row + column) * of_element..])));
        for (to, value) in columns.iter_mut().zip(values) {
            to[column] = value;
        }
    }
    columns.map(|row| {
        T::output(row).map(|values| {
            let mut four = [0.0; 4];
            values.store(&mut four);
            four
        })
    })
}

/// Four numbers that lie together, the last of them zeros where there are fewer.
#[inline]
fn load(values: &[f32]) -> Lanes {
    if let Some(four) = values.first_chunk() {
        return Lanes::load(four);
    }
    let mut four = [0.0; 4];
    for (to, value) in four.iter_mut().zip(values) {
        *to = *value;
    }
    Lanes::load(&four)
}
